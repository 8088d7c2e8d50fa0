#include <fmt/format.h>

#include <algorithm>

#include "jobs/engine.h"
#include "jobs/engine_state.h"
#include "jobs/fill.h"
#include "jobs/judge.h"
#include "jobs/retry.h"
#include "jobs/words.h"

// From the claim to the verdict.
namespace nightshift::jobs {
namespace {

// A delivery that is still under way keeps the verdict open at most so long.
constexpr std::chrono::seconds kDeliveryWait{300};
constexpr std::chrono::seconds kLooksApart{2};  // doubled with each look
constexpr std::chrono::seconds kLooksApartMax{60};
constexpr std::chrono::seconds kCollectMax{600};  // no answer to a collection for so long: look again
// The ledger refused or could not write: try again soon.
constexpr std::chrono::seconds kCommitAgain{5};

std::vector<DeliveryWish> wishes(const Job& job, const Occurrence& occurrence, const Execution& execution) {
    std::vector<DeliveryWish> all;
    for (size_t i = 0; i < job.deliveries.size(); ++i) {
        const DeliverySpec& spec = job.deliveries[i];
        all.push_back({fmt::format("{}#{}", occurrence_id(occurrence.key), i), spec.channel,
                       fill(spec.subject, occurrence, execution), fill(spec.text, occurrence, execution)});
    }
    return all;
}

// The last time at which evidence for what does not hold yet may appear.
Time verify_until(const Job& job, const Observed& seen, Time ended) {
    Time until = ended;
    for (const Expectation& expectation : job.expectations) {
        if (expectation.impact == Impact::kEnhancement) continue;
        std::vector<const Evidence*> paths;
        for (const Evidence& each : seen.evidence) {
            if (each.expectation == expectation.name) paths.push_back(&each);
        }
        if (outcome_of(paths) != Outcome::kHolds) until = std::max<Time>(until, ended + expectation.within);
    }
    if (!seen.deliveries_are_settled) until = std::max<Time>(until, ended + kDeliveryWait);
    return until;
}

}  // namespace

void Engine::committed(uint64_t id, const Result<void>& result, Time now, Effects& effects) {
    auto found = pending_.find(id);
    if (found == pending_.end()) return;
    Pending pending = std::move(found->second);
    pending_.erase(found);
    if (pending.kind == Pending::Kind::kPlan) return on_plan_committed(pending, result, now);
    Live* live = find(pending.key);
    if (live == nullptr) return;
    live->is_committing = false;
    effects.changed.push_back(pending.key);
    if (result) return advance(*live, pending, now, effects);
    if (result.error().code == Code::kConflict) {
        // Somebody else holds it: the ledger is the truth, and this memory of it is not.
        ++refused_total_;
        return drop(*live);
    }
    live->unwritten = std::move(pending);
    set_alarm(*live, now + kCommitAgain);
}

// The transition is durable: what it allowed may happen.
void Engine::advance(Live& live, const Pending& pending, Time now, Effects& effects) {
    switch (pending.kind) {
        case Pending::Kind::kPlan:
            return;
        case Pending::Kind::kClaim:
            set_phase(live, Phase::kRunning);
            set_alarm(live, now + live.job->timeout);
            effects.starts.push_back(
                {live.occurrence.key, live.occurrence.fence, live.occurrence.attempt, live.job, false});
            return;
        case Pending::Kind::kStart:
            set_phase(live, Phase::kRunning);
            set_alarm(live, now + live.job->timeout);
            return;
        case Pending::Kind::kEnd:
            set_phase(live, pending.next);
            if (pending.next == Phase::kWaiting) {
                set_alarm(live, pending.next_attempt);
            } else {
                verify(live, now, effects);
            }
            return start_waiting(now, effects);
        case Pending::Kind::kDecide:
            if (live.is_catch_up) catch_up_spent_ += live.occurrence.cost_nano_usd;
            drop(live);
            return start_waiting(now, effects);
    }
}

void Engine::never_started(const OccurrenceKey& key, Fence fence, Time now, Effects& effects) {
    Live* live = find_with(key, fence);
    if (live == nullptr || live->is_committing) return;
    bool is_too_late = now - live->occurrence.start > live->job->catch_up_max_lateness + kOnTime;
    if (is_too_late)
        return decide(*live, Verdict::kMissed, "it was claimed, but never started before its time ran out",
                      now, effects);
    set_alarm(*live, now + live->job->timeout);
    effects.starts.push_back({key, fence, live->occurrence.attempt, live->job, false});
}

void Engine::run_ended(const OccurrenceKey& key, Fence fence, const Execution& execution, Time now,
                       Effects& effects) {
    Live* live = find_with(key, fence);
    if (live == nullptr) return;
    bool is_running = live->occurrence.phase == Phase::kRunning || live->occurrence.phase == Phase::kClaimed;
    if (live->is_committing || !is_running || live->unwritten) return;
    live->execution = execution;
    live->is_stopping = false;
    Occurrence& occurrence = live->occurrence;
    occurrence.ended = execution.ended;
    occurrence.summary = execution.summary;
    occurrence.tokens += execution.tokens;
    occurrence.cost_nano_usd += execution.cost_nano_usd;
    EndRun end{.key = key, .fence = fence, .attempt = occurrence.attempt, .execution = execution};
    std::optional<Time> again;
    if (live->replaced_by.empty()) again = retry_at(*live->job, execution, occurrence.attempt, now, random_);
    if (again) {
        end.next = Phase::kWaiting;
        end.next_attempt = *again;
        occurrence.next_attempt = *again;
        occurrence.why = end.why =
            fmt::format("attempt {} did not succeed; the next one comes at {}", occurrence.attempt,
                        words(std::chrono::floor<seconds>(*again)));
    } else if (execution.succeeded() && !execution.was_silent) {
        end.deliveries = wishes(*live->job, occurrence, execution);
    }
    live->verify_until = now;
    live->looks = 0;
    Pending pending{.kind = Pending::Kind::kEnd, .next = end.next, .next_attempt = end.next_attempt};
    std::vector<Transition> transitions;
    transitions.emplace_back(std::move(end));
    commit(live, std::move(pending), std::move(transitions), effects);
}

// --- evidence ---

void Engine::verify(Live& live, Time now, Effects& effects) {
    if (live.is_committing) return;
    live.is_collecting = true;
    ++live.looks;
    set_alarm(live, now + kCollectMax);
    effects.collects.push_back(
        {live.occurrence.key, live.occurrence.fence, live.occurrence.attempt, live.job, live.execution});
}

void Engine::observed(const OccurrenceKey& key, Fence fence, Observed seen, Time now, Effects& effects) {
    Live* live = find_with(key, fence);
    if (live == nullptr || !live->is_collecting || live->is_committing) return;
    live->is_collecting = false;
    Time ended = live->occurrence.ended.value_or(live->verify_until);
    Time until = verify_until(*live->job, seen, ended);
    if (now < until) {
        live->occurrence.why =
            fmt::format("waits for evidence until {}", words(std::chrono::floor<seconds>(until)));
        auto apart =
            std::min<std::chrono::seconds>(kLooksApart * (1 << std::min(live->looks, 6u)), kLooksApartMax);
        set_alarm(*live, std::min<Time>(now + apart, until));
        effects.changed.push_back(key);
        return;
    }
    Case work{
        *live->job, key.nominal, now, live->execution, std::move(seen.claims), std::move(seen.evidence)};
    Judgment judgment = judge(work);
    if (judgment.verdict == Verdict::kMissed && key.nominal < listening_since_) {
        judgment = {Verdict::kUnverified,
                    fmt::format("no word came, but before {} nobody was here to hear one",
                                words(std::chrono::floor<seconds>(listening_since_))),
                    ""};
    }
    bool is_undone = judgment.verdict == Verdict::kFailed || judgment.verdict == Verdict::kUnverified ||
                     judgment.verdict == Verdict::kContradicted;
    if (!live->replaced_by.empty() && is_undone)
        judgment = {Verdict::kSkipped,
                    fmt::format("stopped for {}, as its overlap policy says", live->replaced_by), ""};
    decide(*live, judgment, std::move(work.evidence), now, effects);
}

void Engine::delivery_settled(const OccurrenceKey& key, Time now, Effects& effects) {
    Live* live = find(key);
    if (live == nullptr || live->occurrence.phase != Phase::kVerifying) return;
    if (live->is_collecting || live->is_committing || live->unwritten) return;
    verify(*live, now, effects);
}

void Engine::decide(Live& live, const Judgment& judgment, std::vector<Evidence> evidence, Time now,
                    Effects& effects) {
    if (live.is_committing) return;
    Decide decide;
    decide.key = live.occurrence.key;
    decide.fence = live.occurrence.fence;
    decide.verdict = judgment.verdict;
    decide.why = judgment.why;
    decide.warning = judgment.warning;
    decide.decided = now;
    decide.evidence = std::move(evidence);
    live.is_collecting = false;
    std::vector<Transition> transitions;
    transitions.emplace_back(std::move(decide));
    commit(&live, {.kind = Pending::Kind::kDecide}, std::move(transitions), effects);
}

void Engine::decide(Live& live, Verdict verdict, std::string why, Time now, Effects& effects) {
    decide(live, Judgment{verdict, std::move(why), ""}, {}, now, effects);
}

}  // namespace nightshift::jobs
