#include "jobs/engine.h"

#include <gtest/gtest.h>

#include "jobs/store.h"
#include "jobs/test_jobs.h"
#include "store/sqlite/database.h"

namespace nightshift::jobs {
namespace {

using testing::at;
using testing::job;

// An engine over a ledger in memory; commits are applied when the test says so.
class EngineTest : public ::testing::Test {
protected:
    EngineTest() : db_(*store::Database::open(":memory:")) { EXPECT_TRUE(migrate_jobs(db_)); }

    void open(std::vector<JobPtr> jobs) {
        jobs_ = std::move(jobs);
        engine_ = std::make_unique<Engine>(EngineOptions{});
        effects_ = {};
        for (const JobPtr& each : jobs_) {
            JobRecord record{.tenant = each->tenant, .name = each->name, .revision = each->revision};
            EXPECT_TRUE(upsert_job(db_, record, now_));
        }
        auto open = load_unfinished(db_);
        engine_->restore(jobs_, *load_jobs(db_), *open, *last_fence(db_), now_, effects_);
        settle();
    }

    // Applies what is to be committed, until nothing is left of it.
    void settle() {
        engine_->step(now_, effects_);
        while (!effects_.commits.empty()) {
            std::vector<Commit> commits = std::move(effects_.commits);
            effects_.commits.clear();
            for (const Commit& commit : commits) engine_->committed(commit.id, write(commit), now_, effects_);
            engine_->step(now_, effects_);
        }
    }

    Result<void> write(const Commit& commit) {
        if (is_disk_full_) return fail(Code::kIo, "the disk is full");
        auto transaction = store::Transaction::begin(db_);
        for (const Transition& each : *commit.transitions) {
            if (auto done = apply(db_, each, {}); !done) return done;
        }
        return transaction->commit();
    }

    void advance(seconds by) {
        now_ += by;
        settle();
    }

    std::vector<StartRun> take_starts() { return std::exchange(effects_.starts, {}); }

    void end(const StartRun& run, int exit_code) {
        Execution execution;
        execution.started = now_;
        execution.ended = now_;
        execution.exit_code = exit_code;
        engine_->run_ended(run.key, run.fence, execution, now_, effects_);
        settle();
    }

    // A word of job w, until it is on disk.
    OccurrenceKey hear(const Word& word) {
        auto heard = engine_->word("default", "w", word, now_, effects_);
        settle();
        if (heard && heard->wait_for) return hear(word);
        return heard ? heard->key : OccurrenceKey{};
    }

    void observe() {
        for (const Collect& each : std::exchange(effects_.collects, {}))
            engine_->observed(each.key, each.fence, {}, now_, effects_);
        settle();
    }

    Occurrence row(const OccurrenceKey& key) {
        auto found = find_occurrence(db_, key);
        return found ? *found : Occurrence{};
    }

