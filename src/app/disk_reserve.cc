#include "app/disk_reserve.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>

#include "base/log.h"

namespace nightshift::app {

DiskReserve::DiskReserve(std::filesystem::path path) : path_(std::move(path)) {
    std::error_code ignored;
    is_held_ = std::filesystem::file_size(path_, ignored) == kBytes;
}

void DiskReserve::look(uint64_t free_bytes) {
    if (is_held_ && free_bytes < kGiveUpBelow) give_up();
    if (!is_held_ && free_bytes > kTakeAbove) take();
}

void DiskReserve::take() {
    int fd = ::open(path_.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0) return log::warn("app", "cannot keep room on the disk: {}", std::strerror(errno));
    int error = ::posix_fallocate(fd, 0, static_cast<off_t>(kBytes));
    ::close(fd);
    is_held_ = error == 0;
    if (is_held_) return;
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);  // half of it helps nobody
    log::warn("app", "cannot keep room on the disk: {}", std::strerror(error));
}

void DiskReserve::give_up() {
    std::error_code error;
    std::filesystem::remove(path_, error);
    if (error) return log::error("app", "cannot give up {}: {}", path_.native(), error.message());
    is_held_ = false;
    log::warn("app", "the disk is full: the last {} MB were given up for alerts and messages", kBytes >> 20);
}

}  // namespace nightshift::app
