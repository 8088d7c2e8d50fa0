#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>

#include "io/pool.h"
#include "jobs/runner/keep.h"
#include "jobs/supervisor/service.h"

namespace nightshift::jobs {
namespace {

// Keeps one agent running until somebody kills us.
int supervise(const char* folder, const char* script) {
    AgentSpec agent;
    agent.name = "a";
    agent.command.argv = {"/bin/sh", "-c", script};
    agent.command.folder = "/";
    agent.restart.backoff_min = milliseconds(1);
    agent.restart.backoff_max = milliseconds(5);
    agent.restart.short_lives_max = 1'000'000;
    io::Loop loop("supervise");
    io::Pool pool(2, 64);
    SystemClock clock;
    Supervisor supervisor(loop, clock, pool,
                          {.program = "/proc/self/exe", .folder = folder, .check = {}, .on_change = {}});
    loop.post([&] { supervisor.apply({agent}); });
    std::this_thread::sleep_for(std::chrono::minutes(5));
    return 1;
}

}  // namespace
}  // namespace nightshift::jobs

int main(int argc, char** argv) {
    if (argc == 3 && std::string_view(argv[1]) == "keep") return nightshift::jobs::keep(argv[2]);
    if (argc == 4 && std::string_view(argv[1]) == "supervise") {
        return nightshift::jobs::supervise(argv[2], argv[3]);
    }
    return 2;
}
