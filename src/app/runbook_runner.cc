#include "app/runbook_runner.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "incidents/apply.h"
#include "incidents/runbook_store.h"
#include "io/periodic.h"

namespace nightshift::app {

namespace json = boost::json;
using incidents::Decision;
using incidents::Guard;
using incidents::Incident;
using incidents::Runbook;
using incidents::RunbookRun;
using incidents::RunState;

namespace {

constexpr std::chrono::hours kRemember{48};
constexpr size_t kRunsMax = 10'000;
constexpr size_t kToldMax = 10'000;  // beyond it, what was said may be said once more
constexpr seconds kVerifyEvery{2};

bool is_for(const Runbook& runbook, const Incident& incident) {
    return !runbook.when.matches || runbook.when.matches(incident);
}

std::string words_of(const incidents::RunbookStep& step) {
    std::string words(incidents::to_string(step.kind));
    if (!step.target.empty()) words += " " + step.target;
    return words;
}

}  // namespace

Result<std::unique_ptr<RunbookRunner>> RunbookRunner::open(Parts parts, std::vector<Runbook> runbooks) {
    std::unique_ptr<RunbookRunner> runner(new RunbookRunner(parts, std::move(runbooks)));
    Time after = parts.clock.now() - kRemember;
    std::function<Result<std::vector<RunbookRun>>(store::Database&)> look = [after](store::Database& db) {
        return incidents::select_runbook_runs(db, after);
    };
    NS_TRY(runner->runs_, parts.readers.read(look));
    return runner;
}

void RunbookRunner::start() {
    Time now = parts_.clock.now();
    for (RunbookRun& run : runs_) {
        // Nobody knows how far it came when we were stopped: it is not done again by itself.
        if (run.state != RunState::kRunning) continue;
        auto moved = incidents::move_to(run, RunState::kFailed, "Nightshift stopped while it ran", now);
        if (moved) tasks_.spawn([this, run] { return note(run); });
    }
    io::start_periodic(tasks_, {"runbooks", kVerifyEvery, [this] { return verify(); }});
}

const Runbook* RunbookRunner::find(std::string_view name) const {
    auto found = std::find_if(runbooks_.begin(), runbooks_.end(),
                              [&](const Runbook& each) { return each.name == name; });
    return found == runbooks_.end() ? nullptr : &*found;
}

RunbookRun RunbookRunner::plan(const Runbook& runbook, const Incident& incident) {
    Time now = parts_.clock.now();
    std::string random = random_bytes(6);
    RunbookRun run;
    run.id = fmt::format("rbk_{:012x}{}", unix_ms(now), to_hex(random.data(), random.size()));
    run.tenant = incident.tenant;
    run.runbook = runbook.name;
    run.incident = incident.id;
    run.key = incident.key;
    run.target = incidents::target_of(runbook, incident);
    run.planned = now;
    return run;
}

void RunbookRunner::consider(const Incident& incident) {
    // A person looks first at what nobody could look at.
    if (incident.state == incidents::State::kResolved || !incident.diagnosed) return;
    Time now = parts_.clock.now();
    for (const Runbook& runbook : runbooks_) {
        if (!is_for(runbook, incident)) continue;
        Decision decision = incidents::decide(runbook, incident, runs_, now);
        if (decision.guard == Guard::kRun) {
            RunbookRun run = plan(runbook, incident);
            // Its place is taken at once: the next change of the incident must not run it again.
            runs_.push_back(run);
            runs_.back().state = RunState::kRunning;
            tasks_.spawn([this, runbook, incident, run] { return act(runbook, incident, run); });
            continue;
        }
        bool is_worth_saying = decision.guard == Guard::kDryRun || decision.guard == Guard::kAsk ||
                               decision.guard == Guard::kEscalate;
        if (told_.size() >= kToldMax) told_.clear();
        if (!is_worth_saying || !told_.insert(runbook.name + "/" + incident.id).second) continue;
        std::string text = fmt::format("runbook {}: {}", runbook.name, decision.why);
        tasks_.spawn(
            [this, tenant = incident.tenant, id = incident.id, text] { return say(tenant, id, text); });
    }
}

Task<> RunbookRunner::say(std::string tenant, std::string incident, std::string text) {
    incidents::Service::Act act = [text](Incident& one, Time now) -> Result<void> {
        incidents::add_action(one, "nightshift", text, "", now);
        return {};
    };
    auto noted = co_await parts_.incidents.act(tenant, incident, std::move(act));
    if (!noted) log::warn("app", "{}: {}", text, noted.error().message);
}

void RunbookRunner::forget(std::string_view run) {
    std::erase_if(runs_, [&](const RunbookRun& each) { return each.id == run; });
}

Task<Result<void>> RunbookRunner::keep(RunbookRun run) {
    auto known =
        std::find_if(runs_.begin(), runs_.end(), [&](const RunbookRun& each) { return each.id == run.id; });
    if (known == runs_.end()) {
        if (runs_.size() >= kRunsMax) runs_.erase(runs_.begin());
        runs_.push_back(run);
    } else {
        *known = run;
    }
    store::Writer::Change put = [run](store::Database& db) { return incidents::put_runbook_run(db, run); };
    Result<void> kept = co_await parts_.writer.commit(std::move(put));
    co_return kept;
}

Task<> RunbookRunner::note(RunbookRun run) {
    Result<void> kept = co_await keep(run);
    if (!kept) log::error("app", "runbook {}: {}", run.runbook, kept.error().message);
    incidents::Entry entry = incidents::entry_of(run, parts_.clock.now());
    auto noted = co_await parts_.incidents.act(
        run.tenant, run.incident, [entry](Incident& one, Time now) -> Result<void> {
            incidents::add_action(one, entry.who, entry.text, entry.ref, now);
            return {};
        });
    if (!noted) log::warn("app", "runbook {}: {}", run.runbook, noted.error().message);
}

Task<> RunbookRunner::act(Runbook runbook, Incident incident, RunbookRun run) {
    Time now = parts_.clock.now();
    auto moved = incidents::move_to(run, RunState::kRunning, "", now);
    if (!moved) co_return;
    // What cannot be written down is not done: after a crash it would be done again.
    Result<void> kept = co_await keep(run);
    if (!kept) {
        forget(run.id);
        log::error("app", "runbook {} does not run: {}", runbook.name, kept.error().message);
        co_return;
    }
    std::string done;
    std::string failed;
    for (const incidents::RunbookStep& step : runbook.steps) {
        Result<std::string> taken = co_await parts_.take_step(step, incident);
        if (!taken) {
            failed = fmt::format("{}: {}", words_of(step), taken.error().message);
            break;
        }
        done += (done.empty() ? "" : "; ") + *taken;
    }
    now = parts_.clock.now();
    run.acted = now;
    bool is_good = failed.empty();
    moved = incidents::move_to(run, is_good ? RunState::kVerifying : RunState::kFailed,
                               is_good ? done : failed, now);
    if (moved) co_await note(run);
}

Task<> RunbookRunner::verify() {
    Time now = parts_.clock.now();
    std::vector<RunbookRun> verifying;
    for (const RunbookRun& run : runs_) {
        if (run.state == RunState::kVerifying) verifying.push_back(run);
    }
    for (RunbookRun& run : verifying) {
        // Asked anew each time: it may have gone on while Nightshift was away.
        Result<Incident> incident = co_await parts_.incidents.find(run.tenant, run.incident);
        const Runbook* runbook = find(run.runbook);
        if (runbook == nullptr || !incident) continue;
        auto outcome = incidents::outcome_of(run, *runbook, *incident, now);
        if (!outcome) continue;
        std::string why = *outcome == RunState::kHelped ? "the alert cleared" : "the alert goes on";
        if (!incidents::move_to(run, *outcome, why, now)) continue;
        co_await note(run);
    }
}

json::array RunbookRunner::show(const Incident& incident) const {
    json::array all;
    Time now = parts_.clock.now();
    for (const Runbook& runbook : runbooks_) {
        if (!is_for(runbook, incident)) continue;
        Decision decision = incidents::decide(runbook, incident, runs_, now);
        json::array steps;
        for (const incidents::RunbookStep& each : runbook.steps) steps.emplace_back(words_of(each));
        json::object one{{"name", runbook.name},      {"description", ""},
                         {"steps", std::move(steps)}, {"decision", incidents::to_string(decision.guard)},
                         {"why", decision.why},       {"last", nullptr}};
        for (const RunbookRun& run : runs_) {
            if (run.runbook != runbook.name || run.incident != incident.id) continue;
            json::object last = incidents::show(run);
            last["at_ms"] = unix_ms(run.ended.value_or(run.acted.value_or(run.planned)));
            one["last"] = std::move(last);
        }
        all.push_back(std::move(one));
    }
    return all;
}

Task<Result<json::object>> RunbookRunner::run(Incident incident, std::string name,
                                              api::IncidentParts::Wish wish) {
    const Runbook* known = find(name);
    if (known == nullptr) co_return fail(Code::kNotFound, "there is no runbook {:.100}", name);
    Runbook runbook = *known;
    if (!is_for(runbook, incident))
        co_return fail(Code::kConflict, "runbook {} is not for this incident", runbook.name);
    // A person who runs it wants it to act.
    runbook.is_dry_run = wish.is_dry_run;
    RunbookRun run = plan(runbook, incident);
    std::vector<RunbookRun> past = runs_;
    if (wish.is_approved) {
        run.approved_by = wish.by;
        past.push_back(run);
    }
    Decision decision = incidents::decide(runbook, incident, past, parts_.clock.now());
    if (decision.guard != Guard::kRun)
        co_return json::object{{"state", incidents::to_string(decision.guard)}, {"says", decision.why}};
    co_await act(runbook, incident, run);
    for (const RunbookRun& each : runs_) {
        if (each.id == run.id)
            co_return json::object{{"state", incidents::to_string(each.state)}, {"says", each.why}};
    }
    co_return fail(Code::kUnavailable, "the run could not be written down, so nothing was done");
}

}  // namespace nightshift::app
