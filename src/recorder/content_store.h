#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "recorder/compression.h"
#include "recorder/disk.h"
#include "recorder/event.h"

namespace nightshift::recorder {

// Keeps content apart from events; see docs/formats/content.md. Written by the writer's thread, read by any.
class ContentStore {
public:
    // Looks at the folder's names only.
    ContentStore(std::filesystem::path directory, Disk& disk);

    // Makes the content of the batch's events durable. kIo, kLimit.
    Result<void> append(const EventBatch& batch, int64_t now_us);
    // kNotFound when none is kept, kCorrupt when it is damaged.
    Result<std::string> find(std::string_view tenant, std::string_view event_id);
    // Deletes files of days before `before_us`.
    void delete_before(int64_t before_us);
    uint64_t bytes() const;

private:
    struct File {
        std::filesystem::path path;
        uint64_t bytes = 0;    // durable
        uint64_t indexed = 0;  // how far `offsets` knows it
        std::unordered_map<uint64_t, uint64_t> offsets;
    };
    using Key = std::pair<int64_t, uint64_t>;  // day, number

    Result<void> open(int64_t day);
    static void index(File& file);
    static Result<std::string> read(const File& file, uint64_t offset);

    std::filesystem::path directory_;
    Disk& disk_;
    Compressor compressor_;
    FileDescriptor file_;  // of the writer
    Key open_{};

    mutable std::mutex mutex_;
    std::map<Key, File> files_;
};

}  // namespace nightshift::recorder
