#pragma once

#include <sys/types.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"

namespace nightshift::cli::drills {

// A program to start: with this environment and no other, its output appended to `log`.
struct Program {
    std::filesystem::path path;
    std::vector<std::string> arguments;    // without the program's own name
    std::vector<std::string> environment;  // "NAME=value"
    std::filesystem::path folder;          // where it runs
    std::filesystem::path log;
};

// Where drills happen: a temporary folder, and every process that is started from here. Both are gone when it
// is destroyed, and also when the drill is interrupted or killed. One at a time; open it, start programs and
// destroy it from the main thread, before any other thread runs.
class Playground {
public:
    // Takes SIGINT, SIGTERM and SIGHUP for itself. `keeps` leaves the folder where it is.
    static Result<std::unique_ptr<Playground>> open(bool keeps);
    ~Playground();
    Playground(const Playground&) = delete;
    Playground& operator=(const Playground&) = delete;

    const std::filesystem::path& folder() const { return folder_; }
    // In a process group of its own. It dies with us.
    Result<pid_t> start(const Program& program);
    // Ends everything below us, whatever became of the processes between.
    void end_all();

private:
    Playground(std::filesystem::path folder, bool keeps);
    void watch_signals();
    void clean_up();

    const std::filesystem::path folder_;
    const bool keeps_;
    std::mutex starting_;  // nothing is started while all is ended
    std::atomic<bool> is_over_ = false;
    std::thread watcher_;
};

}  // namespace nightshift::cli::drills
