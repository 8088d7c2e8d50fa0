#include "incidents/store.h"

#include <gtest/gtest.h>

#include "incidents/runbook_store.h"

namespace nightshift::incidents {
namespace {

const Time kNow = from_unix_us(1'700'000'000'000'000);

class IncidentStore : public testing::Test {
protected:
    IncidentStore() : db_(*store::Database::open(":memory:")) { EXPECT_TRUE(migrate_incidents(db_)); }

    static Kept incident(std::string id, std::string key) {
        Kept kept;
        kept.incident.id = std::move(id);
        kept.incident.tenant = "default";
        kept.incident.key = std::move(key);
        kept.incident.title = "t";
        kept.incident.opened = kept.incident.started = kNow;
        kept.told = {1, 0xffff'ffff'ffff'fffe};
        kept.told_at = kNow;
        kept.policy = "night";
        return kept;
    }

    store::Database db_;
};

TEST_F(IncidentStore, GivesBackWhatItWasGiven) {
    Kept kept = incident("inc_1", "k");
    ASSERT_TRUE(put_incident(db_, row_of(kept)));
    kept.incident.title = "changed";
    ASSERT_TRUE(put_incident(db_, row_of(kept)));
    auto recent = select_recent(db_, kNow);
    ASSERT_TRUE(recent);
    ASSERT_EQ(recent->size(), 1u);
    EXPECT_EQ((*recent)[0].incident.title, "changed");
    EXPECT_EQ((*recent)[0].told, kept.told);
    EXPECT_EQ((*recent)[0].told_at, kNow);
    EXPECT_EQ((*recent)[0].policy, "night");
    EXPECT_TRUE(select_incident(db_, "default", "inc_1"));
    EXPECT_FALSE(select_incident(db_, "other", "inc_1"));
}

TEST_F(IncidentStore, RefusesASecondUnresolvedIncidentOfOneGroup) {
    ASSERT_TRUE(put_incident(db_, row_of(incident("inc_1", "k"))));
    auto second = put_incident(db_, row_of(incident("inc_2", "k")));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Code::kConflict);
    Kept over = incident("inc_1", "k");
    over.incident.state = State::kResolved;
    over.incident.resolved = kNow + seconds(1);
    ASSERT_TRUE(put_incident(db_, row_of(over)));
    EXPECT_TRUE(put_incident(db_, row_of(incident("inc_2", "k"))));
}

TEST_F(IncidentStore, PagesTheNewestFirstAndCounts) {
    for (int i = 0; i < 5; ++i) {
        Kept kept = incident(fmt::format("inc_{}", i), std::to_string(i));
        if (i == 0) {
            kept.incident.state = State::kResolved;
            kept.incident.resolved = kNow;
        }
        ASSERT_TRUE(put_incident(db_, row_of(kept)));
    }
    Filter filter{.tenant = "default", .is_unresolved = true, .limit = 3};
    auto first = select_page(db_, filter);
    ASSERT_TRUE(first);
    ASSERT_EQ(first->incidents.size(), 3u);
    EXPECT_EQ(first->total, 4u);
    EXPECT_EQ(first->incidents[0].id, "inc_4");
    filter.cursor = first->cursor;
    auto second = select_page(db_, filter);
    ASSERT_TRUE(second);
    ASSERT_EQ(second->incidents.size(), 1u);
    EXPECT_EQ(second->incidents[0].id, "inc_1");
    EXPECT_EQ(second->cursor, "");
    EXPECT_EQ(*forget_resolved(db_, kNow + seconds(1)), 1);
}

TEST_F(IncidentStore, KeepsRunsOfRunbooks) {
    RunbookRun run{.id = "rbk_1",
                   .tenant = "default",
                   .runbook = "again",
                   .incident = "inc_1",
                   .key = "k",
                   .target = "job x"};
    run.planned = kNow - std::chrono::hours(100);
    ASSERT_TRUE(put_runbook_run(db_, run));
    // It has not ended: it counts, however old it is.
    EXPECT_EQ(select_runbook_runs(db_, kNow)->size(), 1u);
    ASSERT_TRUE(move_to(run, RunState::kRefused, "no", kNow));
    ASSERT_TRUE(put_runbook_run(db_, run));
    EXPECT_EQ(select_runbook_runs(db_, kNow)->size(), 0u);
    EXPECT_EQ(select_runbook_runs(db_, kNow - std::chrono::hours(200))->at(0), run);
}

}  // namespace
}  // namespace nightshift::incidents
