#include "world.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "jobs/words.h"

namespace nightshift::jobs::sim {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr const char* kDeliveries =
    "CREATE TABLE sim_deliveries (key TEXT PRIMARY KEY, job TEXT NOT NULL, nominal_us INTEGER NOT NULL,"
    " tenant TEXT NOT NULL, state INTEGER NOT NULL) STRICT;"
    "CREATE INDEX sim_waiting ON sim_deliveries (key) WHERE state = 0;"
    "CREATE INDEX sim_open ON sim_deliveries (job, nominal_us) WHERE state < 2";
enum DeliveryState : int64_t { kQueued = 0, kSending = 1, kDelivered = 2, kUnknown = 3 };

Result<void> enqueue(store::Database& db, const OccurrenceKey& key, const DeliveryWish& wish) {
    NS_TRY(auto insert, db.prepare("INSERT OR IGNORE INTO sim_deliveries VALUES (?, ?, ?, ?, 0)"));
    insert.bind(1, wish.key).bind(2, key.job).bind(3, unix_us(key.nominal)).bind(4, key.tenant);
    return insert.run();
}

const OccurrenceKey* key_of(const Transition& transition) {
    return std::visit(
        [](const auto& each) -> const OccurrenceKey* {
            if constexpr (requires { each.key; }) {
                return &each.key;
            } else {
                return nullptr;
            }
        },
        transition);
}

}  // namespace

World::World(uint64_t seed, std::vector<JobPtr> jobs, Time start)
    : random_(seed),
      jobs_(std::move(jobs)),
      db_(*store::Database::open(":memory:")),
      start_(start),
      now_(start) {
    std::ignore = migrate_jobs(db_);
    std::ignore = db_.execute(kDeliveries);
    next_fault_ = now_ + minutes(random_.below(600));
    next_ping_ = now_ + minutes(1);
    start_engine();
}

void World::fail(std::string what) {
    if (problem_.empty()) problem_ = fmt::format("at {}: {}", words(wall()), what);
}

void World::start_engine() {
    EngineOptions options;
    options.seed = random_.next();
    engine_ = std::make_unique<Engine>(options);
    running_.clear();
    looking_.clear();
    disk_.clear();
    for (const JobPtr& job : jobs_) {
        JobRecord record{.tenant = job->tenant,
                         .name = job->name,
                         .definition = job->definition,
                         .revision = job->revision};
        if (auto done = upsert_job(db_, record, wall()); !done) fail(done.error().message);
    }
    auto open = load_unfinished(db_);
    auto records = load_jobs(db_);
    auto fence = last_fence(db_);
    if (!open || !records || !fence) return fail("the ledger cannot be read");
    Effects effects;
    engine_->restore(jobs_, *records, std::move(*open), *fence, wall(), effects);
    // What was being sent when we died is ambiguous: it stays unknown, and is never sent again.
    std::ignore = db_.execute("UPDATE sim_deliveries SET state = 3 WHERE state = 1");
    take(std::move(effects));
}

void World::crash(bool with_machine) {
    ++counts_.crashes;
    engine_.reset();
    disk_.clear();
    words_.clear();
    looking_.clear();
    down_until_ = now_ + (chance(0.95) ? seconds(1 + random_.below(120)) : minutes(random_.below(1500)));
    if (!with_machine) return;
    for (auto& [key, process] : processes_) {
        if (process.is_reported || process.ends <= now_) continue;
        process.ends = now_;
        process.has_left_artefact = false;
        process.execution.lost = true;
        process.execution.exit_code.reset();
    }
}

void World::fault() {
    next_fault_ = now_ + minutes(5 + random_.below(900));
    switch (random_.below(7)) {
        case 0:
            return crash(false);
        case 1:
            return crash(true);
        case 2:
            ++counts_.clock_jumps;
            clock_offset_ += minutes(random_.below(240)) + microseconds(random_.below(60'000'000));
            return;
        case 3:
            ++counts_.clock_jumps;
            clock_offset_ -= minutes(random_.below(120)) + microseconds(random_.below(60'000'000));
            return;
        case 4:
            api_is_blind_until_ = now_ + minutes(random_.below(48 * 60));
            return;
        case 5:
            channel_is_dead_until_ = now_ + minutes(random_.below(300));
            return;
        default:
            disk_is_slow_until_ = now_ + minutes(random_.below(60));
            return;
    }
}

// --- effects ---

