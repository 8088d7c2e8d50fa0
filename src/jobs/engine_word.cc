#include <fmt/format.h>

#include <algorithm>

#include "jobs/engine.h"
#include "jobs/engine_state.h"

// What work that runs elsewhere says of itself.
namespace nightshift::jobs {
namespace {

// Clocks differ and senders jitter: a word so long before the planned time is for it.
constexpr std::chrono::seconds kEarlyMax{60};

Execution execution_of(const Word& word, Time started, Time now) {
    Execution execution;
    execution.started = word.started.value_or(started);
    execution.ended = now;
    execution.exit_code = word.exit_code;
    if (word.kind == Word::Kind::kSuccess && !word.exit_code) execution.exit_code = 0;
    if (word.kind == Word::Kind::kFailure && !word.exit_code) execution.error = "it reported a failure";
    execution.summary = word.text.substr(0, kSummaryBytesMax);
    execution.tokens = word.tokens;
    execution.cost_nano_usd = word.cost_nano_usd;
    return execution;
}

bool is_end(const Word& word) {
    return word.kind == Word::Kind::kSuccess || word.kind == Word::Kind::kFailure;
}

}  // namespace

// The open occurrence a word is about: the run it names, the one that runs, or the one whose time it is.
Engine::Live* Engine::heard_by(JobState& state, const Word& word, Time now) const {
    Live* running = nullptr;
    Live* planned = nullptr;
    for (auto& [nominal, live] : state.open) {
        Phase phase = live->occurrence.phase;
        if (word.scheduled && nominal == *word.scheduled && phase != Phase::kVerifying) return live.get();
        if (!word.run_id.empty() && live->sender_run_id == word.run_id) return live.get();
        bool is_running = phase == Phase::kClaimed || phase == Phase::kRunning;
        if (is_running && running == nullptr && (word.run_id.empty() || live->sender_run_id.empty()))
            running = live.get();
        if (phase != Phase::kPlanned || live->is_committing) continue;
        // The latest whose time has come: work that missed its turn must not take the turns after it, one by
        // one. Else the next, when it is only a little early.
        bool has_come = live->occurrence.start <= now;
        bool is_early = live->occurrence.start - std::min(state.job->grace, kEarlyMax) <= now;
        if (has_come || (is_early && planned == nullptr)) planned = live.get();
    }
    if (word.kind == Word::Kind::kNote) return running;
    if (word.kind != Word::Kind::kStart) return running != nullptr ? running : planned;
    // A second start that names no run is the first one said again.
    return planned == nullptr && word.run_id.empty() ? running : planned;
}

Result<Heard> Engine::word(const std::string& tenant, const std::string& name, const Word& word, Time now,
                           Effects& effects) {
    auto found = jobs_.find({tenant, name});
    if (found == jobs_.end() || found->second->is_removed || !found->second->job->is_watched())
        return fail(Code::kNotFound, "no job {} is watched", name);
    JobState& state = *found->second;
    if (Live* live = heard_by(state, word, now)) return hear(*live, word, {}, now, effects);
    if (word.kind == Word::Kind::kNote) return fail(Code::kNotFound, "nothing of job {} runs", name);
    // Work nobody planned: it has its own row, so that it is counted and proven like any other.
    Occurrence occurrence;
    occurrence.key = {tenant, name, now};
    while (state.open.contains(occurrence.key.nominal)) occurrence.key.nominal += microseconds(1);
    occurrence.start = occurrence.key.nominal;
    occurrence.trigger = Trigger::kPing;
    occurrence.revision = state.job->revision;
    Plan plan;
    plan.tenant = tenant;
    plan.job = name;
    plan.revision = state.job->revision;
    plan.planned_until = state.planned_until;
    plan.occurrences.push_back(occurrence);
    Live& live = add(state, std::move(occurrence));
    std::vector<Transition> before;
    before.emplace_back(std::move(plan));
    return hear(live, word, std::move(before), now, effects);
}

// Writes what the word means for `live`; `before` goes into the same transaction.
Result<Heard> Engine::hear(Live& live, const Word& word, std::vector<Transition> before, Time now,
                           Effects& effects) {
    Occurrence& occurrence = live.occurrence;
    if (word.kind == Word::Kind::kNote) return Heard{occurrence.key, std::nullopt};
    if (live.unwritten)
        return fail(Code::kUnavailable, "the ledger cannot be written now: say it again in some seconds");
    if (live.is_committing) return Heard{occurrence.key, live.commit};
    // The end, said again.
    if (occurrence.phase == Phase::kVerifying) return Heard{occurrence.key, std::nullopt};
    if (occurrence.phase == Phase::kPlanned) {
        ClaimRun claim;
        claim.key = occurrence.key;
        claim.fence = ++fence_;
        claim.attempt = 1;
        claim.claimed = now;
        claim.lease_until = now + live.job->timeout;
        claim.note = occurrence.note;
        occurrence.fence = claim.fence;
        occurrence.attempt = 1;
        occurrence.lease_until = claim.lease_until;
        occurrence.started = word.started.value_or(now);
        live.sender_run_id = word.run_id;
        before.emplace_back(std::move(claim));
        set_phase(live, Phase::kClaimed);
    }
    Pending pending{.kind = Pending::Kind::kStart};
    if (is_end(word)) {
        live.execution = execution_of(word, occurrence.started.value_or(now), now);
        occurrence.ended = now;
        occurrence.summary = live.execution->summary;
        EndRun end{.key = occurrence.key,
                   .fence = occurrence.fence,
                   .attempt = occurrence.attempt,
                   .execution = *live.execution};
        live.verify_until = now;
        before.emplace_back(std::move(end));
        pending.kind = Pending::Kind::kEnd;
    }
    if (!before.empty()) commit(&live, std::move(pending), std::move(before), effects);
    return Heard{occurrence.key, std::nullopt};
}

}  // namespace nightshift::jobs
