#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/labels.h"
#include "incidents/types.h"

// What a diagnosis looks at, gathered by others in parallel and within a time limit. A part that is missing
// could not be gathered: that is `unknown`, never good.
namespace nightshift::incidents {

// One expectation of a run and what evidence said about it.
struct ExpectationFact {
    std::string name;
    std::string impact;     // blocking, degraded, enhancement
    std::string outcome;    // holds, fails, unknown
    std::string condition;  // in words
    std::string observed;
    bool is_claimants_word = false;
    bool is_alternative = false;  // it is one of several paths to the same fact, and not the first
};

// One finished or running occurrence of the job.
struct RunFact {
    std::string id;       // "molt-morning@2026-11-22T07:00:00Z"
    std::string verdict;  // as in docs/jobs.md; "" while it has none
    std::string phase;
    std::string why;
    std::string warning;
    Time nominal;
    std::optional<Time> ended;
    std::vector<ExpectationFact> expectations;
};

struct JobFacts {
    std::string job;
    std::vector<RunFact> runs;  // newest first, at most 20
    uint64_t good = 0;          // verdicts verified, silent_ok or late in the last 14 days
    uint64_t bad = 0;           // failed, contradicted, missed
    std::optional<Time> next;   // when it is due again
    std::optional<Time> deadline;
    bool is_paused = false;
    std::string paused_why;
};

// A message that a run of the subject was to deliver.
struct ReceiptFact {
    std::string delivery;
    std::string run;
    std::string channel;
    std::string state;       // delivered, failed, unknown, queued, sending
    std::string identifier;  // the provider's own
    std::optional<Time> at;
    std::string error;
};

// How others of the same kind fare, to tell one fault from a common one.
struct SiblingFacts {
    std::string kind;  // "jobs", "agents", "sessions"
    uint64_t good = 0;
    uint64_t bad = 0;
    uint64_t unknown = 0;
    std::vector<std::string> bad_names;  // at most 10
    std::vector<std::string>
        sharing;  // those of the bad that share a source, provider or channel: "source openclaw/main"
};

// A provider, source, channel or other thing the work depends on.
struct DependencyFact {
    std::string kind;  // "route", "provider", "source", "channel", "api"
    std::string name;
    enum class Health : uint8_t { kGood, kDegraded, kDown, kUnknown };
    Health health = Health::kUnknown;
    std::string says;  // "404 for 48 h", "breaker open for 12 s"
    std::optional<Time> since;
    bool has_alternative = false;  // another way to the same end works
    std::string alternative;       // which: "groq answers 99 % of the last 200 calls"
    bool is_its_own = false;       // the subject is known to use it; the others are there for all
};

// The session or agent that the alert is about, as the fleet sees it.
struct ActivityFacts {
    std::string agent;
    std::string session;
    std::string state;  // of the fleet: working, idle, looping, failed, stalled, ...
    std::string why;
    std::optional<Time> since;
    std::optional<Time> last_event;
    uint64_t tokens = 0;
    int64_t cost_nano_usd = 0;
    uint64_t tokens_last_minutes = 0;  // in the last 10 minutes
    uint64_t errors = 0;
    bool is_loop = false;
    std::string loop;  // the detector's words
    bool can_abort = false;
};

// Whether we are able to see at all.
struct OwnFacts {
    struct Failing {
        std::string part;
        std::string message;
        std::optional<Time> since;
    };
    std::vector<Failing> failing;  // of Nightshift's own parts
    bool is_behind = false;        // the picture is older than the events
    // The thing the alert listens to: the source that fell silent, the file that was not written.
    std::string source;
    bool is_judged_silent = false;  // a rule that listens to it says that it is silent
    std::optional<bool> is_source_reachable;
    std::optional<Time> source_last_event;
    std::optional<Time> subject_last_event_elsewhere;  // the same subject was heard of from another source
};

// Something that was changed not long ago.
struct ChangeFact {
    Time at;
    std::string what;  // "configuration reloaded", "job molt-morning changed", "nightshift started"
    std::string who;
    std::string about{};      // "job:molt-morning": concerns that subject only; "": everything
    bool is_restart = false;  // of Nightshift itself: seldom a cause, and never one that others share
};

struct ResourceFacts {
    uint64_t disk_free_bytes = 0;
    uint64_t disk_total_bytes = 0;
    uint64_t memory_available_bytes = 0;
    uint64_t memory_total_bytes = 0;
    double load_per_core = 0;
    uint64_t own_memory_bytes = 0;
};

// Everything, for one subject. `at` is when gathering began.
struct Facts {
    Subject subject;
    Labels labels;      // of the alert
    std::string alert;  // its summary
    Time alert_started;
    Time at;
    std::optional<JobFacts> job;
    std::optional<std::vector<ReceiptFact>> receipts;
    std::optional<std::vector<SiblingFacts>> siblings;
    std::optional<std::vector<DependencyFact>> dependencies;
    std::optional<ActivityFacts> activity;
    std::optional<OwnFacts> own;
    std::optional<std::vector<ChangeFact>> changes;  // newest first, of the last 24 hours
    std::optional<ResourceFacts> resources;
    std::vector<std::string> late;  // the parts that did not come in time: "receipts", "siblings"
};

}  // namespace nightshift::incidents
