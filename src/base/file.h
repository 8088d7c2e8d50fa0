#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace nightshift {

// Owns a file descriptor; closes it. Not copied.
class FileDescriptor {
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd) : fd_(fd) {}
    FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept;
    ~FileDescriptor();

    int get() const { return fd_; }
    bool is_open() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

// The whole file; kNotFound when there is none, kLimit when it is larger than `bytes_max`.
Result<std::string> read_file(const std::filesystem::path& path, size_t bytes_max = 64u << 20);

// Writes a temporary file beside `path`, syncs it, renames it over `path` and syncs the folder: after a crash
// the old content or the new one is there, whole.
Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view content,
                                   int mode = 0644);

// fsync of a folder, so that a rename or a new file in it is durable.
Result<void> sync_directory(const std::filesystem::path& directory);

}  // namespace nightshift
