#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "recorder/disk.h"

namespace nightshift::recorder {

// Appends records to the log (docs/formats/log.md) and makes them durable. Used by the writer's thread.
class LogWriter {
public:
    static constexpr uint64_t kFileBytes = 32u << 20;

    // Creates no file before the first append.
    LogWriter(std::filesystem::path directory, Disk& disk) : directory_(std::move(directory)), disk_(disk) {}
    // Closes the file.
    ~LogWriter();

    // Writes whole records and syncs. `first_row` is that of the first; `fingerprints` are of the events
    // in them that may come again. After an error nothing of `records` counts, and the next append starts a
    // new file.
    Result<void> append(std::string_view records, uint64_t first_row,
                        const std::vector<uint64_t>& fingerprints, int64_t arrival_us);
    // Cuts the file to its records and writes its fingerprints beside it; the next append starts a new one.
    void close();

private:
    Result<void> open(uint64_t first_row, size_t bytes_min);

    std::filesystem::path directory_;
    Disk& disk_;
    FileDescriptor file_;
    std::filesystem::path path_;
    uint64_t used_ = 0;
    uint64_t size_ = 0;
    int64_t arrival_us_ = 0;
    std::vector<uint64_t> fingerprints_;
};

}  // namespace nightshift::recorder
