#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "alerts/service.h"
#include "base/log.h"
#include "base/result.h"
#include "base/secret.h"
#include "delivery/types.h"
#include "gateway/settings.h"
#include "health/types.h"
#include "incidents/runbook.h"
#include "incidents/service.h"
#include "jobs/job.h"
#include "jobs/schedule/zone.h"
#include "jobs/supervisor/agent_spec.h"

namespace nightshift::app {

struct OpenClawConfig {
    std::string name;
    std::string url;
    Secret token;
    std::string tenant = "default";
};

// Dollars per million tokens of every model whose name starts with `model`.
struct PriceConfig {
    std::string model;
    double input = 0;
    double output = 0;
    double cache_read = 0;
    double cache_write = 0;
};

// Who depends on what some alerts are about.
struct StakesRule {
    alerts::Matchers matchers;
    incidents::Stakes stakes;
};

// This Nightshift and others that hear of the same alerts.
struct NodesConfig {
    struct Other {
        std::string name;
        std::string url;
        Secret token;
    };
    std::string name;
    std::chrono::seconds wait{15};  // for each node before this one, by name
    std::vector<Other> others;      // none: it is alone
};

// What nightshift.yaml says; docs/configuration.md and docs/nightshift.schema.json describe each key.
struct Config {
    struct Server {
        std::string listen = "127.0.0.1:8700";
        std::string otlp = "127.0.0.1:4318";  // empty: off
        std::vector<std::string> allowed_hosts;
        int64_t threads = 0;  // 0: as many as cores, at most 8
    } server;

    struct Auth {
        bool anonymous_ingest = true;
    } auth;

    log::Options log;

    struct Recorder {
        std::chrono::seconds retain = std::chrono::hours(24 * 30);
        uint64_t retain_size = 20ull << 30;
        uint64_t keep_free = 64ull << 20;
        bool keep_content = false;
        std::chrono::seconds retain_content = std::chrono::hours(24 * 3);
    } recorder;

    struct Redact {
        bool email = false;
    } redact;

    std::vector<PriceConfig> prices;

    struct Sources {
        std::vector<OpenClawConfig> openclaw;
    } sources;

    struct Fleet {
        std::string response = "tell";  // observe, tell or abort
        int64_t loop_repeats = 5;
        std::chrono::seconds stalled_after = std::chrono::minutes(5);
    } fleet;

    std::shared_ptr<jobs::Zones> zones;  // of the schedules; null when no job was read
    std::vector<jobs::JobPtr> jobs;
    struct JobRuns {
        int64_t at_once = 64;
        int64_t catch_up_at_once = 4;
        double catch_up_cost = 0;  // USD, for all that is caught up after one gap; 0: no limit
        std::chrono::seconds keep = std::chrono::hours(24 * 365);
        std::chrono::seconds keep_output = std::chrono::hours(24 * 14);
    } runs;
    std::vector<delivery::ChannelSpec> channels;
    std::vector<jobs::AgentSpec> agents;
    gateway::Settings gateway;
    alerts::Settings alerts;
    incidents::Settings incidents;
    std::vector<StakesRule> stakes;
    std::vector<alerts::WeeklySpan> quiet_hours;  // nobody is told of what is not critical
    std::string quiet_zone = "UTC";
    struct DeadMan {
        std::string channel;  // empty: none
        std::chrono::seconds every = std::chrono::hours(24);
    } dead_man;
    std::vector<incidents::Runbook> runbooks;
    NodesConfig nodes;
    std::vector<health::ProbePtr> probes;
};

// One thing wrong with the file; line and column count from 1.
struct ConfigProblem {
    int line = 0;
    int column = 0;
    std::string message;
};

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

struct ConfigReading {
    Config config;
    std::vector<ConfigProblem> problems;  // empty: the config is good
    std::vector<ConfigProblem> warnings;  // not wrong, but perhaps not what was meant
};

// Reads all of it and reports every problem, not only the first. `${NAME}` in a value is replaced from
// `environment`; a secret written out in the file is a problem.
ConfigReading read_config(std::string_view yaml, const Environment& environment);

// The file, or defaults when `path` is empty. kInvalid lists all problems, each with file, line and column.
Result<Config> load_config(const std::filesystem::path& path);

}  // namespace nightshift::app
