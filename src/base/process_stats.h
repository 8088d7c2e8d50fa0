#pragma once

#include <cstdint>
#include <filesystem>

namespace nightshift {

// What the kernel says of this process, from /proc/self.
struct ProcessStats {
    uint64_t rss_bytes = 0;
    double cpu_seconds = 0;  // user and system
    uint64_t threads = 0;
    uint64_t open_files = 0;
};

ProcessStats read_process_stats();

struct DiskStats {
    uint64_t free_bytes = 0;  // for us, without what is reserved for root
    uint64_t total_bytes = 0;
};

// Zeros when `path` cannot be asked.
DiskStats read_disk_stats(const std::filesystem::path& path);

}  // namespace nightshift
