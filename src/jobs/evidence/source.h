#pragma once

#include <boost/json/fwd.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "io/pool.h"
#include "io/task.h"
#include "jobs/types.h"

namespace nightshift::recorder {
class Recorder;
}

namespace nightshift::jobs {

// What was seen when a source of evidence was asked.
struct Observation {
    Outcome outcome = Outcome::kUnknown;
    std::string observed;  // what was there, for people: "4 rows, newest 03:02:11"; redacted, at most
                           // kObservedBytesMax
    std::string observer;  // who holds it: "file system", "api.example.com", "telegram", "exit status"
    // The number the condition was about, for the job's own history. Set whenever it was seen, also when the
    // outcome is unknown because the history is still too short.
    std::optional<double> value;
    bool is_claimants_word = false;  // only the process that did the work says so: supports, but never proves
    Time time;
};

constexpr size_t kObservedBytesMax = 1024;

// One settled delivery of an occurrence, as the delivery room knows it.
struct DeliveryFact {
    std::string channel;
    std::string state;       // "delivered", "unknown", "failed", "queued", "sending"
    std::string provider;    // "telegram"
    std::string identifier;  // the provider's id of the message; empty: no proof
    Time time;
};

// The work that evidence is about. Views and pointers outlive the collection.
struct Work {
    std::string tenant;
    std::string job;
    std::string occurrence;
    Time nominal;
    Execution execution;
    std::string folder;    // the job's working folder; relative paths start there
    std::string baseline;  // what baseline() of the same source returned before the start
    std::vector<DeliveryFact> deliveries;
    // Earlier values of this expectation of this job, newest first, at most 100: "the job's own history".
    std::vector<double> history;
};

// What sources need to look. All of it outlives the pool's jobs: a look that took too long is left behind
// there and ends alone.
struct Instruments {
    const Clock& clock;
    io::Pool& pool;                             // for files and databases
    const recorder::Recorder* recorder;         // null: there is none (tests)
    std::chrono::milliseconds timeout{10'000};  // of one collection; a probe that hangs ends as unknown
    // The value of an environment variable, for ${NAME} in headers and connection strings.
    std::function<std::optional<std::string>(const std::string&)> environment;
};

// One kind of evidence with its condition: "http", "file", ... Immutable after parsing. Nightshift collects
// it, not the process whose work it is about.
class EvidenceSource {
public:
    virtual ~EvidenceSource() = default;
    virtual std::string_view kind() const = 0;
    // One line for people: "https://… answers $.status == \"done\"". Without secrets.
    virtual std::string describe() const = 0;
    // What is there before the work starts, for conditions about change: at most a few kilobytes of ASCII to
    // keep with the occurrence, empty when it does not matter or could not be seen.
    virtual Task<std::string> baseline(const Work& work, const Instruments& instruments) const;
    // Never fails: what cannot be observed is Outcome::kUnknown with the reason in `observed`. Comes back
    // soon after Instruments::timeout at the latest. Throws only when the caller is cancelled. Runs on the
    // caller's loop, and blocks it never; `work`, `instruments` and the source must live until it returns.
    virtual Task<Observation> collect(const Work& work, const Instruments& instruments) const = 0;
};

// From one entry of a job's `expect` without the expectation's own members: {"exit_code": 0}, exactly one
// source. kInvalid names the key, what it said and what is allowed. docs/expectations.md lists all keys.
Result<std::shared_ptr<const EvidenceSource>> parse_source(const boost::json::object& entry);

}  // namespace nightshift::jobs
