#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>

#include "base/assert.h"
#include "base/clock.h"
#include "io/blocking.h"
#include "io/loop.h"
#include "io/pool.h"
#include "jobs/evidence/source.h"

// What the sources' tests share: a working folder, a job that ran from 03:00:00 to 03:02:00, and ways to ask.
namespace nightshift::jobs::evidence::testing {

// 2026-11-22 03:00:00 UTC.
constexpr Time kStart{seconds(1'795'316'400)};

class Bench {
public:
    Bench() : clock(kStart + seconds(180)) {
        std::string pattern = (std::filesystem::temp_directory_path() / "evidence-XXXXXX").native();
        NS_ASSERT(::mkdtemp(pattern.data()) != nullptr);
        folder = pattern;
        work.tenant = "default";
        work.job = "digest";
        work.occurrence = "digest@1795316400";
        work.nominal = kStart;
        work.execution.started = kStart;
        work.execution.ended = kStart + seconds(120);
        work.execution.exit_code = 0;
        work.folder = folder.native();
    }
    ~Bench() {
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;

    // Writes a file below the folder, as of `modified`.
    std::filesystem::path write(const std::string& name, std::string_view content,
                                Time modified = kStart + seconds(60)) {
        std::filesystem::path path = folder / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << content;
        touch(path, modified);
        return path;
    }
    static void touch(const std::filesystem::path& path, Time modified) {
        auto since = std::chrono::file_clock::from_sys(modified);
        std::filesystem::last_write_time(path, since);
    }
    // The run's output.
    void says(std::string_view output) { work.execution.output_path = write("output.log", output).native(); }

    // From one entry of `expect`, which must be good.
    static std::shared_ptr<const EvidenceSource> source(std::string_view entry);
    // The message of the error, "" when the entry is good.
    static std::string error_of(std::string_view entry);

    Observation collect(std::string_view entry) {
        auto asked = source(entry);
        return collect(*asked);
    }
    Observation collect(const EvidenceSource& asked) {
        Observation seen;
        io::run_blocking(loop, [&] { return collect_into(asked, seen); });
        return seen;
    }
    // Takes the baseline of `asked` into `work`, as before a start.
    void take_baseline(const EvidenceSource& asked) {
        io::run_blocking(loop, [&] { return baseline_into(asked); });
    }

    Instruments instruments() {
        auto environment = [this](const std::string& name) -> std::optional<std::string> {
            auto found = variables.find(name);
            if (found == variables.end()) return std::nullopt;
            return found->second;
        };
        return Instruments{clock, pool, recorder, timeout, environment};
    }

    ManualClock clock;
    std::filesystem::path folder;
    Work work;
    std::map<std::string, std::string> variables;
    const recorder::Recorder* recorder = nullptr;
    std::chrono::milliseconds timeout{10'000};
    io::Loop loop{"evidence"};
    io::Pool pool{2, 16};

private:
    Task<> collect_into(const EvidenceSource& asked, Observation& seen) {
        Instruments with = instruments();
        seen = co_await asked.collect(work, with);
    }
    Task<> baseline_into(const EvidenceSource& asked) {
        Instruments with = instruments();
        work.baseline = co_await asked.baseline(work, with);
    }
};

}  // namespace nightshift::jobs::evidence::testing
