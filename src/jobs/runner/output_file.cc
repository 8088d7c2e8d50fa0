#include "jobs/runner/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <numeric>

#include "jobs/runner/run_folder.h"

namespace nightshift::jobs {
namespace {

constexpr uint32_t kPartsMax = 100;

uint64_t part_size(uint64_t bytes_max, uint32_t parts) {
    if (bytes_max == 0) return std::numeric_limits<uint64_t>::max();
    return std::max<uint64_t>(1, bytes_max / parts);
}

}  // namespace

OutputFile::OutputFile(std::filesystem::path folder, uint64_t bytes_max, uint32_t parts_max)
    : folder_(std::move(folder)),
      part_bytes_max_(part_size(bytes_max, std::clamp(parts_max, 1u, kPartsMax))),
      parts_max_(std::clamp(parts_max, 1u, kPartsMax)) {
    open_part();
}

void OutputFile::append(std::string_view bytes) {
    while (!bytes.empty()) {
        if (parts_.front() >= part_bytes_max_) rotate();
        auto piece = bytes.substr(0, std::min<uint64_t>(bytes.size(), part_bytes_max_ - parts_.front()));
        ssize_t put = ::write(file_.get(), piece.data(), piece.size());
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) {  // the disk is full or the folder is gone; the next piece may have more luck
            dropped_bytes_ += bytes.size();
            return;
        }
        parts_.front() += static_cast<uint64_t>(put);
        bytes.remove_prefix(static_cast<size_t>(put));
    }
}

void OutputFile::rotate() {
    if (parts_.size() == parts_max_) {
        dropped_bytes_ += parts_.back();
        parts_.pop_back();
    }
    // From the oldest, so that each finds its new name free; a rename onto the oldest part removes it.
    for (auto age = static_cast<uint32_t>(parts_.size()); age > 0; --age) {
        ::rename(output_path(folder_, age - 1).c_str(), output_path(folder_, age).c_str());
    }
    open_part();
}

void OutputFile::open_part() {
    file_ = FileDescriptor(
        ::open(output_path(folder_).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
    parts_.push_front(0);
}

void OutputFile::remove_old_parts() {
    while (parts_.size() > 1) {
        ::unlink(output_path(folder_, static_cast<uint32_t>(parts_.size() - 1)).c_str());
        dropped_bytes_ += parts_.back();
        parts_.pop_back();
    }
}

uint64_t OutputFile::kept_bytes() const {
    return std::accumulate(parts_.begin(), parts_.end(), uint64_t{0});
}

}  // namespace nightshift::jobs
