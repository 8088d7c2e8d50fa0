#include "base/process_stats.h"

#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace nightshift {

ProcessStats read_process_stats() {
    ProcessStats stats;
    std::ifstream status("/proc/self/status");
    for (std::string key; status >> key;) {
        uint64_t value = 0;
        if (key == "VmRSS:" && status >> value) stats.rss_bytes = value * 1024;
        if (key == "Threads:" && status >> value) stats.threads = value;
        std::getline(status, key);
    }
    rusage usage{};
    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        auto as_seconds = [](const timeval& t) {
            return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
        };
        stats.cpu_seconds = as_seconds(usage.ru_utime) + as_seconds(usage.ru_stime);
    }
    std::error_code error;
    for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end;
         it.increment(error)) {
        ++stats.open_files;
    }
    return stats;
}

DiskStats read_disk_stats(const std::filesystem::path& path) {
    struct statvfs status{};
    if (statvfs(path.c_str(), &status) != 0) return {};
    return {static_cast<uint64_t>(status.f_bavail) * status.f_frsize,
            static_cast<uint64_t>(status.f_blocks) * status.f_frsize};
}

}  // namespace nightshift
