#include "recorder/log_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/log.h"
#include "recorder/log_files.h"

namespace nightshift::recorder {

LogWriter::~LogWriter() {
    close();
}

Result<void> LogWriter::open(uint64_t first_row, size_t bytes_min) {
    path_ = directory_ / log_file_name(first_row);
    // A file of this name can only be what a failed commit left: no row in it was acknowledged.
    file_ = FileDescriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
    if (!file_.is_open()) return fail_errno("create", path_.native());
    used_ = 0;
    size_ = std::max<uint64_t>(kFileBytes, bytes_min);
    fingerprints_.clear();
    Result<void> ready = disk_.allocate(file_.get(), size_, path_.native());
    if (ready) ready = sync_directory(directory_);
    if (!ready) {
        file_ = FileDescriptor();
        ::unlink(path_.c_str());
    }
    return ready;
}

Result<void> LogWriter::append(std::string_view records, uint64_t first_row,
                               const std::vector<uint64_t>& fingerprints, int64_t arrival_us) {
    if (file_.is_open() && used_ + records.size() > size_) close();
    if (!file_.is_open()) {
        Result<void> opened = open(first_row, records.size());
        if (!opened) return opened;
    }
    Result<void> written = disk_.write(file_.get(), records, used_, path_.native());
    if (written) written = disk_.sync(file_.get(), path_.native());
    if (!written) {
        // What the kernel still holds of this file after a failed sync is unknown: cut it to what was
        // acknowledged.
        close();
        return written;
    }
    used_ += records.size();
    arrival_us_ = arrival_us;
    fingerprints_.insert(fingerprints_.end(), fingerprints.begin(), fingerprints.end());
    return {};
}

void LogWriter::close() {
    if (!file_.is_open()) return;
    if (::ftruncate(file_.get(), static_cast<off_t>(used_)) != 0 || ::fdatasync(file_.get()) != 0) {
        log::warn("recorder", "cannot cut {}; its tail is ignored at the next start", path_.native());
    }
    file_ = FileDescriptor();
    if (used_ == 0) {
        ::unlink(path_.c_str());
        return;
    }
    Result<void> kept = write_fingerprints(path_, fingerprints_, arrival_us_);
    if (!kept)
        log::warn("recorder", "{}; retries of older events may be doubled after a restart",
                  kept.error().message);
    fingerprints_ = {};
}

}  // namespace nightshift::recorder
