#include "jobs/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "jobs/engine_state.h"
#include "jobs/words.h"

namespace nightshift::jobs {
namespace {

// A run's end is awaited so long after its timeout; then it counts as lost.
constexpr std::chrono::seconds kLeaseSlack{120};
constexpr size_t kWaitingLooksMax = 256;
constexpr std::chrono::seconds kLookAtWaiting{30};

bool is_in_flight(Phase phase) {
    return phase == Phase::kClaimed || phase == Phase::kRunning || phase == Phase::kWaiting;
}

}  // namespace

Engine::Engine(EngineOptions options) : options_(options), random_(options.seed) {}
Engine::~Engine() = default;

// --- bookkeeping ---

Engine::Live* Engine::find(const OccurrenceKey& key) const {
    auto state = jobs_.find({key.tenant, key.job});
    if (state == jobs_.end()) return nullptr;
    auto live = state->second->open.find(key.nominal);
    return live == state->second->open.end() ? nullptr : live->second.get();
}

Engine::Live* Engine::find_with(const OccurrenceKey& key, Fence fence) {
    Live* live = find(key);
    if (live != nullptr && live->occurrence.fence == fence) return live;
    ++stale_total_;
    return nullptr;
}

Engine::Live& Engine::add(JobState& state, Occurrence occurrence) {
    auto live = std::make_unique<Live>();
    live->order = next_order_++;
    live->state = &state;
    live->job = state.job;
    Phase phase = occurrence.phase;
    occurrence.phase = Phase::kPlanned;
    live->occurrence = std::move(occurrence);
    Live& added = *live;
    state.open[added.occurrence.key.nominal] = std::move(live);
    set_phase(added, phase);
    return added;
}

void Engine::drop(Live& live) {
    clear_alarm(live);
    set_phase(live, Phase::kDone);
    if (live.is_waiting) {
        waiting_.erase({live.occurrence.start, live.occurrence.key});
        --live.state->waiting;
    }
    live.state->open.erase(live.occurrence.key.nominal);
}

void Engine::set_phase(Live& live, Phase phase) {
    bool was = is_in_flight(live.occurrence.phase);
    bool is = is_in_flight(phase);
    live.occurrence.phase = phase;
    if (was == is) return;
    uint32_t change = is ? 1 : uint32_t(-1);
    live.state->in_flight += change;
    if (!live.job->is_watched()) in_flight_ += change;
    if (!live.job->concurrency_group.empty()) group_in_flight_[live.job->concurrency_group] += change;
    if (live.is_catch_up) catch_ups_in_flight_ += change;
}

void Engine::set_alarm(Live& live, Time at) {
    clear_alarm(live);
    live.alarm = at;
    alarms_[{at, live.order}] = &live;
}

void Engine::clear_alarm(Live& live) {
    if (live.alarm) alarms_.erase({*live.alarm, live.order});
    live.alarm.reset();
}

void Engine::commit(Live* live, Pending pending, std::vector<Transition> transitions, Effects& effects) {
    uint64_t id = next_commit_++;
    if (live != nullptr) {
        NS_ASSERT(!live->is_committing);
        live->is_committing = true;
        live->commit = id;
        clear_alarm(*live);
        pending.key = live->occurrence.key;
    }
    pending.transitions = std::make_shared<const std::vector<Transition>>(std::move(transitions));
    effects.commits.push_back({id, pending.transitions});
    pending_[id] = std::move(pending);
}

void Engine::commit_again(Live& live, Effects& effects) {
    uint64_t id = next_commit_++;
    live.is_committing = true;
    live.commit = id;
    effects.commits.push_back({id, live.unwritten->transitions});
    pending_[id] = std::move(*live.unwritten);
    live.unwritten.reset();
}

// --- jobs ---

void Engine::put_job(JobPtr job, const JobRecord& record, Time now) {
    auto& state = jobs_[{job->tenant, job->name}];
    if (!state) {
        state = std::make_unique<JobState>();
        state->order = next_order_++;
    }
    bool is_changed = state->job && state->job->revision != job->revision;
    if (is_changed) {
        // The ledger took back what was planned ahead by the old definition.
        std::vector<Live*> taken;
        for (auto& [nominal, live] : state->open) {
            if (nominal > now && live->occurrence.phase == Phase::kPlanned && !live->is_committing &&
                live->occurrence.trigger == Trigger::kSchedule) {
                taken.push_back(live.get());
            }
        }
        for (Live* each : taken) drop(*each);
    }
    state->job = std::move(job);
    state->is_removed = false;
    state->planned_until = record.planned_until;
    state->is_paused = record.is_paused;
    state->paused_why = record.paused_why;
    if (state->plan_at) plans_.erase({*state->plan_at, state->order});
    state->plan_at.reset();
    if (state->job->is_planned_ahead()) plan_at(*state, now);
}

void Engine::remove_job(const std::string& tenant, const std::string& name) {
    auto found = jobs_.find({tenant, name});
    if (found == jobs_.end()) return;
    JobState& state = *found->second;
    state.is_removed = true;
    if (state.plan_at) plans_.erase({*state.plan_at, state.order});
    state.plan_at.reset();
    std::vector<Live*> planned;
    bool has_running = false;
    for (auto& [nominal, live] : state.open) {
        bool is_ahead = live->occurrence.phase == Phase::kPlanned && !live->is_committing;
        if (is_ahead) planned.push_back(live.get());
        has_running = has_running || !is_ahead;
    }
    for (Live* each : planned) drop(*each);
    // What runs comes to its verdict; the state goes with the last of it at the next restart.
    if (!has_running) jobs_.erase(found);
}

void Engine::set_paused(const std::string& tenant, const std::string& name, bool is_paused, std::string why) {
    auto found = jobs_.find({tenant, name});
    if (found == jobs_.end()) return;
    found->second->is_paused = is_paused;
    found->second->paused_why = std::move(why);
}

void Engine::restore(std::vector<JobPtr> jobs, const std::vector<JobRecord>& records,
                     std::vector<Unfinished> open, Fence fence, Time now, Effects& effects) {
    fence_ = fence;
    listening_since_ = now;
    std::map<JobName, const JobRecord*> known;
    for (const JobRecord& record : records) known[{record.tenant, record.name}] = &record;
    for (JobPtr& job : jobs) {
        auto record = known.find({job->tenant, job->name});
        if (record != known.end()) put_job(job, *record->second, now);
    }
    for (Unfinished& each : open) {
        auto state = jobs_.find({each.occurrence.key.tenant, each.occurrence.key.job});
        if (state == jobs_.end()) continue;
        Live& live = add(*state->second, std::move(each.occurrence));
        if (each.run) live.execution = each.run->execution;
        begin(live, now, effects);
    }
}

// Goes on with an occurrence as the ledger left it.
void Engine::begin(Live& live, Time now, Effects& effects) {
    Occurrence& occurrence = live.occurrence;
    switch (occurrence.phase) {
        case Phase::kPlanned:
            set_alarm(live, live.job->is_watched() ? occurrence.start + live.job->grace : occurrence.start);
            return;
        case Phase::kClaimed:
        case Phase::kRunning: {
            set_phase(live, Phase::kRunning);
            if (live.job->is_watched()) return set_alarm(live, std::max(occurrence.lease_until, now));
            set_alarm(live, std::max(occurrence.lease_until - kLeaseSlack, now));
            effects.starts.push_back({occurrence.key, occurrence.fence, occurrence.attempt, live.job, true});
            return;
        }
        case Phase::kWaiting:
            set_alarm(live, occurrence.next_attempt);
            return;
        case Phase::kVerifying:
            verify(live, now, effects);
            return;
        case Phase::kDone:
            return;
    }
}

// --- time ---

Time Engine::next_due() const {
    Time next = Time::max();
    if (!alarms_.empty()) next = std::min(next, alarms_.begin()->first.first);
    if (!plans_.empty()) next = std::min(next, plans_.begin()->first.first);
    if (!waiting_.empty()) next = std::min(next, look_at_waiting_);
    return next;
}

void Engine::step(Time now, Effects& effects) {
    act_on_due(now, effects);
    start_waiting(now, effects);
    // The end of a run looks at them too; this is for those whose wait itself grows too long.
    look_at_waiting_ = next_catch_up_ > now ? next_catch_up_ : now + kLookAtWaiting;
    plan_due(now, effects);
}

void Engine::act_on_due(Time now, Effects& effects) {
    // First starts by job: when one of them is overdue, the policy decides about all that are due, once the
    // gap they lie in is planned to its end.
    struct Due {
        JobState* state = nullptr;
        std::vector<Live*> lives;
        bool is_overdue = false;
    };
    std::map<uint64_t, Due> due;
    while (!alarms_.empty() && alarms_.begin()->first.first <= now) {
        Live& live = *alarms_.begin()->second;
        clear_alarm(live);
        bool is_first_start =
            live.occurrence.phase == Phase::kPlanned && !live.job->is_watched() && !live.unwritten;
        if (!is_first_start) {
            on_time_up(live, now, effects);
            continue;
        }
        Due& each = due[live.state->order];
        each.state = live.state;
        each.lives.push_back(&live);
        each.is_overdue = each.is_overdue || now - live.occurrence.start > kOnTime;
    }
    for (auto& [order, each] : due) {
        if (!each.is_overdue) {
            for (Live* live : each.lives) on_time_up(*live, now, effects);
        } else if (is_plan_behind(*each.state, now)) {
            for (Live* live : each.lives) live->is_postponed = true;
        } else {
            catch_up_spent_ = 0;
            catch_up_overdue(*each.state, std::move(each.lives), now, effects);
        }
    }
}

void Engine::catch_up_overdue(JobState& state, std::vector<Live*> lives, Time now, Effects& effects) {
    std::sort(lives.begin(), lives.end(), [](const Live* a, const Live* b) {
        return a->occurrence.key.nominal < b->occurrence.key.nominal;
    });
    std::vector<Occurrence> rows;
    for (const Live* live : lives) rows.push_back(live->occurrence);
    std::vector<Overdue> decided = catch_up(*state.job, rows, now);
    for (size_t i = 0; i < lives.size(); ++i) {
        Live& live = *lives[i];
        if (!decided[i].runs) {
            decide(live, Verdict::kMissed, decided[i].why, now, effects);
            continue;
        }
        live.is_catch_up = true;
        if (!decided[i].why.empty()) {
            std::string& note = live.occurrence.note;
            note += (note.empty() ? "" : "; ") + decided[i].why;
        }
        live.is_waiting = true;
        ++state.waiting;
        live.occurrence.why = "waits to be caught up";
        waiting_[{live.occurrence.start, live.occurrence.key}] = &live;
        effects.changed.push_back(live.occurrence.key);
    }
}

// The alarm of an occurrence rang.
void Engine::on_time_up(Live& live, Time now, Effects& effects) {
    if (live.unwritten) return commit_again(live, effects);
    switch (live.occurrence.phase) {
        case Phase::kPlanned:
            if (!live.job->is_watched()) return try_start(live, now, effects);
            if (Surroundings around = surroundings_of(live, now); around.is_paused)
                return decide(live, Verdict::kSkipped, admit(*live.job, around).why, now, effects);
            // No word came in time; the evidence may still say that the work was done.
            live.verify_until = now;
            return verify(live, now, effects);
        case Phase::kWaiting:
            return claim(live, now, effects);
        case Phase::kClaimed:
        case Phase::kRunning: {
            if (!live.is_stopping && !live.job->is_watched()) {
                live.is_stopping = true;
                effects.stops.push_back({live.occurrence.key, live.occurrence.fence, true});
                set_alarm(live, now + kLeaseSlack);
                return;
            }
            Execution lost;
            lost.started = live.occurrence.started.value_or(now);
            lost.ended = now;
            // The last word of watched work may have come while nobody was here to hear it.
            bool may_have_ended = live.job->is_watched() && lost.started < listening_since_;
            lost.lost = !live.job->is_watched() || may_have_ended;
            lost.timed_out = !lost.lost;
            return run_ended(live.occurrence.key, live.occurrence.fence, lost, now, effects);
        }
        case Phase::kVerifying:
            return verify(live, now, effects);
        case Phase::kDone:
            return;
    }
}

// --- starting ---

Surroundings Engine::surroundings_of(const Live& live, Time now) const {
    const JobState& state = *live.state;
    Surroundings around;
    around.job_in_flight = state.in_flight;
    around.job_queued = state.waiting - (live.is_waiting ? 1 : 0);
    for (const auto& [nominal, other] : state.open) {
        if (!is_in_flight(other->occurrence.phase)) continue;
        around.running_since = words(nominal);
        break;
    }
    auto group = group_in_flight_.find(live.job->concurrency_group);
    if (group != group_in_flight_.end()) around.group_in_flight = group->second;
    around.is_paused =
        (state.is_paused || live.job->is_paused) && live.occurrence.trigger == Trigger::kSchedule;
    around.paused_why = state.is_paused ? state.paused_why : "by its configuration";
    around.is_catch_up = live.is_catch_up;
    around.catch_ups_in_flight = catch_ups_in_flight_ + (next_catch_up_ > now ? options_.catch_ups_max : 0);
    around.catch_ups_max = options_.catch_ups_max;
    around.is_catch_up_budget_spent =
        options_.catch_up_budget_nano_usd > 0 && catch_up_spent_ >= options_.catch_up_budget_nano_usd;
    around.runs_in_flight = in_flight_;
    around.runs_max = options_.runs_max;
    return around;
}

void Engine::try_start(Live& live, Time now, Effects& effects) {
    if (live.is_committing) return;
    Admission admission = admit(*live.job, surroundings_of(live, now));
    bool is_waiting = admission.kind == Admission::Kind::kWait || admission.kind == Admission::Kind::kReplace;
    if (live.is_waiting && !is_waiting) {
        waiting_.erase({live.occurrence.start, live.occurrence.key});
        live.is_waiting = false;
        --live.state->waiting;
    }
    switch (admission.kind) {
        case Admission::Kind::kStart:
            if (live.is_catch_up) next_catch_up_ = now + options_.catch_up_spacing;
            return claim(live, now, effects);
        case Admission::Kind::kSkip:
            return decide(live, Verdict::kSkipped, admission.why, now, effects);
        case Admission::Kind::kReplace:
            for (auto& [nominal, other] : live.state->open) {
                if (!is_in_flight(other->occurrence.phase) || other->is_stopping) continue;
                other->is_stopping = true;
                other->replaced_by = occurrence_id(live.occurrence.key);
                effects.stops.push_back({other->occurrence.key, other->occurrence.fence, false});
            }
            break;
        case Admission::Kind::kWait:
            break;
    }
    live.occurrence.why = admission.why;
    if (live.is_waiting) return;
    live.is_waiting = true;
    ++live.state->waiting;
    waiting_[{live.occurrence.start, live.occurrence.key}] = &live;
    effects.changed.push_back(live.occurrence.key);
}

void Engine::start_waiting(Time now, Effects& effects) {
    size_t looks = 0;
    for (auto each = waiting_.begin(); each != waiting_.end() && looks < kWaitingLooksMax; ++looks) {
        Live& live = *each->second;
        ++each;  // try_start may take it out
        if (options_.runs_max > 0 && in_flight_ >= options_.runs_max) return;
        if (now - live.occurrence.start > live.job->catch_up_max_lateness + kOnTime) {
            decide(live, Verdict::kMissed,
                   fmt::format("its turn did not come within {}: {}", words(live.job->catch_up_max_lateness),
                               live.occurrence.why),
                   now, effects);
            continue;
        }
        try_start(live, now, effects);
    }
}

void Engine::claim(Live& live, Time now, Effects& effects) {
    if (live.is_committing) return;
    ClaimRun claim;
    claim.key = live.occurrence.key;
    claim.from = live.occurrence.phase;
    claim.fence = ++fence_;
    claim.attempt = live.occurrence.attempt + 1;
    claim.claimed = now;
    claim.lease_until = now + live.job->timeout + kLeaseSlack;
    claim.note = live.occurrence.note;
    live.occurrence.fence = claim.fence;
    live.occurrence.attempt = claim.attempt;
    live.occurrence.lease_until = claim.lease_until;
    if (!live.occurrence.started) live.occurrence.started = now;
    set_phase(live, Phase::kClaimed);
    std::vector<Transition> transitions;
    transitions.emplace_back(std::move(claim));
    commit(&live, {.kind = Pending::Kind::kClaim}, std::move(transitions), effects);
}

// --- what is asked ---

EngineStats Engine::stats() const {
    EngineStats stats;
    stats.jobs = jobs_.size();
    for (const auto& [name, state] : jobs_) stats.open += state->open.size();
    stats.waiting = waiting_.size();
    stats.in_flight = in_flight_;
    stats.commits_pending = pending_.size();
    stats.stale_total = stale_total_;
    stats.refused_total = refused_total_;
    stats.next = next_due();
    return stats;
}

JobPtr Engine::job(const std::string& tenant, const std::string& name) const {
    auto found = jobs_.find({tenant, name});
    return found == jobs_.end() || found->second->is_removed ? nullptr : found->second->job;
}

std::vector<JobPtr> Engine::jobs() const {
    std::vector<JobPtr> all;
    for (const auto& [name, state] : jobs_) {
        if (!state->is_removed) all.push_back(state->job);
    }
    return all;
}

std::optional<Occurrence> Engine::open(const OccurrenceKey& key) const {
    const Live* live = find(key);
    if (live == nullptr) return std::nullopt;
    return live->occurrence;
}

std::optional<Occurrence> Engine::running(const std::string& tenant, const std::string& name) const {
    auto found = jobs_.find({tenant, name});
    if (found == jobs_.end()) return std::nullopt;
    for (const auto& [nominal, live] : found->second->open) {
        if (live->occurrence.phase != Phase::kPlanned) return live->occurrence;
    }
    return std::nullopt;
}

std::optional<std::string> Engine::paused(const std::string& tenant, const std::string& name) const {
    auto found = jobs_.find({tenant, name});
    if (found == jobs_.end()) return std::nullopt;
    const JobState& state = *found->second;
    if (state.is_paused) return state.paused_why;
    if (state.job->is_paused) return "by its configuration";
    return std::nullopt;
}

std::optional<Time> Engine::next_start(const std::string& tenant, const std::string& name) const {
    auto found = jobs_.find({tenant, name});
    if (found == jobs_.end()) return std::nullopt;
    for (const auto& [nominal, live] : found->second->open) {
        if (live->occurrence.phase == Phase::kPlanned) return live->occurrence.start;
    }
    return std::nullopt;
}

}  // namespace nightshift::jobs
