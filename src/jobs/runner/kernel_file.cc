#include "jobs/runner/kernel_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "base/file.h"

namespace nightshift::jobs {

std::string read_kernel_file(const std::filesystem::path& path) {
    FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) return {};
    std::array<char, 4096> buffer{};
    ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    return got > 0 ? std::string(buffer.data(), static_cast<size_t>(got)) : std::string();
}

bool write_kernel_file(const std::filesystem::path& path, std::string_view text) {
    FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    return file.is_open() &&
           ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

}  // namespace nightshift::jobs
