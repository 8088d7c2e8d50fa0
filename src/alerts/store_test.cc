#include "alerts/store.h"

#include <gtest/gtest.h>

namespace nightshift::alerts {
namespace {

const Time kNow = from_unix_us(1'700'000'000'000'000);

class AlertStore : public testing::Test {
protected:
    AlertStore() : db_(*store::Database::open(":memory:")) { EXPECT_TRUE(migrate_alerts(db_)); }

    store::Database db_;
};

TEST_F(AlertStore, GivesBackWhatItWasGiven) {
    Alert alert{.tenant = "team", .labels = {{"alertname", "a"}}, .annotations = {{"summary", "s"}}};
    alert.starts = kNow;
    alert.ends = kNow + seconds(60);
    alert.updated = kNow + seconds(1);
    alert.generator = "http://prometheus.example/graph";
    alert.is_flapping = true;
    ASSERT_TRUE(put_alerts(db_, {alert}));
    auto found = select_alerts(db_);
    ASSERT_TRUE(found);
    ASSERT_EQ(found->size(), 1u);
    const Alert& again = found->front();
    EXPECT_EQ(again.tenant, "team");
    EXPECT_EQ(again.labels, alert.labels);
    EXPECT_EQ(again.annotations, alert.annotations);
    EXPECT_EQ(again.starts, alert.starts);
    EXPECT_EQ(again.ends, alert.ends);
    EXPECT_EQ(again.updated, alert.updated);
    EXPECT_EQ(again.generator, alert.generator);
    EXPECT_TRUE(again.is_flapping);
    EXPECT_FALSE(again.is_own);
}

TEST_F(AlertStore, KeepsAlertsThatSayNothingMore) {
    Alert bare{.labels = {{"alertname", "a"}}, .starts = kNow, .ends = Alert::kForever, .updated = kNow};
    auto put = put_alerts(db_, {bare});
    ASSERT_TRUE(put) << put.error().message;
    auto found = select_alerts(db_);
    ASSERT_TRUE(found);
    ASSERT_EQ(found->size(), 1u);
    EXPECT_TRUE(found->front().annotations.empty());
    EXPECT_TRUE(found->front().generator.empty());
    EXPECT_EQ(found->front().ends, Alert::kForever);
}

}  // namespace
}  // namespace nightshift::alerts
