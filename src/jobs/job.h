#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "jobs/evidence/source.h"
#include "jobs/runner/process.h"
#include "jobs/schedule/schedule.h"
#include "jobs/types.h"

namespace nightshift::jobs {

// What to do when an occurrence is due while another of the same job is in flight.
enum class Overlap : uint8_t { kSkip, kQueue, kReplace, kAllow };

// What to do with occurrences whose time passed while nobody could start them.
enum class CatchUp : uint8_t { kSkip, kOnce, kAll };

// Calls a URL. The body may name {{job}}, {{occurrence}} and {{nominal}}.
struct HttpAction {
    std::string method = "POST";
    std::string url;
    std::map<std::string, std::string> headers;
    std::string body;
};

// One turn of an agent behind an OpenClaw gateway.
struct AgentAction {
    std::string source;   // a name from sources.openclaw; empty: the only one
    std::string agent;    // empty: "main"
    std::string message;  // may name what an HTTP body may
    std::string session;  // empty: one of its own for each occurrence
};

// Starts a cron job that an OpenClaw gateway knows, now.
struct CronRunAction {
    std::string source;
    std::string id;
};

// One prompt to a model behind a route.
struct PromptAction {
    std::string model;
    std::string url;  // base URL of an OpenAI-compatible API; empty: our own gateway
    std::string key;  // may hold ${NAME}; unused at our own gateway
    std::string system;
    std::string prompt;
    uint32_t max_tokens = 1024;
};

// The work runs elsewhere and reports here: by pings, or as a cron job of an OpenClaw gateway.
struct WatchAction {
    std::string openclaw_source;  // with openclaw_id: watched through the bridge
    std::string openclaw_id;
};

using Action = std::variant<Command, HttpAction, AgentAction, CronRunAction, PromptAction, WatchAction>;

// What must be true afterwards. The paths are tried in their order; one that holds is enough.
struct Expectation {
    std::string name;
    Impact impact = Impact::kBlocking;
    std::vector<std::shared_ptr<const EvidenceSource>> any_of;
    std::chrono::seconds within{0};  // how long after the end evidence may still appear
};

struct Retries {
    uint32_t max = 0;
    std::chrono::seconds backoff{30};  // doubled for each further one
    std::chrono::seconds backoff_max{600};
};

struct DeliverySpec {
    std::string channel;
    std::string subject;
    std::string text = "{{summary}}";
};

// A definition of scheduled work. Immutable; a change is a new revision.
struct Job {
    std::string tenant = "default";
    std::string name;
    std::string description;
    std::string revision;    // hash of `definition`
    std::string definition;  // the JSON it was read from, without values of secrets
    bool is_from_config = false;

    std::optional<Schedule> schedule;  // none: it runs when told to, or when it says so itself
    std::string on_event;  // a filter over recorded events that start it, instead of planned times
    std::chrono::seconds event_window{60};  // the events of one window are one occurrence

    Action action;
    std::chrono::seconds timeout{3600};
    Retries retries;
    Overlap overlap = Overlap::kSkip;
    CatchUp catch_up = CatchUp::kOnce;
    std::chrono::seconds catch_up_max_lateness{24 * 3600};
    uint32_t catch_up_max = 24;  // occurrences at most after one gap
    std::string concurrency_group;
    uint32_t concurrency_max = 0;      // runs of the group at once; 0: no limit
    std::chrono::seconds deadline{0};  // after the nominal time; verified later is `late`; 0: none
    std::chrono::seconds grace{300};   // watched: how late the first word may come
    bool is_paused = false;            // by the configuration; a person's pause is kept in the ledger

    std::vector<Expectation> expectations;
    std::vector<DeliverySpec> deliveries;
    std::string silent_when;  // a pattern over the output: it ran, and had nothing to say
    std::string ping_key;     // for /ping/<key>; derived from the name when not given

    bool is_planned_ahead() const { return schedule && schedule->is_planned_ahead(); }
    bool runs_at_gateway() const {
        return std::holds_alternative<AgentAction>(action) || std::holds_alternative<CronRunAction>(action);
    }
    bool is_watched() const { return std::holds_alternative<WatchAction>(action); }
};

using JobPtr = std::shared_ptr<const Job>;

}  // namespace nightshift::jobs
