#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/text.h"
#include "io/blocking.h"
#include "io/loop.h"
#include "jobs/runner/process.h"

namespace nightshift::jobs {

// A folder that goes away with its test.
class TestFolder {
public:
    TestFolder();
    ~TestFolder();
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

// A command of /bin/sh in the temporary folder.
Command shell(const std::string& script);

// The program that the build made for us; see tests/keeper.
std::filesystem::path keeper_program();

// Waits until `holds`, at most as long as no healthy machine needs; false when it never did.
bool eventually(const std::function<bool()>& holds);

// Whether a process of this number lives and is not a zombie.
bool is_alive(int pid);

std::string slurp(const std::filesystem::path& file);

// Processes on a loop, from a test's thread.
class TestRunner {
public:
    ~TestRunner();

    Result<void> start(const std::filesystem::path& folder, const Command& command);
    Result<void> adopt(const std::filesystem::path& folder);
    // As if Nightshift had gone: nobody watches the process any more.
    void forget();
    int pid();
    Execution wait();
    Execution stop(bool timed_out = false);
    // start() and wait(); a failure to start is an error of the execution.
    Execution run(const std::filesystem::path& folder, const Command& command);

    io::Loop& loop() { return loop_; }

private:
    void on_loop(const std::function<void()>& work);

    io::Loop loop_{"test"};
    std::unique_ptr<Process> process_;
};

}  // namespace nightshift::jobs
