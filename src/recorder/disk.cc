#include "recorder/disk.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace nightshift::recorder {
namespace {

Failure disk_failure(std::string_view what, std::string_view path, int number) {
    Code code = number == ENOSPC || number == EDQUOT ? Code::kLimit : Code::kIo;
    return fail(code, "cannot {} {}: {}", what, path, std::strerror(number));
}

}  // namespace

Result<void> Disk::write(int fd, std::string_view bytes, uint64_t offset, std::string_view path) {
    while (!bytes.empty()) {
        ssize_t put = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return disk_failure("write", path, errno);
        bytes.remove_prefix(static_cast<size_t>(put));
        offset += static_cast<uint64_t>(put);
    }
    return {};
}

Result<void> Disk::sync(int fd, std::string_view path) {
    if (::fdatasync(fd) != 0) return disk_failure("sync", path, errno);
    return {};
}

Result<uint64_t> Disk::free_bytes(std::string_view path) {
    struct statvfs room{};
    if (::statvfs(std::string(path).c_str(), &room) != 0) return disk_failure("ask about", path, errno);
    return static_cast<uint64_t>(room.f_bavail) * room.f_frsize;
}

Result<void> Disk::allocate(int fd, uint64_t bytes, std::string_view path) {
    int error = ::posix_fallocate(fd, 0, static_cast<off_t>(bytes));
    if (error != 0) return disk_failure("allocate", path, error);
    return {};
}

}  // namespace nightshift::recorder
