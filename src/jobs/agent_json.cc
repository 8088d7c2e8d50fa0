#include "jobs/agent_json.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "jobs/command_json.h"

namespace nightshift::jobs {

namespace json = boost::json;

namespace {

void read_duration(JsonReader& reader, std::string_view key, std::chrono::milliseconds& value) {
    auto seconds = std::chrono::duration_cast<std::chrono::seconds>(value);
    reader.duration(key, seconds);
    value = seconds;
}

void read_restart(JsonReader& reader, RestartPolicy& restart) {
    auto when = static_cast<size_t>(restart.when);
    uint64_t short_lives = restart.short_lives_max;
    reader.choice("when", when, {"always", "on_failure", "never"});
    restart.when = static_cast<RestartPolicy::When>(when);
    read_duration(reader, "backoff", restart.backoff_min);
    read_duration(reader, "backoff_max", restart.backoff_max);
    read_duration(reader, "healthy_after", restart.healthy_after);
    reader.integer("short_lives_max", short_lives, 1, 1000);
    restart.short_lives_max = static_cast<uint32_t>(short_lives);
}

void read_liveness(JsonReader& reader, LivenessPolicy& liveness) {
    uint64_t failures = liveness.failures_max;
    reader.text("url", liveness.url);
    read_duration(reader, "event_within", liveness.event_within);
    read_duration(reader, "startup", liveness.startup_max);
    read_duration(reader, "interval", liveness.interval);
    reader.integer("failures_max", failures, 1, 1000);
    liveness.failures_max = static_cast<uint32_t>(failures);
}

}  // namespace

std::optional<AgentSpec> read_agent(const json::object& definition, std::vector<JobProblem>& problems) {
    size_t before = problems.size();
    AgentSpec agent;
    JsonReader reader(definition, "", problems);
    reader.text("name", agent.name);
    if (!is_name(agent.name)) reader.complain("name", fmt::format("is \"{}\", which is no name", agent.name));
    if (reader.has("command")) {
        read_command(reader, agent.command);
    } else {
        reader.complain("command", "is missing");
    }
    uint64_t files = agent.log_files_max;
    reader.bytes("log_size", agent.log_bytes_max);
    reader.integer("log_files", files, 1, 100);
    agent.log_files_max = static_cast<uint32_t>(files);
    reader.object("restart", [&](JsonReader& restart) { read_restart(restart, agent.restart); });
    reader.object("alive", [&](JsonReader& alive) { read_liveness(alive, agent.liveness); });
    reader.done();
    if (problems.size() > before) return std::nullopt;
    return agent;
}

}  // namespace nightshift::jobs
