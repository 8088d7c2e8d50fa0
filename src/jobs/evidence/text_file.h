#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "jobs/evidence/look.h"

namespace nightshift::jobs::evidence {

// The newest part of a file; of one that grows for ever only the end is worth memory.
struct FileText {
    std::string text;
    uint64_t bytes = 0;    // of the file
    bool is_whole = true;  // false: `text` is a part of it
};

constexpr size_t kTextBytesMax = 64u << 20;

// At most the last `bytes_max` bytes. kNotFound, kInvalid when it is no regular file (a pipe or device could
// block or never end), kTimeout, kIo. Blocking.
Result<FileText> read_end(const std::filesystem::path& path, size_t bytes_max, Until until);

// Lower-case hex. Errors as above. Blocking.
Result<std::string> sha256_of_file(const std::filesystem::path& path, Until until);
std::string sha256_of(std::string_view bytes);

}  // namespace nightshift::jobs::evidence
