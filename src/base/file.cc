#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace nightshift {

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

FileDescriptor::~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
}

Result<std::string> read_file(const std::filesystem::path& path, size_t bytes_max) {
    FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) {
        if (errno == ENOENT) return fail(Code::kNotFound, "{} does not exist", path.native());
        return fail_errno("open", path.native());
    }
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) return fail_errno("stat", path.native());
    if (static_cast<size_t>(status.st_size) > bytes_max) {
        return fail(Code::kLimit, "{} has {} bytes, more than the limit of {}", path.native(), status.st_size,
                    bytes_max);
    }
    std::string content(static_cast<size_t>(status.st_size), '\0');
    size_t filled = 0;
    while (filled < content.size()) {
        ssize_t got = ::read(file.get(), content.data() + filled, content.size() - filled);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno("read", path.native());
        if (got == 0) break;
        filled += static_cast<size_t>(got);
    }
    content.resize(filled);
    return content;
}

Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view content, int mode) {
    std::filesystem::path temporary = path;
    temporary += ".new";
    FileDescriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    if (!file.is_open()) return fail_errno("create", temporary.native());
    while (!content.empty()) {
        ssize_t put = ::write(file.get(), content.data(), content.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return fail_errno("write", temporary.native());
        content.remove_prefix(static_cast<size_t>(put));
    }
    if (::fsync(file.get()) != 0) return fail_errno("sync", temporary.native());
    if (::rename(temporary.c_str(), path.c_str()) != 0) return fail_errno("rename onto", path.native());
    return sync_directory(path.has_parent_path() ? path.parent_path() : ".");
}

Result<void> sync_directory(const std::filesystem::path& directory) {
    FileDescriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.is_open()) return fail_errno("open folder", directory.native());
    if (::fsync(folder.get()) != 0) return fail_errno("sync folder", directory.native());
    return {};
}

}  // namespace nightshift