void World::take(Effects effects) {
    for (Commit& each : effects.commits) {
        auto delay = now_ < disk_is_slow_until_ ? milliseconds(random_.below(20'000))
                                                : milliseconds(1 + random_.below(3));
        Time ready = disk_.empty() ? now_ + delay : std::max<Time>(disk_.back().ready, now_ + delay);
        disk_.push_back({std::move(each), ready});
    }
    for (const StartRun& each : effects.starts) start(each);
    for (const StopRun& each : effects.stops) {
        for (auto run = processes_.lower_bound({each.key, 0});
             run != processes_.end() && run->first.first == each.key; ++run) {
            Process& process = run->second;
            if (process.is_reported) continue;
            process.ends = std::min(process.ends, now_ + seconds(1));
            process.execution.timed_out = each.timed_out;
            process.execution.signal = 15;
            process.execution.exit_code.reset();
        }
    }
    for (Collect& each : effects.collects)
        looking_.push_back({std::move(each), now_ + milliseconds(random_.below(3000))});
}

void World::start(const StartRun& run) {
    RunKey key{run.key, run.attempt};
    auto row = find_occurrence(db_, run.key);
    if (!row || row->fence != run.fence)
        return fail(occurrence_id(run.key) + " is started without a durable claim");
    auto known = processes_.find(key);
    if (known != processes_.end()) {
        if (!run.may_have_started) return fail(occurrence_id(run.key) + " is started twice");
        ++counts_.adopted;
        running_[key] = run.fence;
        return;
    }
    if (run.may_have_started) {
        Effects effects;
        engine_->never_started(run.key, run.fence, wall(), effects);
        return take(std::move(effects));
    }
    for (auto other = processes_.lower_bound({run.key, 0});
         other != processes_.end() && other->first.first == run.key; ++other) {
        const Process& process = other->second;
        if (!process.is_reported) return fail(occurrence_id(run.key) + " runs twice at once");
        if (process.execution.succeeded())
            return fail(occurrence_id(run.key) + " runs again though it succeeded");
    }
    ++counts_.runs;
    Process process;
    process.execution.started = wall();
    process.ends = now_ + seconds(1 + random_.below(run.job->name == "long" ? 2400 : 90));
    bool works = chance(0.93);
    // An exit code says little: some work is done and exits badly, some exits well and did nothing.
    process.has_left_artefact = works && chance(0.97);
    process.execution.exit_code = works && chance(0.99) ? 0 : 1;
    process.execution.cost_nano_usd = 1000;
    processes_[key] = process;
    running_[key] = run.fence;
}

void World::end_runs() {
    std::vector<RunKey> ended;
    for (const auto& [key, fence] : running_) {
        if (processes_.at(key).ends <= now_) ended.push_back(key);
    }
    for (const RunKey& key : ended) {
        Fence fence = running_.at(key);
        running_.erase(key);
        Process& process = processes_.at(key);
        process.is_reported = true;
        process.execution.ended = wall();
        if (process.has_left_artefact) artefacts_[key.first] = true;
        Effects effects;
        engine_->run_ended(key.first, fence, process.execution, wall(), effects);
        take(std::move(effects));
    }
}

// --- the disk ---

bool World::commit_next() {
    if (disk_.empty() || disk_.front().ready > now_) return false;
    QueuedCommit queued = std::move(disk_.front());
    disk_.erase(disk_.begin());
    // At any commit the machine may die: before it is on disk, or after it, unheard.
    if (!is_calm_ && chance(0.001)) {
        if (chance(0.5)) apply(queued, true);
        crash(chance(0.5));
        return false;
    }
    apply(queued, false);
    return true;
}

void World::apply(const QueuedCommit& queued, bool is_answer_lost) {
    Result<void> result;
    {
        auto transaction = store::Transaction::begin(db_);
        if (!transaction) return fail(transaction.error().message);
        for (const Transition& each : *queued.commit.transitions) {
            result = jobs::apply(db_, each, enqueue);
            if (!result) break;
        }
        if (result) result = transaction->commit();
    }
    for (const Transition& each : *queued.commit.transitions) {
        if (const OccurrenceKey* key = key_of(each)) check_identity(*key);
        if (const auto* plan = std::get_if<Plan>(&each)) check_identity({plan->tenant, plan->job, {}});
    }
    if (is_answer_lost) return;
    Effects effects;
    engine_->committed(queued.commit.id, result, wall(), effects);
    take(std::move(effects));
    say_words();
}

// --- evidence and deliveries ---

Observed World::see(const Collect& collect) {
    Observed seen;
    bool is_there = artefacts_.contains(collect.key);
    for (const Expectation& expectation : collect.job->expectations) {
        Evidence evidence;
        evidence.key = collect.key;
        evidence.expectation = expectation.name;
        evidence.impact = expectation.impact;
        evidence.time = wall();
        evidence.kind = "http";
        evidence.observer = "api";
        evidence.outcome = is_there ? Outcome::kHolds : Outcome::kFails;
        evidence.observed = is_there ? "it is there" : "it is not there";
        if (expectation.impact == Impact::kEnhancement)
            evidence.outcome = Outcome::kFails;  // the log went quiet
        bool is_blind = now_ < api_is_blind_until_;
        Evidence other = evidence;
        if (is_blind) {
            evidence.outcome = Outcome::kUnknown;
            evidence.observed = "404";
        }
        seen.evidence.push_back(evidence);
        if (expectation.name != "two paths") continue;
        other.kind = "file";
        other.observer = "file system";
        seen.evidence.push_back(other);
    }
    auto open =
        db_.prepare("SELECT count(*) FROM sim_deliveries WHERE job = ? AND nominal_us = ? AND state < 2");
    open->bind(1, collect.key.job).bind(2, unix_us(collect.key.nominal));
    seen.deliveries_are_settled = open->step().value_or(false) && open->integer(0) == 0;
    return seen;
}

void World::look() {
    for (size_t i = 0; i < looking_.size();) {
        if (looking_[i].ready > now_) {
            ++i;
            continue;
        }
        Collect collect = std::move(looking_[i].collect);
        looking_.erase(looking_.begin() + static_cast<ptrdiff_t>(i));
        Effects effects;
        engine_->observed(collect.key, collect.fence, see(collect), wall(), effects);
        take(std::move(effects));
        if (!engine_) return;
    }
}

// The outbox's worker: written ahead, sent, written down; it may die between any two of them.
void World::send_deliveries() {
    if (now_ < channel_is_dead_until_) return;
    auto next =
        db_.prepare("SELECT key, job, nominal_us, tenant FROM sim_deliveries WHERE state = 0 LIMIT 1");
    if (!next->step().value_or(false)) return;
    std::string key = next->text(0);
    OccurrenceKey about{next->text(3), next->text(1), from_unix_us(next->integer(2))};
    auto move = [&](DeliveryState state) {
        auto update = db_.prepare("UPDATE sim_deliveries SET state = ? WHERE key = ?");
        update->bind(1, static_cast<int64_t>(state)).bind(2, key);
        std::ignore = update->run();
    };
    move(kSending);
    if (!is_calm_ && chance(0.001)) return crash(false);
    ++counts_.deliveries;
    if (++sent_[key] > 1) fail(key + " was sent twice");
    if (!is_calm_ && chance(0.001)) return crash(false);
    move(kDelivered);
    Effects effects;
    engine_->delivery_settled(about, wall(), effects);
    take(std::move(effects));
}

// The watched job, elsewhere: it mostly runs at its time and says so; sometimes it runs and says nothing.
void World::ping() {
    next_ping_ = now_ + minutes(30);
    if (!chance(0.9)) return;
    Word word;
    word.text = "done";
    if (chance(0.3)) {
        word.kind = Word::Kind::kStart;
        words_.push_back(word);
        word.kind = Word::Kind::kSuccess;
    }
    words_.push_back(word);
    say_words();
}

// Whoever waits for an answer asks again when what it waits for is written; a crash ends its wait.
void World::say_words() {
    while (!words_.empty() && engine_) {
        Effects effects;
        auto heard = engine_->word("default", "watched", words_.front(), wall(), effects);
        bool waits = heard && heard->wait_for;
        bool is_end = words_.front().kind == Word::Kind::kSuccess;
        if (!waits) words_.pop_front();
        if (heard && !waits && is_end && chance(0.95)) artefacts_[heard->key] = true;
        take(std::move(effects));
        if (waits) return;
    }
}

// --- life ---

Time World::next_event() const {
    Time next = next_fault_;
    if (!engine_) return std::max(down_until_, now_);
    Time due = engine_->next_due();
    if (due != Time::max()) next = std::min(next, due - clock_offset_);
    if (!disk_.empty()) next = std::min(next, disk_.front().ready);
    for (const Looking& each : looking_) next = std::min(next, each.ready);
    for (const auto& [key, fence] : running_) next = std::min(next, processes_.at(key).ends);
    next = std::min(next, next_ping_);
    return std::max(next, now_);
}

std::string World::live(std::chrono::hours duration) {
    Time calm_from = start_ + duration;
    Time end = calm_from + hours(30);
    for (uint64_t step = 0; now_ < end && problem_.empty(); ++step) {
        if (step > 5'000'000) return "the world does not come to rest";
        now_ = std::max(next_event(), now_ + microseconds(1));
        if (!is_calm_ && now_ >= calm_from) {
            is_calm_ = true;
            down_until_ = std::min(down_until_, now_);
        }
        if (!engine_) {
            if (now_ >= down_until_) start_engine();
            continue;
        }
        if (now_ >= next_fault_) {
            if (is_calm_) {
                next_fault_ = end;
            } else {
                fault();
            }
            if (!engine_) continue;
        }
        while (engine_ && commit_next()) {
        }
        if (engine_) end_runs();
        if (engine_) look();
        if (engine_) send_deliveries();
        if (engine_ && now_ >= next_ping_) ping();
        if (!engine_ || engine_->next_due() > wall()) continue;
        Effects effects;
        engine_->step(wall(), effects);
        take(std::move(effects));
    }
    if (problem_.empty()) check_plan();
    if (problem_.empty()) check_verdicts();
    return problem_;
}

// --- the promises ---

void World::check_identity(const OccurrenceKey& key) {
    auto select = db_.prepare(
        "SELECT planned - (SELECT coalesce(sum(count), 0) FROM totals WHERE tenant = ?1 AND job = ?2)"
        " - (SELECT count(*) FROM occurrences WHERE tenant = ?1 AND job = ?2 AND verdict IS NULL)"
        " FROM jobs WHERE tenant = ?1 AND name = ?2");
    select->bind(1, key.tenant).bind(2, key.job);
    if (select->step().value_or(false) && select->integer(0) == 0) return;
    fail(fmt::format("the identity of {} is off by {}", key.job, select->integer(0)));
}

void World::check_plan() {
    auto totals = load_totals(db_);
    if (!totals) return fail("the totals cannot be read");
    for (const auto& [name, each] : *totals) {
        for (const Discrepancy& found : audit_totals(name.second, each)) fail(found.job + ": " + found.what);
    }
    auto gaps = db_.prepare("SELECT count(*) FROM gaps");
    bool has_gaps = gaps->step().value_or(false) && gaps->integer(0) > 0;
    for (const JobPtr& job : jobs_) {
        if (!job->is_planned_ahead() || has_gaps) continue;
        std::vector<Time> scheduled;
        Time until = wall() - hours(6);
        for (auto next = job->schedule->next(start_); next && next->nominal < until;
             next = job->schedule->next(next->nominal))
            scheduled.push_back(next->nominal);
        auto ledger = find_nominals(db_, job->tenant, job->name, start_, until);
        if (!ledger) return fail("the ledger cannot be read");
        for (const Discrepancy& found : audit_plan(job->name, scheduled, *ledger))
            fail(found.job + ": " + found.what);
        auto rows = find_occurrences(
            db_, {.tenant = job->tenant, .job = job->name, .until = until, .limit = 1'000'000});
        for (const Occurrence& row : *rows) {
            if (!row.verdict)
                fail(fmt::format("{} never came to its verdict: {} {}", occurrence_id(row.key),
                                 to_string(row.phase), row.why));
        }
    }
}

// A verdict never says more than the truth, nor less than what could be seen.
void World::check_verdicts() {
    auto rows = find_occurrences(db_, {.tenant = "default", .limit = 10'000'000});
    for (const Occurrence& row : *rows) {
        ++counts_.occurrences;
        if (!row.verdict) continue;
        bool is_there = artefacts_.contains(row.key);
        bool says_done = *row.verdict == Verdict::kVerified || *row.verdict == Verdict::kLate;
        bool has_expectations = engine_->job(row.key.tenant, row.key.job)->expectations.size() > 0;
        if (says_done && !is_there)
            fail(occurrence_id(row.key) + " is verified, and was not done: " + row.why);
        if (*row.verdict == Verdict::kContradicted && is_there)
            fail(occurrence_id(row.key) + " is contradicted, and was done: " + row.why);
        if (says_done && !has_expectations)
            fail(occurrence_id(row.key) + " is verified, and nothing was expected");
        auto process = processes_.lower_bound({row.key, 0});
        bool has_run = process != processes_.end() && process->first.first == row.key;
        if (*row.verdict == Verdict::kMissed && has_run)
            fail(occurrence_id(row.key) + " is missed, and it ran");
    }
}

World::Counts World::counts() {
    auto totals = load_totals(db_);
    if (totals) {
        for (const auto& [name, each] : *totals) counts_.totals += each;
    }
    return counts_;
}

}  // namespace nightshift::jobs::sim
