#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "jobs/engine.h"

namespace nightshift::jobs {

// What a commit under way is for.
struct Engine::Pending {
    enum class Kind : uint8_t { kPlan, kClaim, kStart, kEnd, kDecide };
    Kind kind = Kind::kPlan;
    OccurrenceKey key;
    std::shared_ptr<const std::vector<Transition>> transitions;
    std::vector<Occurrence> planned;
    Time planned_until;
    Phase next = Phase::kVerifying;
    Time next_attempt;
};

// An open occurrence. Its address is stable until it is dropped.
struct Engine::Live {
    uint64_t order = 0;  // of creation: what is due at one time is done in this order, in every run alike
    Occurrence occurrence;
    JobState* state = nullptr;
    JobPtr job;                  // the revision it runs with
    bool is_committing = false;  // a transition is under way: nothing else may be decided
    uint64_t commit = 0;         // the last one that was asked for
    bool is_waiting = false;     // due, and in waiting_
    bool is_postponed = false;   // due, but the gap it lies in is not planned to its end yet
    bool is_catch_up = false;
    bool is_collecting = false;
    bool is_stopping = false;
    std::string replaced_by;
    std::optional<Execution> execution;  // of the last attempt
    std::optional<Pending> unwritten;    // the ledger could not be written: this is tried again
    std::string sender_run_id;           // watched: which start the end belongs to
    Time verify_until;                   // evidence may still appear until then
    uint32_t looks = 0;                  // how often it was looked for
    std::optional<Time> alarm;
};

struct Engine::JobState {
    static constexpr size_t kEventTimesMax = 128;

    uint64_t order = 0;
    JobPtr job;
    Time planned_until;
    bool is_planning = false;
    bool is_removed = false;  // what runs comes to its verdict; nothing else happens
    bool is_paused = false;
    std::string paused_why;
    std::optional<Time> plan_at;
    uint32_t in_flight = 0;  // claimed, running, or between attempts
    uint32_t waiting = 0;
    std::map<Time, std::unique_ptr<Live>> open;  // by nominal time
    std::set<Time> event_times;                  // the newest that events asked for: each asks once
};

}  // namespace nightshift::jobs
