#pragma once

#include <chrono>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/dialects/conversation.h"

// Loops seen in the requests themselves: an agent that repeats a call, a cycle of calls, its own words, or
// the very same request. Whatever differs in its arguments is work, not a loop; whatever a person says ends
// it.
namespace nightshift::gateway {

using LoopTime = std::chrono::steady_clock::time_point;

// How far we go. Each step is taken when the evidence has grown for it, and includes the ones before.
enum class LoopAction {
    kNone,
    kObserve,   // an event
    kAnnotate,  // the score in the answer's headers, for clients that look
    kThrottle,  // the answer waits: money burns slower
    kStop,      // 429 loop_detected
};
std::string_view to_string(LoopAction action);  // "none", "observe", …

struct LoopOptions {
    LoopAction most = LoopAction::kAnnotate;  // never more than this
    std::vector<std::string>
        polls;  // tools that are asked again and again by design: a new result makes it no loop
    size_t storm_requests = 5;  // identical bodies within `storm_window` that are a storm
    std::chrono::seconds storm_window{10};
};

enum class LoopKind { kNone, kSameCall, kCycle, kSameAnswer, kStorm };
std::string_view to_string(LoopKind kind);  // "same_call", "cycle", "same_answer", "storm"

// The strongest evidence. 1 is where a loop begins; the score grows while it goes on.
struct LoopEvidence {
    LoopKind kind = LoopKind::kNone;
    double score = 0;
    size_t count = 0;       // how often it happened
    std::string signature;  // of the call; "" for answers
    std::string text;       // what is repeated, for people; not yet redacted

    bool is_loop() const { return score >= 1; }
};

// Of one conversation alone, so that it works for clients that keep no session. Never a loop when a person
// spoke last.
LoopEvidence find_loop(const Conversation& conversation, const LoopOptions& options);

// What the evidence allows.
LoopAction loop_action(const LoopEvidence& evidence, const LoopOptions& options);

// "the call look {"at":"sky"} was made 5 times with the same result": for the client and the event.
std::string explain(const LoopEvidence& evidence);

// Counts identical requests of each caller in the last seconds. Lives on one loop; at most kCallersMax
// callers, the longest idle one is forgotten.
class StormWatch {
public:
    static constexpr size_t kCallersMax = 4096;

    // `caller`: a session, else an agent. `body_hash`: hash_body(). Returns how many such requests the window
    // holds, with this one.
    size_t count(std::string_view caller, uint64_t body_hash, LoopTime now, std::chrono::seconds window);
    size_t size() const { return callers_.size(); }

private:
    struct Seen {
        uint64_t hash = 0;
        LoopTime at;
    };
    struct Recent {
        std::vector<Seen> seen;  // the last kSeenMax
        LoopTime last;
    };
    static constexpr size_t kSeenMax = 32;

    void forget_longest_idle();

    std::unordered_map<std::string, Recent> callers_;
};

uint64_t hash_body(std::string_view body);
LoopEvidence storm_evidence(size_t count, const LoopOptions& options);

}  // namespace nightshift::gateway
