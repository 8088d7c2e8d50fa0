#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace nightshift::recorder {

// The recorder's own health, for /api/v1/system and /metrics. Counters since start.
struct Stats {
    uint64_t events_total = 0;
    uint64_t duplicates_total = 0;
    uint64_t batches_total = 0;
    uint64_t refused_total = 0;  // batches refused because the queue was full
    uint64_t commits_total = 0;
    uint64_t commit_p50_us = 0;  // fdatasync and write, last minutes
    uint64_t commit_p99_us = 0;
    uint64_t queue_bytes = 0;
    uint64_t queue_bytes_max = 0;
    uint64_t log_bytes = 0;  // on disk, with the part of the newest file that is not written yet
    uint64_t segments = 0;
    uint64_t segment_bytes = 0;
    uint64_t segment_rows = 0;
    uint64_t content_bytes = 0;
    uint64_t memory_bytes = 0;        // memtables, rollups, dedupe ids
    uint64_t rollup_keys = 0;         // rows of the rollups that queries keep in memory now
    uint64_t rollup_keys_folded = 0;  // went to __other__ because the budget was full
    uint64_t seals_total = 0;
    uint64_t deleted_segments_total = 0;
    uint64_t disk_free_bytes = 0;
    bool is_failing = false;  // the last commit failed; `failure` says why
    std::string failure;
    std::vector<std::string> set_aside;  // damaged segments, with the reason
};

}  // namespace nightshift::recorder
