#include <fmt/format.h>

#include "jobs/engine.h"
#include "jobs/engine_state.h"

// What work that runs elsewhere says of itself.
namespace nightshift::jobs {
namespace {

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
        bool is_running = phase == Phase::kClaimed || phase == Phase::kRunning;
        if (is_running && !word.run_id.empty() && live->sender_run_id == word.run_id) return live.get();
        if (is_running && running == nullptr && (word.run_id.empty() || live->sender_run_id.empty()))
            running = live.get();
        bool is_its_time = live->occurrence.start - state.job->grace <= now;
        if (phase == Phase::kPlanned && is_its_time && !live->is_committing && planned == nullptr)
            planned = live.get();
    }
    if (word.kind == Word::Kind::kStart) return planned;
    if (running != nullptr || word.kind == Word::Kind::kNote) return running;
    return planned;
}

Result<OccurrenceKey> Engine::word(const std::string& tenant, const std::string& name, const Word& word,
                                   Time now, Effects& effects) {
    auto found = jobs_.find({tenant, name});
    if (found == jobs_.end() || !found->second->job->is_watched())
        return fail(Code::kNotFound, "no job {} is watched", name);
    JobState& state = *found->second;
    if (Live* live = heard_by(state, word, now)) {
        hear(*live, word, {}, now, effects);
        return live->occurrence.key;
    }
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
    hear(live, word, std::move(before), now, effects);
    return live.occurrence.key;
}

// Writes what the word means for `live`; `before` goes into the same transaction.
void Engine::hear(Live& live, const Word& word, std::vector<Transition> before, Time now, Effects& effects) {
    if (live.is_committing || live.unwritten) {
        if (live.words.size() < Live::kWordsMax) live.words.push_back(word);
        return;
    }
    Occurrence& occurrence = live.occurrence;
    bool is_first = occurrence.phase == Phase::kPlanned;
    if (is_first) {
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
    if (before.empty()) return;  // a second start, or a note
    commit(&live, std::move(pending), std::move(before), effects);
}

}  // namespace nightshift::jobs
