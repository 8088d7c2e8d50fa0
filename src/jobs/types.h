#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace nightshift::jobs {

// What it means for the work when an expectation does not hold.
enum class Impact : uint8_t {
    kBlocking,     // the work was not done
    kDegraded,     // done, but worse than promised: a warning
    kEnhancement,  // something around the work; never changes its verdict
};

// How an occurrence ended. Exactly one each.
enum class Verdict : uint8_t {
    kVerified,      // evidence says so
    kUnverified,    // it ended, and nobody but the claimant says anything
    kContradicted,  // somebody claims it was done, and the evidence says otherwise
    kFailed,        // it was tried and did not succeed
    kLate,          // done and verified, after its deadline
    kMissed,        // never started
    kSkipped,       // policy or a person decided against it
    kSilentOk,      // it ran, and had nothing to do or to say, as it may
};

// Where an occurrence is before its verdict.
enum class Phase : uint8_t {
    kPlanned,    // written ahead; waits for its time, or for its turn
    kClaimed,    // somebody holds the lease; the start is allowed
    kRunning,    // an attempt runs
    kWaiting,    // between two attempts
    kVerifying,  // it ended; evidence and receipts are being collected
    kDone,       // it has its verdict
};

// Why an occurrence exists.
enum class Trigger : uint8_t { kSchedule, kManual, kEvent, kPing };

// What an observation says about a condition. Unknown is never good.
enum class Outcome : uint8_t { kHolds, kFails, kUnknown };

std::string_view to_string(Impact impact);
std::string_view to_string(Verdict verdict);
std::string_view to_string(Phase phase);
std::string_view to_string(Trigger trigger);
std::string_view to_string(Outcome outcome);
std::optional<Impact> parse_impact(std::string_view text);
std::optional<Verdict> parse_verdict(std::string_view text);
std::optional<Phase> parse_phase(std::string_view text);
std::optional<Trigger> parse_trigger(std::string_view text);
std::optional<Outcome> parse_outcome(std::string_view text);

// How one attempt at an occurrence ended, as the system that ran it says: never yet a verdict.
struct Execution {
    Time started;
    Time ended;
    std::optional<int> exit_code;  // none: killed by a signal, never started, or not a process
    int signal = 0;
    bool timed_out = false;
    bool was_silent = false;  // its output matched the job's `silent_when`: it had nothing to say
    bool lost = false;  // it ran, and how it ended is not known: a crash of the machine, a killed keeper
    std::string error;  // why it could not start or be asked; empty otherwise
    std::string output_path;  // file with the captured output; empty: none
    uint64_t output_bytes = 0;
    uint64_t output_dropped_bytes = 0;  // beyond the limit
    int64_t cpu_ms = 0;
    int64_t memory_peak_bytes = 0;
    std::string summary;  // what an agent or server answered, at most kSummaryBytesMax
    uint64_t tokens = 0;
    int64_t cost_nano_usd = 0;

    bool succeeded() const {
        return error.empty() && !timed_out && !lost && signal == 0 && exit_code.value_or(0) == 0;
    }
};

constexpr size_t kSummaryBytesMax = 4096;

}  // namespace nightshift::jobs
