#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "recorder/log_record.h"

namespace nightshift::recorder {

// The files of the log; see docs/formats/log.md.

std::string log_file_name(uint64_t first_row);

struct LogFile {
    std::filesystem::path path;
    uint64_t first_row = 0;
    uint64_t bytes = 0;
};
// The log files of a folder, oldest first.
Result<std::vector<LogFile>> list_log_files(const std::filesystem::path& directory);

struct LogScan {
    uint64_t last_row = 0;  // 0: no record
    int64_t last_arrival_us = 0;
    uint64_t bytes_damaged = 0;  // skipped between valid records
    uint64_t bytes_valid = 0;    // up to the end of the last valid record
};
// Gives every valid record of the file to `visit` until it returns false.
Result<LogScan> scan_log_file(const std::filesystem::path& path,
                              const std::function<bool(const Record&)>& visit);

// The fingerprints of the events of a log file, in the .ids file beside it.
Result<void> write_fingerprints(const std::filesystem::path& log_path,
                                const std::vector<uint64_t>& fingerprints, int64_t arrival_us);
struct Fingerprints {
    std::vector<uint64_t> ids;
    int64_t arrival_us = 0;
};
Result<Fingerprints> read_fingerprints(const std::filesystem::path& ids_path);
// When the last of them arrived, from the head of the file only.
Result<int64_t> read_ids_arrival(const std::filesystem::path& ids_path);

// Cuts a torn tail.
Result<void> cut_log_file(const std::filesystem::path& path, uint64_t bytes);

}  // namespace nightshift::recorder
