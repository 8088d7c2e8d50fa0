#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "jobs/engine.h"
#include "jobs/engine_state.h"
#include "jobs/words.h"

// What is written ahead: by schedules, by people and by events.
namespace nightshift::jobs {
namespace {

constexpr std::chrono::seconds kPlanAgain{5};  // after the ledger could not be written

}  // namespace

void Engine::plan_due(Time now, Effects& effects) {
    for (size_t i = 0; i < options_.plans_per_step && !plans_.empty() && plans_.begin()->first.first <= now;
         ++i) {
        JobState& state = *plans_.begin()->second;
        plans_.erase(plans_.begin());
        state.plan_at.reset();
        if (state.is_planning) continue;
        Plan plan = plan_ahead({*state.job, state.planned_until, now, options_.horizon});
        if (plan.planned_until == state.planned_until) {
            // Enough is planned, as after a restart or when the clock went back; or nothing comes any more.
            if (state.job->schedule->next(state.planned_until))
                plan_later(state, now + std::chrono::seconds(1));
            continue;
        }
        state.is_planning = true;
        Pending pending{.kind = Pending::Kind::kPlan, .key = {plan.tenant, plan.job, {}}};
        pending.planned = plan.occurrences;
        pending.planned_until = plan.planned_until;
        std::vector<Transition> transitions;
        transitions.emplace_back(std::move(plan));
        commit(nullptr, std::move(pending), std::move(transitions), effects);
    }
}

void Engine::on_plan_committed(Pending& pending, const Result<void>& result, Time now) {
    auto found = jobs_.find({pending.key.tenant, pending.key.job});
    if (found == jobs_.end()) return;
    JobState& state = *found->second;
    state.is_planning = false;
    // What an event asked for is asked for again by the next one of its time.
    if (!result) {
        for (const Occurrence& each : pending.planned) state.event_times.erase(each.key.nominal);
    }
    if (result) {
        state.planned_until = std::max(state.planned_until, pending.planned_until);
        for (Occurrence& occurrence : pending.planned) {
            if (occurrence.verdict || state.open.contains(occurrence.key.nominal)) continue;
            Effects none;
            begin(add(state, std::move(occurrence)), now, none);
        }
    }
    if (!is_plan_behind(state, now)) {
        for (auto& [nominal, live] : state.open) {
            if (std::exchange(live->is_postponed, false)) set_alarm(*live, now);
        }
    }
    plan_later(state, now + (result ? std::chrono::seconds(0) : kPlanAgain));
}

// When the plan runs short: between half the horizon and all of it before its end, so that the jobs of one
// minute do not plan in one second. Not before `earliest`.
void Engine::plan_later(JobState& state, Time earliest) {
    if (state.plan_at || state.is_removed || !state.job->is_planned_ahead()) return;
    auto half = options_.horizon / 2;
    auto lead = half + std::chrono::seconds(random_.below(static_cast<uint64_t>(half.count()) + 1));
    plan_at(state, std::max<Time>(state.planned_until - lead, earliest));
}

void Engine::plan_at(JobState& state, Time at) {
    state.plan_at = at;
    plans_[{at, state.order}] = &state;
}

bool Engine::is_plan_behind(const JobState& state, Time now) const {
    return state.job->is_planned_ahead() && state.planned_until <= now &&
           state.job->schedule->next(state.planned_until);
}

Result<OccurrenceKey> Engine::trigger(const std::string& tenant, const std::string& name, Trigger trigger,
                                      Time now, Effects& effects) {
    auto found = jobs_.find({tenant, name});
    if (found == jobs_.end() || found->second->is_removed)
        return fail(Code::kNotFound, "there is no job {}", name);
    JobState& state = *found->second;
    if (state.job->is_watched() && trigger != Trigger::kPing)
        return fail(Code::kInvalid, "job {} is watched: it runs elsewhere and cannot be started from here",
                    name);
    if (state.in_flight > 0 && state.job->overlap == Overlap::kSkip)
        return fail(Code::kConflict, "job {} runs already, and its overlap policy is skip", name);
    Occurrence occurrence;
    occurrence.key = {tenant, name, now};
    while (state.open.contains(occurrence.key.nominal)) occurrence.key.nominal += microseconds(1);
    occurrence.start = occurrence.key.nominal;
    occurrence.trigger = trigger;
    return plan_one(state, std::move(occurrence), effects);
}

Result<OccurrenceKey> Engine::trigger_at(const std::string& tenant, const std::string& name, Time nominal,
                                         Time now, Effects& effects) {
    auto found = jobs_.find({tenant, name});
    if (found == jobs_.end() || found->second->is_removed)
        return fail(Code::kNotFound, "there is no job {}", name);
    JobState& state = *found->second;
    Occurrence occurrence;
    occurrence.key = {tenant, name, nominal};
    if (now - nominal > state.job->catch_up_max_lateness + state.job->event_window)
        return fail(Code::kInvalid, "{} is longer ago than job {} catches up", words(nominal), name);
    if (state.open.contains(nominal) || !state.event_times.insert(nominal).second) return occurrence.key;
    if (state.event_times.size() > JobState::kEventTimesMax)
        state.event_times.erase(state.event_times.begin());
    occurrence.start = now;
    occurrence.trigger = Trigger::kEvent;
    return plan_one(state, std::move(occurrence), effects);
}

OccurrenceKey Engine::plan_one(JobState& state, Occurrence occurrence, Effects& effects) {
    occurrence.revision = state.job->revision;
    OccurrenceKey key = occurrence.key;
    Plan plan;
    plan.tenant = key.tenant;
    plan.job = key.job;
    plan.revision = state.job->revision;
    plan.planned_until = state.planned_until;
    plan.occurrences.push_back(std::move(occurrence));
    Pending pending{.kind = Pending::Kind::kPlan, .key = {key.tenant, key.job, {}}};
    pending.planned = plan.occurrences;
    pending.planned_until = state.planned_until;
    std::vector<Transition> transitions;
    transitions.emplace_back(std::move(plan));
    commit(nullptr, std::move(pending), std::move(transitions), effects);
    return key;
}

}  // namespace nightshift::jobs
