// Loads the same rows into the flight recorder and into DuckDB and asks both the ten dashboard queries.
// usage: recorder_bench <folder> [rows [rows_in_7_days]]    what the folder holds already is used again; with
// rows_in_7_days only that many rows of a larger data set are loaded into the recorder, to profile it
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "recorder_side.h"
#ifdef NS_HAS_DUCKDB
#include "duckdb_side.h"
#endif

namespace nightshift::bench {
namespace {

double generator_cpu_s(const AgentEvents& events) {
    AgentEvent row;
    uint64_t sample = events.rows() / 10 + 1;
    double start = cpu_s();
    for (uint64_t i = 0; i < sample && i < events.rows(); ++i) events.row(i, row);
    return (cpu_s() - start) * static_cast<double>(events.rows()) / static_cast<double>(sample);
}

void print_load(const char* engine, const Load& load, double generator_s, uint64_t rows) {
    auto count = static_cast<double>(rows);
    double cpu = load.cpu_s - generator_s;
    std::printf("%-10s %10.0f rows/s with the generator, %5.2f us CPU/row without it, %6.1f B/row\n", engine,
                count / load.wall_s, cpu / count * 1e6, static_cast<double>(load.bytes) / count);
    std::fflush(stdout);
}

int run(const std::filesystem::path& folder, uint64_t rows, uint64_t rows_in_span) {
    std::filesystem::create_directories(folder);
    AgentEvents events(rows, rows_in_span);
    double generator_s = generator_cpu_s(events);
    std::printf("%lu rows over 7 days; the generator takes %.2f us a row\n", rows,
                generator_s / static_cast<double>(rows) * 1e6);
    RecorderSide ours(folder / "recorder");
    if (!ours.is_loaded()) print_load("recorder", ours.load(events), generator_s, rows);
    if (rows != rows_in_span) return 0;
#ifdef NS_HAS_DUCKDB
    DuckDbSide duckdb(folder / "bench.duckdb");
    if (!duckdb.is_loaded()) print_load("DuckDB", duckdb.load(events), generator_s, rows);
#endif
    std::printf("%-42s %10s %10s %10s %8s %8s\n", "CPU ms, median of 5", "as asked", "rows read", "DuckDB",
                "ratio", "rows");
    for (int i = 0; i < kQueries; ++i) {
        Measured asked = ours.query(i, events, false);
        Measured scanned = ours.query(i, events, true);
        std::optional<Measured> theirs;
#ifdef NS_HAS_DUCKDB
        theirs = duckdb.query(i, events);
#endif
        std::printf("%-42s %9.2f%s %10.2f ", kQueryNames[i], asked.cpu_ms, asked.from_rollup ? "*" : " ",
                    scanned.cpu_ms);
        if (theirs)
            std::printf("%10.2f %8.2f %8lu/%lu", theirs->cpu_ms, scanned.cpu_ms / theirs->cpu_ms, asked.rows,
                        theirs->rows);
        std::printf("\n");
        std::fflush(stdout);
    }
    std::printf("* from rollups. The ratio is that of rows read to DuckDB: below 1 we are cheaper.\n");
    return 0;
}

}  // namespace
}  // namespace nightshift::bench

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fprintf(stderr, "usage: recorder_bench <folder> [rows [rows_in_7_days]]\n");
        return 2;
    }
    uint64_t rows = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000;
    return nightshift::bench::run(argv[1], rows, argc > 3 ? std::strtoull(argv[3], nullptr, 10) : rows);
}
