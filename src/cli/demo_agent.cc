#include <fmt/format.h>
#include <sys/prctl.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>

#include "base/random.h"
#include "cli/commands.h"
#include "cli/demo_roles.h"
#include "cli/demo_telemetry.h"

namespace nightshift::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// One agent's life: a step is what it does before it pauses.
class SimulatedAgent {
public:
    SimulatedAgent(Connection connection, const std::string& role)
        : telemetry_(connection, "demo-" + role), child_(connection, "demo-" + role + "-helper") {}

    Result<void> begin() { return telemetry_.event("session", "start", "running"); }
    Result<void> step(const std::string& role);

private:
    Result<void> think(uint64_t input, uint64_t output);
    Result<void> use_tool(std::string name, std::string arguments, std::string result, int64_t duration_ms);
    void pause(int64_t low_ms, int64_t high_ms) {
        auto extra = static_cast<int64_t>(random_.below(static_cast<uint64_t>(high_ms - low_ms + 1)));
        std::this_thread::sleep_for(milliseconds(low_ms + extra));
    }

    Result<void> research();
    Result<void> write_with_helper();
    Result<void> build_batch();
    Result<void> watch_by_polling();
    Result<void> loop();
    Result<void> stumble();
    Result<void> hit_rate_limit();
    Result<void> go_silent();
    Result<void> wait_for_approval();

    SimulatedTelemetry telemetry_;
    SimulatedTelemetry child_;
    Random random_ = Random::seeded();
    uint64_t steps_ = 0;
};

Result<void> SimulatedAgent::think(uint64_t input, uint64_t output) {
    auto duration = static_cast<int64_t>(200 + random_.below(900));
    pause(duration / 2, duration);
    return telemetry_.model_call({.input_tokens = input + random_.below(input / 2 + 1),
                                  .cache_read_tokens = input / 2,
                                  .output_tokens = output + random_.below(output + 1),
                                  .duration_ms = duration});
}

Result<void> SimulatedAgent::use_tool(std::string name, std::string arguments, std::string result,
                                      int64_t duration_ms) {
    std::this_thread::sleep_for(milliseconds(duration_ms));
    return telemetry_.tool_call({std::move(name), std::move(arguments), std::move(result), duration_ms, ""});
}

Result<void> SimulatedAgent::research() {
    static constexpr std::array kTopics{"tide tables",  "battery prices", "grid load",
                                        "ferry routes", "soil moisture",  "star maps"};
    std::string topic = kTopics[random_.below(kTopics.size())];
    if (auto sent = think(3000, 250); !sent) return sent;
    auto page = random_.below(10'000);
    if (auto sent = use_tool("WebSearch", fmt::format(R"({{"query":"{} {}"}})", topic, page),
                             fmt::format("{} results", 3 + page % 40), 150);
        !sent)
        return sent;
    auto fetched = use_tool("WebFetch", fmt::format(R"({{"url":"https://example.org/{}"}})", page),
                            fmt::format("{} bytes", 900 + page), 220);
    pause(400, 1500);
    return fetched;
}

Result<void> SimulatedAgent::write_with_helper() {
    if (steps_ % 8 == 1) {
        child_.start_session(telemetry_.session());
        if (auto sent = child_.event("session", "start", "running"); !sent) return sent;
    }
    if (auto sent = think(5000, 700); !sent) return sent;
    if (auto sent = child_.model_call(
            {.model = "claude-haiku-4-5", .input_tokens = 900, .output_tokens = 120, .duration_ms = 300});
        !sent)
        return sent;
    auto checked =
        child_.tool_call({"Read", fmt::format(R"({{"path":"notes/{}.md"}})", steps_), "ok", 12, ""});
    if (steps_ % 8 == 0) return child_.event("session", "end", "ok");
    pause(900, 2000);
    return checked;
}

Result<void> SimulatedAgent::build_batch() {
    if (auto sent = think(1500, 60); !sent) return sent;
    for (int i = 0; i < 4; ++i) {
        auto file = steps_ * 4 + static_cast<uint64_t>(i);
        if (auto sent = use_tool("Bash", fmt::format(R"({{"command":"convert image-{}.png"}})", file),
                                 fmt::format("wrote image-{}.webp", file), 60);
            !sent)
            return sent;
    }
    pause(200, 600);
    return {};
}

Result<void> SimulatedAgent::watch_by_polling() {
    pause(4000, 5000);
    return use_tool("ci_status", R"({"run":"4711"})", fmt::format("{} of 90 steps done", steps_ % 90), 80);
}

Result<void> SimulatedAgent::loop() {
    if (auto sent = think(9000, 90); !sent) return sent;
    return use_tool("Bash", R"({"command":"cat build/output.log"})",
                    "cat: build/output.log: No such file or directory", 40);
}

Result<void> SimulatedAgent::stumble() {
    pause(1200, 2500);
    return telemetry_.model_call({.duration_ms = 900, .error_type = "server_error"});
}

Result<void> SimulatedAgent::hit_rate_limit() {
    if (steps_ < 5) return research();
    pause(3000, 5000);
    return telemetry_.model_call(
        {.model = "gpt-5-mini", .provider = "openai", .duration_ms = 120, .error_type = "rate_limit"});
}

Result<void> SimulatedAgent::go_silent() {
    if (steps_ < 12) return research();
    if (steps_ == 12) return telemetry_.event("tool_call", "download_dataset", "running");
    pause(5000, 5000);
    return {};
}

Result<void> SimulatedAgent::wait_for_approval() {
    if (steps_ < 4) return research();
    if (steps_ == 4) return telemetry_.event("approval", "deploy to production", "running");
    pause(5000, 5000);
    return {};
}

Result<void> SimulatedAgent::step(const std::string& role) {
    ++steps_;
    if (role == "researcher") return research();
    if (role == "writer") return write_with_helper();
    if (role == "builder") return build_batch();
    if (role == "watcher") return watch_by_polling();
    if (role == "looper") return loop();
    if (role == "stumbler") return stumble();
    if (role == "throttled") return hit_rate_limit();
    if (role == "silent") return go_silent();
    if (role == "waiter") return wait_for_approval();
    return fail(Code::kInvalid, "there is no simulated agent called {}", role);
}

}  // namespace

int run_demo_agent(const Connection& connection, const std::string& role, int64_t seconds) {
    // The demo's end is our end, also when it is killed.
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    SimulatedAgent agent(connection, role);
    if (auto begun = agent.begin(); !begun) return report(begun.error());
    auto end = steady_clock::now() + std::chrono::seconds(seconds > 0 ? seconds : 365 * 86400);
    for (int failures = 0; steady_clock::now() < end;) {
        Result<void> done = agent.step(role);
        if (done) {
            failures = 0;
            continue;
        }
        // A server that restarts is part of the show; a wrong role or token is not.
        if (done.error().code != Code::kUnavailable && done.error().code != Code::kTimeout)
            return report(done.error());
        if (++failures > 60) return report(done.error());
        std::this_thread::sleep_for(milliseconds(1000));
    }
    return kOk;
}

}  // namespace nightshift::cli
