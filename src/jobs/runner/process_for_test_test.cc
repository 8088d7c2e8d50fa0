#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <sstream>
#include <thread>

#include "jobs/runner/process_for_test.h"
#include "jobs/runner/process_tree.h"

namespace nightshift::jobs {

TestFolder::TestFolder()
    : path_(std::filesystem::temp_directory_path() / ("jobs_test_" + to_hex(random_bytes(6).data(), 6))) {
    std::filesystem::create_directories(path_);
}

TestFolder::~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

Command shell(const std::string& script) {
    Command command;
    command.argv = {"/bin/sh", "-c", script};
    command.folder = std::filesystem::temp_directory_path();
    command.grace = std::chrono::milliseconds(200);
    return command;
}

std::filesystem::path keeper_program() {
    return std::filesystem::absolute(NS_KEEPER_FOR_TEST);
}

bool eventually(const std::function<bool()>& holds) {
    for (int i = 0; i < 6000; ++i) {
        if (holds()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return holds();
}

bool is_alive(int pid) {
    auto process = read_process(pid);
    return process && !process->is_zombie;
}

std::string slurp(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

TestRunner::~TestRunner() {
    forget();
}

void TestRunner::on_loop(const std::function<void()>& work) {
    std::promise<void> done;
    loop_.post([&] {
        work();
        done.set_value();
    });
    done.get_future().get();
}

Result<void> TestRunner::start(const std::filesystem::path& folder, const Command& command) {
    Result<void> result;
    on_loop([&] {
        auto started = Process::start(loop_, keeper_program(), folder, command);
        if (started) process_ = std::move(*started);
        if (!started) result = Failure(started.error());
    });
    return result;
}

Result<void> TestRunner::adopt(const std::filesystem::path& folder) {
    Result<void> result;
    on_loop([&] {
        auto adopted = Process::adopt(loop_, folder);
        if (adopted) process_ = std::move(*adopted);
        if (!adopted) result = Failure(adopted.error());
    });
    return result;
}

void TestRunner::forget() {
    on_loop([&] { process_.reset(); });
}

int TestRunner::pid() {
    int pid = 0;
    on_loop([&] { pid = process_->pid(); });
    return pid;
}

namespace {

Task<> store(Task<Execution> task, Execution& result) {
    result = co_await std::move(task);
}

}  // namespace

Execution TestRunner::wait() {
    Execution result;
    io::run_blocking(loop_, [&] { return store(process_->wait(), result); });
    return result;
}

Execution TestRunner::stop(bool timed_out) {
    std::promise<void> asked;
    Execution result;
    Task<Execution> task;
    on_loop([&] { task = process_->stop(timed_out); });
    io::run_blocking(loop_, [&] { return store(std::move(task), result); });
    return result;
}

Execution TestRunner::run(const std::filesystem::path& folder, const Command& command) {
    if (auto started = start(folder, command); !started) {
        Execution execution;
        execution.error = started.error().message;
        return execution;
    }
    return wait();
}

}  // namespace nightshift::jobs
