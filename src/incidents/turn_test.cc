#include "incidents/turn.h"

#include <gtest/gtest.h>

#include "incidents/incident_for_test.h"

namespace nightshift::incidents {
namespace {

using testing::kStart;
constexpr seconds kWait{15};

TEST(Turn, IsOursAtOnceWhenNobodyComesBefore) {
    EXPECT_TRUE(whose_turn(testing::incident(), seconds(0), "", kStart + seconds(5)).is_ours);
}

TEST(Turn, WaitsForTheNodesBefore) {
    Incident incident = testing::incident();
    Turn turn = whose_turn(incident, kWait, "", incident.opened + seconds(14));
    EXPECT_FALSE(turn.is_ours);
    EXPECT_EQ(turn.look_again, incident.opened + kWait);
    EXPECT_TRUE(whose_turn(incident, kWait, "", incident.opened + kWait).is_ours);
}

TEST(Turn, IsLeftToWhoeverDealsWithIt) {
    Incident incident = testing::incident();
    Time now = incident.opened + kWait;
    Turn turn = whose_turn(incident, kWait, "north", now);
    EXPECT_FALSE(turn.is_ours);
    ASSERT_TRUE(turn.look_again);
    EXPECT_GT(*turn.look_again, now);
}

TEST(Turn, IsKeptByWhoeverHasBegun) {
    Incident incident = testing::incident();
    incident.notifications.push_back({.channel = "phone"});
    EXPECT_TRUE(whose_turn(incident, kWait, "north", incident.opened).is_ours);
}

TEST(Turn, IsWrittenDownWhenItChanges) {
    Incident incident = testing::incident();
    size_t before = incident.timeline.size();
    EXPECT_FALSE(take_turn(incident, "", kStart));
    EXPECT_TRUE(take_turn(incident, "north", kStart));
    EXPECT_FALSE(take_turn(incident, "north", kStart));
    EXPECT_TRUE(take_turn(incident, "", kStart));
    ASSERT_EQ(incident.timeline.size(), before + 2);
    EXPECT_EQ(incident.timeline.back().text, "node north does not deal with it any more; this one does");
}

}  // namespace
}  // namespace nightshift::incidents
