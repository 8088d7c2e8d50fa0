// How long the recorder takes to start when much of its log is not sealed: writes such a log, then opens it.
// usage: recorder_start <folder> [MiB of log]    the folder must not exist
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "recorder/log_files.h"
#include "recorder_side.h"

namespace nightshift::bench {
namespace {

constexpr uint64_t kBatchEvents = 512;
constexpr size_t kFileBytes = 32u << 20;  // as the log writer's

// Writes log files of `bytes` in all, without the lists of ids that a clean stop leaves; returns the rows.
uint64_t write_log(const std::filesystem::path& directory, uint64_t bytes) {
    std::filesystem::create_directories(directory);
    AgentEvents events(UINT64_MAX, 10'000'000);
    AgentEvent row;
    uint64_t rows = 0;
    for (uint64_t written = 0; written < bytes;) {
        std::string records;
        uint64_t first_row = rows + 1;
        while (records.size() < kFileBytes) {
            recorder::EventBatch batch;
            for (uint64_t i = 0; i < kBatchEvents; ++i) {
                events.row(rows + i, row);
                batch.events.push_back(to_event(batch, row));
            }
            std::vector<bool> is_derived = recorder::complete_ids(batch);
            recorder::append_record(records, {rows + 1, row.time_us, kBatchEvents},
                                    recorder::encode_events(batch, is_derived));
            rows += kBatchEvents;
        }
        std::ofstream file(directory / recorder::log_file_name(first_row), std::ios::binary);
        file << records;
        written += records.size();
    }
    return rows;
}

int run(const std::filesystem::path& folder, uint64_t mebibytes) {
    uint64_t rows = write_log(folder / "log", mebibytes << 20);
    double cpu_start = cpu_s();
    double wall_start = wall_s();
    RecorderSide recorder(folder);
    std::printf("%lu MiB of log, %lu rows: open %.0f ms, CPU %.0f ms\n", mebibytes, rows,
                (wall_s() - wall_start) * 1e3, (cpu_s() - cpu_start) * 1e3);
    std::fflush(stdout);
    std::printf("position %lu\n", recorder.position());
    return recorder.position() == rows ? 0 : 1;
}

}  // namespace
}  // namespace nightshift::bench

int main(int argc, char** argv) {
    if (argc < 2 || std::filesystem::exists(argv[1])) {
        std::fprintf(stderr, "usage: recorder_start <new folder> [MiB of log]\n");
        return 2;
    }
    return nightshift::bench::run(argv[1], argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 512);
}
