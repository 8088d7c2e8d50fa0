#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "recorder/memtable.h"
#include "recorder/segment.h"
#include "recorder/segment_writer.h"

namespace nightshift::recorder {

// The folder of a tenant's segments.
std::string tenant_folder(const std::string& tenant);

// The folder of segments and the checkpoint; see docs/formats/segment.md. Used by one thread, but for
// set_aside().
class SegmentStore {
public:
    using OnDamage = std::function<void(Segment&, const Error&)>;

    SegmentStore(std::filesystem::path directory, Disk& disk, OnDamage on_damage)
        : directory_(std::move(directory)), disk_(disk), on_damage_(std::move(on_damage)) {}

    struct Opened {
        uint64_t sealed = 0;  // rows up to it are in segments
        std::vector<std::shared_ptr<Segment>> segments;
        std::vector<std::string> set_aside;  // what was damaged, for people
    };
    // Deletes what a crash left, sets aside what is damaged.
    Result<Opened> open();

    // Writes one segment per partition and then the checkpoint. After an error nothing has changed.
    Result<std::vector<std::shared_ptr<Segment>>> seal(const Memtable& rows, uint64_t& keys_folded,
                                                       const Rest& rest);

    // Writes one segment in place of `old`, which must be of one folder; the caller deletes those.
    Result<std::shared_ptr<Segment>> compact(const std::vector<std::shared_ptr<Segment>>& old,
                                             const Rest& rest);

    // Moves a damaged file away and returns what to tell. Any thread.
    std::string set_aside(const std::filesystem::path& path, const Error& error) const;

private:
    Result<uint64_t> read_checkpoint() const;
    Result<void> write_checkpoint(uint64_t sealed) const;
    std::filesystem::path partition_path(const Partition& partition) const;
    void open_file(const std::filesystem::path& path, Opened& opened);
    void drop_replaced(Opened& opened) const;
    Result<std::shared_ptr<Segment>> write(const SegmentContent& content, const std::filesystem::path& folder,
                                           uint64_t& keys_folded, const Rest& rest);

    std::filesystem::path directory_;
    Disk& disk_;
    OnDamage on_damage_;
    uint64_t next_number_ = 1;
};

}  // namespace nightshift::recorder
