#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "fleet/activity.h"
#include "fleet/detect/watch.h"
#include "fleet/rhythm.h"
#include "fleet/sliding_sum.h"
#include "fleet/types.h"

namespace nightshift::fleet {

// Where a record is in the fleet's tables; reused after its record is gone.
using Slot = uint32_t;
constexpr Slot kNoSlot = UINT32_MAX;

// One conversation or task of an agent, and what is derived from its events.
struct Session {
    std::string tenant;
    std::string id;
    std::string agent;
    std::string source;        // of the newest event that says something about the state
    std::string abort_source;  // a source that can abort it, or ""
    std::string parent;
    std::string model;
    std::vector<std::string> children;
    bool simulated = false;
    int64_t started_us = 0;
    int64_t last_us = -1;
    int64_t last_error_us = -1;
    Usage usage;
    StateFact state;
    Fact tool;
    MinuteSum tokens_minute;
    Activity activity;
    Watch watch;
    std::unique_ptr<Attention> attention;  // what is shown about it now
    std::string dismissed;                 // the id and time of an attention a person has dismissed
    int64_t aborted_us = -1;               // when we last asked its source to abort it

    Slot tenant_slot = kNoSlot;
    Slot agent_slot = kNoSlot;
    uint64_t key = 0;
    bool is_changed = false;  // waits in the fleet's list of changes
};

// How long one kind of step takes an agent.
struct Step {
    uint64_t name = 0;
    GapHistogram durations;
};

struct Agent {
    std::string tenant;
    std::string id;
    std::string source;
    std::string host;
    std::string model;
    bool simulated = false;
    int64_t last_us = -1;
    Usage usage;
    StateFact state;
    Fact tool;
    MinuteSum tokens_minute;
    SixMinuteSum usd_six_minutes;
    Rhythm rhythm;
    std::vector<Step> steps;  // at most kStepsMax
    VelocityBaseline velocity;
    Activity own;  // events that belong to no session
    std::vector<Slot> sessions;
    uint32_t sessions_working = 0;
    std::unique_ptr<Attention> attention;
    std::string dismissed;

    Slot tenant_slot = kNoSlot;
    uint64_t key = 0;
    bool is_changed = false;
    bool needs_scan = true;  // a session came, went or changed its state

    static constexpr size_t kStepsMax = 32;
    // Null when the step is not known.
    const GapHistogram* step(uint64_t name) const;
    void add_step(uint64_t name, int64_t duration_us);
};

struct Tenant {
    std::string id;
    MinuteSum tokens_minute;
    MinuteSum errors_minute;
    SixMinuteSum usd_six_minutes;
    int64_t day = -1;  // UTC, since 1970
    int64_t cost_today_nano_usd = 0;
    Totals totals;
    std::map<std::string, Attention> conditions;  // set from outside: sources, the recorder
    std::set<std::string> dismissed_conditions;   // of those, hidden by a person until they pass
    bool is_changed = false;
};

}  // namespace nightshift::fleet