    store::Database db_;
    std::unique_ptr<Engine> engine_;
    std::vector<JobPtr> jobs_;
    Effects effects_;
    Time now_ = at("2026-11-22T06:59:00Z");
    bool is_disk_full_ = false;
};

JobPtr minutely(std::string_view rest) {
    return job(R"({"name":"m","command":"true","schedule":{"cron":"* * * * *"})" + std::string(rest) + "}");
}

TEST_F(EngineTest, StartsOnlyWhatIsClaimedDurably) {
    open({minutely("")});
    is_disk_full_ = true;
    advance(seconds(60));
    EXPECT_TRUE(take_starts().empty());
    is_disk_full_ = false;
    advance(seconds(6));
    auto starts = take_starts();
    ASSERT_EQ(starts.size(), 1u);
    EXPECT_EQ(row(starts[0].key).fence, starts[0].fence);
    EXPECT_EQ(row(starts[0].key).phase, Phase::kClaimed);
}

TEST_F(EngineTest, EndsInOneVerdict) {
    open({minutely("")});
    advance(seconds(60));
    auto starts = take_starts();
    ASSERT_EQ(starts.size(), 1u);
    end(starts[0], 0);
    observe();
    EXPECT_EQ(row(starts[0].key).verdict, Verdict::kUnverified);
    EXPECT_FALSE(engine_->open(starts[0].key));
}

TEST_F(EngineTest, RefusesLateEndOfLostLease) {
    open({minutely(R"(,"retries":{"max":1,"backoff":"1s"})")});
    advance(seconds(60));
    StartRun first = take_starts().at(0);
    end(first, 1);
    advance(seconds(2));
    StartRun second = take_starts().at(0);
    EXPECT_EQ(second.attempt, 2u);
    EXPECT_GT(second.fence, first.fence);
    end(first, 0);
    EXPECT_EQ(engine_->stats().stale_total, 1u);
    EndRun late{.key = first.key, .fence = first.fence, .attempt = first.attempt};
    EXPECT_EQ(apply(db_, late, {}).error().code, Code::kConflict);
    end(second, 0);
    observe();
    EXPECT_EQ(row(first.key).attempt, 2u);
}

TEST_F(EngineTest, FindsRunAgainAfterRestart) {
    open({minutely("")});
    advance(seconds(60));
    StartRun before = take_starts().at(0);
    open(jobs_);
    auto starts = take_starts();
    ASSERT_EQ(starts.size(), 1u);
    EXPECT_TRUE(starts[0].may_have_started);
    EXPECT_EQ(starts[0].fence, before.fence);
    engine_->never_started(starts[0].key, starts[0].fence, now_, effects_);
    settle();
    auto again = take_starts();
    ASSERT_EQ(again.size(), 1u);
    EXPECT_FALSE(again[0].may_have_started);
    EXPECT_EQ(again[0].attempt, 1u);
}

TEST_F(EngineTest, CatchesUpOnceAfterGap) {
    open({minutely("")});
    now_ += std::chrono::hours(2);
    open(jobs_);
    auto starts = take_starts();
    ASSERT_EQ(starts.size(), 1u);
    EXPECT_EQ(starts[0].key.nominal, at("2026-11-22T08:59:00Z"));
    EXPECT_EQ(row({"default", "m", at("2026-11-22T07:30:00Z")}).verdict, Verdict::kMissed);
    auto totals = load_totals(db_);
    EXPECT_TRUE(audit_totals("m", (*totals)[{"default", "m"}]).empty());
}

TEST_F(EngineTest, NeverFiresAgainWhenTheClockGoesBack) {
    open({minutely("")});
    advance(seconds(60));
    StartRun first = take_starts().at(0);
    end(first, 0);
    observe();
    now_ -= std::chrono::minutes(30);
    settle();
    for (int i = 0; i < 31; ++i) advance(seconds(60));
    for (const StartRun& each : take_starts()) EXPECT_GT(each.key.nominal, first.key.nominal);
}

TEST_F(EngineTest, SkipsAndQueuesByPolicy) {
    open({minutely(R"(,"overlap":"queue")")});
    advance(seconds(60));
    StartRun first = take_starts().at(0);
    advance(seconds(60));
    advance(seconds(60));
    EXPECT_TRUE(take_starts().empty());
    EXPECT_EQ(row({"default", "m", at("2026-11-22T07:02:00Z")}).verdict, Verdict::kSkipped);
    end(first, 0);
    auto next = take_starts();
    ASSERT_EQ(next.size(), 1u);
    EXPECT_EQ(next[0].key.nominal, at("2026-11-22T07:01:00Z"));
}

TEST_F(EngineTest, StopsTheOneItReplaces) {
    open({minutely(R"(,"overlap":"replace")")});
    advance(seconds(60));
    StartRun first = take_starts().at(0);
    advance(seconds(60));
    ASSERT_EQ(effects_.stops.size(), 1u);
    EXPECT_EQ(effects_.stops[0].key, first.key);
    end(first, 143);
    EXPECT_EQ(take_starts().size(), 1u);
    observe();
    EXPECT_EQ(row(first.key).verdict, Verdict::kSkipped);
}

TEST_F(EngineTest, StopsAtTimeout) {
    open({minutely(R"(,"timeout":"30s")")});
    advance(seconds(60));
    StartRun run = take_starts().at(0);
    advance(seconds(31));
    ASSERT_EQ(effects_.stops.size(), 1u);
    EXPECT_TRUE(effects_.stops[0].timed_out);
}

TEST_F(EngineTest, HearsWatchedWork) {
    open({job(R"({"name":"w","watch":{},"schedule":{"cron":"* * * * *"},"grace":"20s"})")});
    advance(seconds(60));
    EXPECT_TRUE(take_starts().empty());
    OccurrenceKey about{"default", "w", at("2026-11-22T07:00:00Z")};
    EXPECT_EQ(hear({.kind = Word::Kind::kStart, .run_id = "a"}), about);
    EXPECT_EQ(hear({.kind = Word::Kind::kSuccess, .run_id = "a"}), about);
    settle();
    observe();
    EXPECT_EQ(row(about).verdict, Verdict::kUnverified);
    advance(seconds(60));
    advance(seconds(21));
    observe();
    EXPECT_EQ(row({"default", "w", at("2026-11-22T07:01:00Z")}).verdict, Verdict::kMissed);
}

TEST_F(EngineTest, TakesNoWordWhileAnotherIsBeingWritten) {
    open({job(R"({"name":"w","watch":{}})")});
    Word start{.kind = Word::Kind::kStart, .run_id = "a"};
    auto begun = engine_->word("default", "w", start, now_, effects_);
    ASSERT_TRUE(begun);
    EXPECT_FALSE(begun->wait_for);
    ASSERT_EQ(effects_.commits.size(), 1u);
    for (int i = 0; i < 20; ++i) {
        auto early =
            engine_->word("default", "w", {.kind = Word::Kind::kSuccess, .run_id = "a"}, now_, effects_);
        ASSERT_TRUE(early);
        EXPECT_EQ(early->wait_for, effects_.commits[0].id);
    }
    EXPECT_EQ(effects_.commits.size(), 1u);
    settle();
    EXPECT_FALSE(row(begun->key).ended);
    EXPECT_EQ(hear({.kind = Word::Kind::kSuccess, .run_id = "a"}), begun->key);
    EXPECT_TRUE(row(begun->key).ended);
    // Its end said again opens nothing new.
    EXPECT_EQ(hear({.kind = Word::Kind::kSuccess, .run_id = "a"}), begun->key);
}

TEST_F(EngineTest, RefusesAWordTheLedgerCannotTake) {
    open({job(R"({"name":"w","watch":{}})")});
    is_disk_full_ = true;
    hear({.kind = Word::Kind::kStart});
    auto lost = engine_->word("default", "w", {.kind = Word::Kind::kSuccess}, now_, effects_);
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, Code::kUnavailable);
}

TEST_F(EngineTest, TakesASecondStartWithoutARunForTheFirst) {
    open({job(R"({"name":"w","watch":{}})")});
    OccurrenceKey first = hear({.kind = Word::Kind::kStart});
    advance(seconds(10));
    EXPECT_EQ(hear({.kind = Word::Kind::kStart}), first);
    EXPECT_NE(hear({.kind = Word::Kind::kStart, .run_id = "b"}), first);
}

TEST_F(EngineTest, GivesAWordTheLatestTurnThatHasCome) {
    open({job(R"({"name":"w","watch":{},"schedule":{"cron":"*/10 * * * *"},"grace":"1h"})")});
    advance(seconds(60 + 605));  // 07:00 passed without a word, 07:10 has come
    EXPECT_EQ(hear({.kind = Word::Kind::kSuccess}).nominal, at("2026-11-22T07:10:00Z"));
    observe();
    advance(seconds(600 - 30));  // 07:19:35 is a little early
    EXPECT_EQ(hear({.kind = Word::Kind::kSuccess}).nominal, at("2026-11-22T07:00:00Z"));
    observe();
    EXPECT_EQ(hear({.kind = Word::Kind::kSuccess}).nominal, at("2026-11-22T07:20:00Z"));
}

TEST_F(EngineTest, PlansWhatEventsAskForOnce) {
    open({job(R"({"name":"e","command":"true","schedule":{"on_event":"status = error"},"timeout":"1h"})")});
    Time window = at("2026-11-22T06:58:00Z");
    ASSERT_TRUE(engine_->trigger_at("default", "e", window, now_, effects_));
    ASSERT_TRUE(engine_->trigger_at("default", "e", window, now_, effects_));
    settle();
    std::vector<StartRun> starts = take_starts();
    ASSERT_EQ(starts.size(), 1u);
    EXPECT_EQ(row(starts[0].key).trigger, Trigger::kEvent);
    // Another window while it runs: planned, and skipped as the overlap policy says.
    ASSERT_TRUE(engine_->trigger_at("default", "e", window + seconds(60), now_, effects_));
    settle();
    EXPECT_TRUE(take_starts().empty());
    EXPECT_EQ(row({"default", "e", window + seconds(60)}).verdict, Verdict::kSkipped);
    end(starts[0], 0);
    observe();
    // The same event told again, after its run is over, and after a restart.
    ASSERT_TRUE(engine_->trigger_at("default", "e", window, now_, effects_));
    open(jobs_);
    ASSERT_TRUE(engine_->trigger_at("default", "e", window, now_, effects_));
    settle();
    EXPECT_TRUE(take_starts().empty());
    EXPECT_EQ(load_totals(db_)->at({"default", "e"}).planned, 2u);
    EXPECT_FALSE(engine_->trigger_at("default", "e", window - std::chrono::hours(30), now_, effects_));
}

TEST_F(EngineTest, KeepsTheLastNotes) {
    open({job(R"({"name":"w","watch":{}})")});
    OccurrenceKey about = hear({.kind = Word::Kind::kStart});
    for (int64_t i = 0; i < kClaimsMax + 5; ++i) {
        Claim note{about, "ping", std::nullopt, std::to_string(i), now_ + seconds(i)};
        ASSERT_TRUE(apply(db_, AddClaim{note, 0}, {}));
    }
    auto kept = find_claims(db_, about);
    ASSERT_EQ(kept->size(), size_t(kClaimsMax));
    EXPECT_EQ(kept->front().text, "5");
    EXPECT_FALSE(kept->front().says_done);
    Claim said{about, "molt", true, "done", now_};
    EXPECT_TRUE(apply(db_, AddClaim{said, 0}, {}));
    EXPECT_EQ(find_claims(db_, about)->size(), size_t(kClaimsMax) + 1);
}

TEST_F(EngineTest, SaysUnverifiedWhenItWasNotThereToHear) {
    open({job(R"({"name":"w","watch":{},"schedule":{"cron":"* * * * *"},"grace":"20s"})")});
    now_ += std::chrono::minutes(5);
    open(jobs_);
    observe();
    EXPECT_EQ(row({"default", "w", at("2026-11-22T07:00:00Z")}).verdict, Verdict::kUnverified);
}

TEST_F(EngineTest, SkipsWatchedWorkWhileItIsPaused) {
    open({job(R"({"name":"w","watch":{},"schedule":{"cron":"* * * * *"},"grace":"20s"})")});
    engine_->set_paused("default", "w", true, "moving house");
    advance(seconds(81));
    observe();
    Occurrence seen = row({"default", "w", at("2026-11-22T07:00:00Z")});
    EXPECT_EQ(seen.verdict, Verdict::kSkipped);
    EXPECT_EQ(seen.why, "the job is paused: moving house");
}

TEST_F(EngineTest, WaitsForWatchedWorkAsLongAfterARestartAsBefore) {
    open({job(R"({"name":"w","watch":{},"timeout":"100s"})")});
    OccurrenceKey begun = hear({.kind = Word::Kind::kStart});
    advance(seconds(50));
    open(jobs_);
    EXPECT_TRUE(engine_->open(begun));
    EXPECT_EQ(engine_->next_due(), now_ + seconds(50));
    advance(seconds(50));
    observe();
    // Its last word may have come in between.
    EXPECT_EQ(row(begun).verdict, Verdict::kUnverified);
}

TEST_F(EngineTest, WritesWhatACatchUpMakesUpFor) {
    open({minutely("")});
    now_ += std::chrono::hours(2);
    open(jobs_);
    auto starts = take_starts();
    ASSERT_EQ(starts.size(), 1u);
    EXPECT_TRUE(row(starts[0].key).note.starts_with("makes up for ")) << row(starts[0].key).note;
}

TEST_F(EngineTest, EndsWhatRunsOfARemovedJobAndForgetsTheJob) {
    open({minutely("")});
    advance(seconds(60));
    auto starts = take_starts();
    ASSERT_EQ(starts.size(), 1u);
    ASSERT_TRUE(remove_job(db_, "default", "m", now_));
    engine_->remove_job("default", "m");
    EXPECT_TRUE(engine_->jobs().empty());
    EXPECT_FALSE(engine_->trigger("default", "m", Trigger::kManual, now_, effects_));
    auto removed = load_removed_in_flight(db_);
    ASSERT_EQ(removed->size(), 1u);
    end(starts[0], 0);
    observe();
    EXPECT_EQ(row(starts[0].key).verdict, Verdict::kUnverified);
    EXPECT_TRUE(load_removed_in_flight(db_)->empty());
    auto totals = load_totals(db_);
    EXPECT_TRUE(audit_totals("m", (*totals)[{"default", "m"}]).empty());
}

TEST_F(EngineTest, SkipsWhatWaitsWhenItsJobIsRemoved) {
    open({minutely(R"(,"overlap":"queue")")});
    advance(seconds(60));
    ASSERT_EQ(take_starts().size(), 1u);
    advance(seconds(60));
    ASSERT_TRUE(remove_job(db_, "default", "m", now_));
    engine_->remove_job("default", "m");
    EXPECT_EQ(row({"default", "m", at("2026-11-22T07:01:00Z")}).verdict, Verdict::kSkipped);
    auto totals = load_totals(db_);
    EXPECT_TRUE(audit_totals("m", (*totals)[{"default", "m"}]).empty());
}

TEST_F(EngineTest, PagesPassNoOccurrenceOfTheSameTime) {
    open({job(R"({"name":"a","command":"true","schedule":{"cron":"* * * * *"}})"),
          job(R"({"name":"b","command":"true","schedule":{"cron":"* * * * *"}})")});
    OccurrenceQuery query{.tenant = "default", .limit = 1};
    std::vector<OccurrenceKey> seen;
    for (;;) {
        auto page = find_occurrences(db_, query);
        if (page->empty()) break;
        seen.push_back(page->front().key);
        query.before = page->front().key.nominal;
        query.before_job = page->front().key.job;
    }
    query.limit = 1000;
    query.before.reset();
    EXPECT_EQ(seen.size(), find_occurrences(db_, query)->size());
}

TEST_F(EngineTest, TakesBackWhatAnOldDefinitionPlanned) {
    open({minutely("")});
    auto changed = job(R"({"name":"m","command":"true","schedule":{"cron":"30 * * * *"}})");
    JobRecord record{.tenant = "default", .name = "m", .revision = changed->revision};
    ASSERT_TRUE(upsert_job(db_, record, now_));
    engine_->put_job(changed, load_jobs(db_)->front(), now_);
    settle();
    advance(seconds(60));
    EXPECT_TRUE(take_starts().empty());
    EXPECT_EQ(engine_->next_start("default", "m"), at("2026-11-22T07:30:00Z"));
    auto totals = load_totals(db_);
    EXPECT_TRUE(audit_totals("m", (*totals)[{"default", "m"}]).empty());
}

}  // namespace
}  // namespace nightshift::jobs
