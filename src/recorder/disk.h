#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace nightshift::recorder {

// The writes that durability rests on. Tests replace it to refuse, to write short and to forget what was not
// synced.
class Disk {
public:
    virtual ~Disk() = default;
    // All of `bytes` at `offset`; kIo (kLimit when the disk is full).
    virtual Result<void> write(int fd, std::string_view bytes, uint64_t offset, std::string_view path);
    // fdatasync.
    virtual Result<void> sync(int fd, std::string_view path);
    // What may still be written where the path is.
    virtual Result<uint64_t> free_bytes(std::string_view path);
    // Makes the file `bytes` long, with its blocks taken.
    virtual Result<void> allocate(int fd, uint64_t bytes, std::string_view path);
};

}  // namespace nightshift::recorder
