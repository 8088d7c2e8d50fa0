#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/demo_roles.h"
#include "cli/table.h"

extern char** environ;

namespace nightshift::cli {
namespace {

Result<pid_t> start_agent(const Connection& connection, const DemoOptions& options, std::string_view role) {
    std::vector<std::string> words{
        options.program.native(),       "demo-agent", std::string(role), "--url", connection.url, "--seconds",
        std::to_string(options.seconds)};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    // The agents leave Ctrl-C to us, so that they end in order. The token travels in the environment.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    pid_t pid = 0;
    int error = posix_spawn(&pid, options.program.c_str(), nullptr, &attributes, arguments.data(), environ);
    posix_spawnattr_destroy(&attributes);
    if (error != 0) {
        errno = error;
        return fail_errno("start", options.program.native());
    }
    return pid;
}

void stop_all(std::map<pid_t, std::string>& agents) {
    for (const auto& [pid, role] : agents) kill(pid, SIGTERM);
    for (const auto& [pid, role] : agents) waitpid(pid, nullptr, 0);
    agents.clear();
}

// Waits for the first of: an agent's end, a signal to stop. False: stop.
bool wait_once(std::map<pid_t, std::string>& agents, const sigset_t& signals) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal != SIGCHLD) return false;
    int status = 0;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        auto agent = agents.find(pid);
        if (agent == agents.end()) continue;
        if (status != 0)
            std::fprintf(stderr, "nightshift: the simulated %s ended early\n", agent->second.c_str());
        agents.erase(agent);
    }
    return !agents.empty();
}

}  // namespace

int run_demo(const Connection& connection, const DemoOptions& options) {
    auto alive = call(connection, net::Method::kGet, "/healthz");
    if (!alive) {
        std::fprintf(stderr, "nightshift: no server at %s; start one with: nightshift up\n",
                     connection.url.c_str());
        return report(alive.error());
    }
    if (!connection.token.is_empty()) setenv("NIGHTSHIFT_TOKEN", connection.token.reveal().c_str(), 1);
    sigset_t signals;
    sigemptyset(&signals);
    for (int signal : {SIGINT, SIGTERM, SIGCHLD}) sigaddset(&signals, signal);
    sigprocmask(SIG_BLOCK, &signals, nullptr);

    std::map<pid_t, std::string> agents;
    Table table({"AGENT", "WHAT IT SHOWS"});
    for (const DemoRole& role : kDemoRoles) {
        auto pid = start_agent(connection, options, role.name);
        if (!pid) {
            stop_all(agents);
            return report(pid.error());
        }
        agents.emplace(*pid, role.name);
        table.add({fmt::format("demo-{}", role.name), std::string(role.shows)});
    }
    std::printf("%s\nAll of it is simulated, and says so on every screen: %s\nCtrl-C ends it.\n",
                table.text().c_str(), connection.url.c_str());
    std::fflush(stdout);
    while (wait_once(agents, signals)) {
    }
    stop_all(agents);
    return kOk;
}

}  // namespace nightshift::cli
