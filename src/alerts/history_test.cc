#include "alerts/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alerts/limits.h"

namespace nightshift::alerts {
namespace {

using std::chrono::minutes;
using testing::IsEmpty;
using testing::SizeIs;

const Time kStart = from_unix_us(1'700'000'040'000'000);  // a minute begins

Signal session(std::string_view id, std::string_view state) {
    return {.labels = {{"session", id}, {"agent", "builder"}, {"state", state}}, .says = std::string(state)};
}

Signal disk(double used) {
    return {.labels = {{"resource", "disk"}}, .value = used};
}

RulePtr rule_above(SignalKind on, double above) {
    auto rule = std::make_shared<Rule>();
    rule->name = "a rule";
    rule->on = on;
    rule->threshold.above = above;
    return rule;
}

struct Looked {
    History history{seconds(2)};
    Time now = kStart;

    void sessions(const std::vector<Signal>& all, seconds then = seconds(2)) {
        history.look(SignalKind::kSession, all, now);
        now += then;
    }
    void disks(double used) {
        history.look(SignalKind::kResource, {disk(used)}, now);
        now += seconds(2);
    }
};

TEST(History, KeepsOnlyWhatChanged) {
    Looked run;
    run.sessions({session("a", "working"), session("b", "working")});
    EXPECT_THAT(run.history.take().opened, SizeIs(2));
    for (int i = 0; i < 10; ++i) run.sessions({session("a", "working"), session("b", "working")});
    EXPECT_EQ(run.history.waiting(), 0u);
    Time turned = run.now;
    run.sessions({session("a", "failed"), session("b", "working")});
    HistoryBatch batch = run.history.take();
    ASSERT_THAT(batch.opened, SizeIs(1));
    EXPECT_EQ(batch.opened[0].labels.get("session"), "a");
    EXPECT_EQ(batch.opened[0].labels.get("state"), "failed");
    EXPECT_EQ(batch.opened[0].says, "failed");
    EXPECT_EQ(batch.opened[0].from, turned);
    ASSERT_THAT(batch.closed, SizeIs(1));
    EXPECT_EQ(batch.closed[0].until, turned);
}

TEST(History, EndsWhatIsNotToldOfAnyMore) {
    Looked run;
    run.sessions({session("a", "failed")});
    int64_t id = run.history.take().opened.at(0).id;
    Time gone = run.now;
    run.sessions({});
    HistoryBatch batch = run.history.take();
    EXPECT_THAT(batch.opened, IsEmpty());
    ASSERT_THAT(batch.closed, SizeIs(1));
    EXPECT_EQ(batch.closed[0].id, id);
    EXPECT_EQ(batch.closed[0].until, gone);
    run.sessions({});
    EXPECT_EQ(run.history.waiting(), 0u);
}

TEST(History, DoesNotKeepWordsThatChangeAlone) {
    Looked run;
    run.sessions({session("a", "failed")});
    run.history.take();
    Signal other = session("a", "failed");
    other.says = "in other words";
    run.sessions({other});
    EXPECT_EQ(run.history.waiting(), 0u);
}

TEST(History, KeepsNumbersInSteps) {
    Looked run;
    run.disks(0.5);
    run.history.take();
    run.disks(0.504);
    run.disks(0.508);
    EXPECT_EQ(run.history.waiting(), 0u);
    run.disks(0.5101);
    EXPECT_EQ(run.history.take().opened.at(0).value, 0.5101);
    EXPECT_TRUE(is_step(1, 2));
    EXPECT_FALSE(is_step(1'000, 1'005));
    EXPECT_TRUE(is_step(1'000, 1'010));
    EXPECT_TRUE(is_step(1, NAN));
    EXPECT_FALSE(is_step(NAN, NAN));
}

TEST(History, KeepsWhatPassesAThresholdOfARule) {
    Looked run;
    run.history.replace_rules({rule_above(SignalKind::kResource, 0.502)});
    run.disks(0.5);
    run.history.take();
    run.disks(0.502);
    EXPECT_EQ(run.history.take().opened.size(), 1u) << "at it is not above it, but a rule below it would end";
    run.disks(0.5021);
    EXPECT_EQ(run.history.take().opened.size(), 1u);
    run.disks(0.5029);
    EXPECT_EQ(run.history.waiting(), 0u);
}

TEST(History, CountsWhatChangesTooOftenAndKeepsHowItEnds) {
    Looked run;
    for (int i = 0; i < 29; ++i) run.sessions({session("a", i % 2 == 0 ? "working" : "failed")});
    HistoryBatch batch = run.history.take();
    EXPECT_THAT(batch.opened, SizeIs(kHistoryTurnsMax));
    ASSERT_THAT(batch.left_out, SizeIs(1));
    EXPECT_EQ(batch.left_out[0].tenant, "default");
    EXPECT_EQ(batch.left_out[0].count + batch.opened.size(), 28u) << "all but the last, which waits";
    Time last = run.now - seconds(2);
    run.sessions({session("a", "working")});
    run.sessions({session("a", "working")});
    batch = run.history.take();
    ASSERT_THAT(batch.opened, SizeIs(1));
    EXPECT_EQ(batch.opened[0].labels.get("state"), "working");
    EXPECT_EQ(batch.opened[0].from, last) << "when it turned, not when it could be kept";
    EXPECT_THAT(batch.left_out, IsEmpty());
}

TEST(History, CountsWhatComesAndGoesTooOften) {
    Looked run;
    for (int i = 0; i < 28; ++i)
        run.sessions(i % 2 == 0 ? std::vector<Signal>{session("a", "failed")} : std::vector<Signal>());
    HistoryBatch batch = run.history.take();
    EXPECT_LE(batch.opened.size(), kHistoryTurnsMax);
    ASSERT_THAT(batch.left_out, SizeIs(1));
    EXPECT_GT(batch.left_out[0].count, 15u);
}

TEST(History, BoundsAFloodOfThings) {
    Looked run;
    std::vector<Signal> all;
    for (size_t i = 0; i < kHistoryThingsMax + 10; ++i) all.push_back(session(std::to_string(i), "working"));
    run.sessions(all);
    EXPECT_EQ(run.history.things(), kHistoryThingsMax);
    HistoryBatch batch = run.history.take();
    EXPECT_THAT(batch.opened, SizeIs(kHistoryChangesMax));
    ASSERT_THAT(batch.watched, SizeIs(1));
    EXPECT_THAT(batch.watched[0].why, testing::HasSubstr("more than"));
    run.sessions(all, minutes(1));
    EXPECT_EQ(run.history.waiting(), 0u);
    run.sessions(all);
    batch = run.history.take();
    EXPECT_THAT(batch.opened, SizeIs(kHistoryThingsMax - kHistoryChangesMax));
    EXPECT_EQ(batch.opened[0].from, kStart);
}

TEST(History, KnowsWhenItWasWatched) {
    Looked run;
    run.sessions({});
    run.sessions({});
    HistoryBatch batch = run.history.take();
    ASSERT_THAT(batch.watched, SizeIs(1)) << "of the kinds that nobody looked at nothing is said";
    EXPECT_EQ(batch.watched[0].from, kStart);
    EXPECT_EQ(batch.watched[0].until, kStart + seconds(2));
    EXPECT_EQ(batch.watched[0].why, "");
    run.history.look_unknown(SignalKind::kSession, "the fleet is behind", run.now);
    run.now += seconds(10);
    Time again = run.now;
    run.sessions({});
    batch = run.history.take();
    ASSERT_THAT(batch.watched, SizeIs(2));
    EXPECT_EQ(batch.watched[0].until, kStart + seconds(2));
    EXPECT_EQ(batch.watched[0].why, "the fleet is behind");
    EXPECT_EQ(batch.watched[1].from, again);
    EXPECT_NE(batch.watched[0].id, batch.watched[1].id);
}

TEST(History, LeavesAGapWhenNobodyLooked) {
    Looked run;
    run.sessions({}, minutes(5));
    run.sessions({});
    HistoryBatch batch = run.history.take();
    ASSERT_THAT(batch.watched, SizeIs(2));
    EXPECT_EQ(batch.watched[0].until, kStart);
    EXPECT_EQ(batch.watched[1].from, kStart + minutes(5));
}

TEST(History, GoesOnWithWhatStoodOpenBeforeARestart) {
    Looked before;
    before.sessions({session("same", "failed"), session("other", "working"), session("gone", "working")});
    std::vector<Stretch> open = before.history.take().opened;
    Looked run{.now = before.now + minutes(1)};
    run.history.restore(open, 100);
    Time first = run.now;
    run.sessions({session("same", "failed"), session("other", "failed")});
    HistoryBatch batch = run.history.take();
    ASSERT_THAT(batch.opened, SizeIs(1));
    EXPECT_GE(batch.opened[0].id, 100);
    EXPECT_EQ(batch.opened[0].labels.get("session"), "other");
    ASSERT_THAT(batch.closed, SizeIs(2));
    EXPECT_EQ(batch.closed[0].until, first);
    EXPECT_EQ(batch.closed[1].until, first);
}

TEST(History, BeginsAnewWhenTheClockIsSetBack) {
    Looked run;
    run.sessions({session("a", "failed")});
    run.now -= seconds(10);
    run.sessions({session("a", "failed")});
    EXPECT_THAT(run.history.take().opened, SizeIs(1)) << "a correction is none";
    run.now -= minutes(60);
    Time back = run.now;
    run.sessions({session("a", "failed")});
    HistoryBatch batch = run.history.take();
    ASSERT_THAT(batch.closed, SizeIs(1));
    EXPECT_EQ(batch.closed[0].until, kStart);
    ASSERT_THAT(batch.opened, SizeIs(1));
    EXPECT_EQ(batch.opened[0].from, back);
    ASSERT_THAT(batch.watched, SizeIs(2));
    EXPECT_EQ(batch.watched[0].why, "the clock was set back");
}

TEST(History, KeepsTenantsApart) {
    Looked run;
    Signal foreign = session("a", "failed");
    foreign.tenant = "other";
    run.sessions({session("a", "working"), foreign});
    run.history.take();
    run.sessions({session("a", "working")});
    HistoryBatch batch = run.history.take();
    EXPECT_THAT(batch.opened, IsEmpty());
    EXPECT_THAT(batch.closed, SizeIs(1));
}

}  // namespace
}  // namespace nightshift::alerts
