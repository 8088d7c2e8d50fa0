#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "jobs/evidence/look.h"

namespace nightshift::jobs::evidence {

struct FoundFile {
    std::filesystem::path path;
    uint64_t bytes = 0;
    Time modified;
};

// A tree with more entries than this is not walked to its end.
constexpr size_t kEntriesMax = 200'000;

bool is_glob(std::string_view path);

// The regular files that `path` names, newest first: one file, all files in a folder and below it, or those
// that a glob finds (* ? [a-z] within a name, ** for any folders). Relative paths start in `folder`. Files
// that are not there are no error. kIo when a folder cannot be read, kLimit, kTimeout. Blocking.
Result<std::vector<FoundFile>> find_files(const std::string& path, const std::string& folder, Until until);

// "out/report.md (812 bytes, modified 2026-11-22 03:02:11Z)"
std::string describe_file(const FoundFile& file);

// Written at or after `start`. The kernel stamps files with a clock that ticks every few milliseconds.
bool is_newer(const FoundFile& file, Time start);

}  // namespace nightshift::jobs::evidence
