#include "alerts/history_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alerts/limits.h"

namespace nightshift::alerts {
namespace {

using std::chrono::hours;
using testing::IsEmpty;
using testing::SizeIs;

const Time kStart = from_unix_us(1'700'000'000'000'000);
const PastRange kAll{SignalKind::kSession, "default", kStart, kStart + hours(10'000)};

struct HistoryStore : testing::Test {
    store::Database db = *store::Database::open(":memory:");

    void SetUp() override { ASSERT_TRUE(migrate_history(db)); }

    static Stretch stood(int64_t id, Time from, Time until) {
        Stretch stretch;
        stretch.id = id;
        stretch.tenant = "default";
        stretch.labels = {{"session", std::to_string(id)}, {"state", "failed"}};
        stretch.value = 0.5;
        stretch.says = "why";
        stretch.from = from;
        stretch.until = until;
        return stretch;
    }
    void put(const HistoryBatch& batch) { ASSERT_TRUE(put_history(db, batch)); }

    std::vector<Stretch> stretches(PastRange range = kAll) {
        std::vector<Stretch> found;
        EXPECT_TRUE(select_stretches(
            db, range, [&](const Labels& labels) { return labels.get("state") == "failed"; },
            [&](const Stretch& each) { found.push_back(each); }));
        return found;
    }
};

TEST_F(HistoryStore, GivesBackWhatItTook) {
    HistoryBatch batch;
    batch.opened = {stood(1, kStart, Stretch::kOpen), stood(2, kStart, Stretch::kOpen)};
    batch.opened[0].added = {{"state", "failed"}};
    batch.opened[1].value = NAN;
    batch.closed = {{2, kStart + hours(1)}};
    batch.watched = {{3, SignalKind::kSession, kStart, kStart + hours(1), ""}};
    batch.left_out = {{SignalKind::kSession, "default", kStart, 5}};
    put(batch);
    put({.left_out = batch.left_out});

    std::vector<Stretch> found = stretches();
    ASSERT_THAT(found, SizeIs(2));
    EXPECT_EQ(found[0].id, 1);
    EXPECT_EQ(found[0].labels, batch.opened[0].labels);
    EXPECT_EQ(found[0].added, batch.opened[0].added);
    EXPECT_EQ(found[0].value, 0.5);
    EXPECT_EQ(found[0].says, "why");
    EXPECT_EQ(found[0].until, Stretch::kOpen);
    EXPECT_TRUE(std::isnan(found[1].value));
    EXPECT_EQ(found[1].until, kStart + hours(1));
    EXPECT_THAT(*select_watched(db, kAll), SizeIs(1));
    EXPECT_EQ(*count_left_out(db, {SignalKind::kSession, "default", kStart - hours(1), kStart + hours(1)}),
              10u);
    EXPECT_EQ(*count_left_out(db, {SignalKind::kSession, "other", kStart - hours(1), kStart + hours(1)}), 0u);

    KeptHistory kept = *select_kept(db);
    ASSERT_THAT(kept.open, SizeIs(1));
    EXPECT_EQ(kept.open[0].id, 1);
    EXPECT_EQ(kept.next_id, 4);
    EXPECT_EQ(kept.rows[0], 2);
}

TEST_F(HistoryStore, FindsWhatTouchesTheRangeAndIsMeant) {
    put({.opened = {stood(1, kStart, kStart + hours(1)), stood(2, kStart + hours(1), kStart + hours(5)),
                    stood(3, kStart + hours(2), Stretch::kOpen),
                    stood(4, kStart + hours(9), Stretch::kOpen)}});
    PastRange range{SignalKind::kSession, "default", kStart + hours(3), kStart + hours(6)};
    std::vector<Stretch> found = stretches(range);
    ASSERT_THAT(found, SizeIs(2));
    EXPECT_EQ(found[0].id + found[1].id, 2 + 3);
    Stretch other = stood(5, kStart, Stretch::kOpen);
    other.labels.set("state", "idle");
    put({.opened = {other}});
    EXPECT_THAT(stretches(range), SizeIs(2));
    range.tenant = "other";
    EXPECT_THAT(stretches(range), IsEmpty());
    range = kAll;
    range.kind = SignalKind::kAgent;
    EXPECT_THAT(stretches(range), IsEmpty());
}

TEST_F(HistoryStore, DoesNotSayThatWhatItForgotWasWatched) {
    Watched watched{9, SignalKind::kSession, kStart, kStart + hours(100), ""};
    put({.opened = {stood(1, kStart, kStart + hours(10)), stood(2, kStart, Stretch::kOpen),
                    stood(3, kStart, kStart + hours(60))},
         .watched = {watched, {8, SignalKind::kSession, kStart - hours(9), kStart - hours(5), "stopped"}}});
    EXPECT_EQ(*forget_history(db, SignalKind::kSession, kStart + hours(50)), 1);
    EXPECT_THAT(stretches(), SizeIs(2));
    std::vector<Watched> left = *select_watched(db, kAll);
    ASSERT_THAT(left, SizeIs(1));
    EXPECT_EQ(left[0].from, kStart + hours(50));
    watched.until = kStart + hours(101);
    put({.watched = {watched}});
    left = *select_watched(db, kAll);
    ASSERT_THAT(left, SizeIs(1));
    EXPECT_EQ(left[0].from, kStart + hours(50));
    EXPECT_EQ(left[0].until, kStart + hours(101));
}

TEST_F(HistoryStore, ShedsThePortionThatEndedFirst) {
    HistoryBatch batch;
    for (int64_t i = 0; i < kHistoryPortion + 100; ++i)
        batch.opened.push_back(stood(i + 1, kStart, kStart + seconds(i + 1)));
    batch.watched = {{90'000, SignalKind::kSession, kStart, kStart + hours(5), ""}};
    put(batch);
    EXPECT_EQ(*shed_history(db, SignalKind::kAgent), 0);
    EXPECT_EQ(*shed_history(db, SignalKind::kSession), kHistoryPortion);
    EXPECT_THAT(stretches(), SizeIs(100));
    EXPECT_EQ(select_watched(db, kAll)->at(0).from, kStart + seconds(kHistoryPortion));
    EXPECT_EQ(*shed_history(db, SignalKind::kSession), 0) << "less than a portion is left";
}

TEST_F(HistoryStore, ForgetsInPortions) {
    HistoryBatch batch;
    for (int64_t i = 0; i < kHistoryPortion + 100; ++i)
        batch.opened.push_back(stood(i + 1, kStart, kStart + seconds(i + 1)));
    batch.opened.push_back(stood(1'000'000, kStart, Stretch::kOpen));
    put(batch);
    Time before = kStart + hours(24);
    EXPECT_EQ(*forget_history(db, SignalKind::kSession, before), kHistoryPortion);
    EXPECT_EQ(*forget_history(db, SignalKind::kSession, before), 100);
    EXPECT_EQ(*forget_history(db, SignalKind::kSession, before), 0);
    store::Statement names = *db.prepare("SELECT count(*) FROM signal_labels");
    ASSERT_TRUE(*names.step());
    EXPECT_EQ(names.integer(0), 1) << "of what still stands";
}

TEST_F(HistoryStore, TakesBackWhatMayHaveBeenLost) {
    put({.opened = {stood(1, kStart, Stretch::kOpen), stood(2, kStart + hours(3), Stretch::kOpen),
                    stood(3, kStart, kStart + hours(1))},
         .watched = {{9, SignalKind::kSession, kStart, kStart + hours(4), ""}}});
    ASSERT_TRUE(mend_history(db, kStart + hours(2)));
    EXPECT_THAT(select_kept(db)->open, IsEmpty());
    for (const Stretch& each : stretches()) EXPECT_GE(each.until, each.from);
    Watched watched = select_watched(db, kAll)->at(0);
    EXPECT_EQ(watched.until, kStart + hours(2));
    EXPECT_NE(watched.why, "");
    put({.watched = {{10, SignalKind::kSession, kStart + hours(3), kStart + hours(4), ""}}});
    ASSERT_TRUE(mend_history(db, kStart + hours(5)));
    watched = select_watched(db, kAll)->at(1);
    EXPECT_EQ(watched.until, kStart + hours(4)) << "what was not watched is not lost";
    EXPECT_NE(watched.why, "");
}

}  // namespace
}  // namespace nightshift::alerts
