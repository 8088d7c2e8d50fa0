#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace nightshift::jobs {

// A small file of /proc or /sys, at most 4 KiB: such files have no size before they are read. Empty when it
// cannot be read.
std::string read_kernel_file(const std::filesystem::path& path);

// In one write, as such files want it. False when the kernel refused.
bool write_kernel_file(const std::filesystem::path& path, std::string_view text);

}  // namespace nightshift::jobs
