#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <string_view>

#include "base/file.h"

namespace nightshift::jobs {

// The output of one run on disk, newest kept: full parts are renamed, the oldest is removed. Never fails and
// never waits for space: what cannot be written counts as dropped.
class OutputFile {
public:
    // `bytes_max` in at most `parts_max` parts; 0: without a limit, in one.
    OutputFile(std::filesystem::path folder, uint64_t bytes_max, uint32_t parts_max);

    void append(std::string_view bytes);
    // Gives back the space of all parts but the newest.
    void remove_old_parts();

    uint64_t kept_bytes() const;
    uint64_t dropped_bytes() const { return dropped_bytes_; }

private:
    void rotate();
    void open_part();

    std::filesystem::path folder_;
    uint64_t part_bytes_max_;
    size_t parts_max_;
    FileDescriptor file_;
    std::deque<uint64_t> parts_;  // their sizes, newest first
    uint64_t dropped_bytes_ = 0;
};

}  // namespace nightshift::jobs
