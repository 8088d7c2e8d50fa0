#include "alerts/alert_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace nightshift::alerts {
namespace {

AlertPtr alert(int number) {
    return std::make_shared<const Alert>(Alert{.labels = {{"n", std::to_string(number)}}});
}

TEST(AlertTable, IsEmptyAtFirst) {
    AlertTable table;
    EXPECT_TRUE(table.empty());
    EXPECT_FALSE(table.contains(0));
    EXPECT_EQ(table.find(7), nullptr);
    EXPECT_EQ(table.begin(), table.end());
    table.erase(7);
    EXPECT_EQ(table.size(), 0u);
}

TEST(AlertTable, PutsAnAlertInThePlaceOfTheOneWithItsId) {
    AlertTable table;
    AlertPtr first = alert(1);
    AlertPtr second = alert(2);
    table.put(0, first);
    table.put(0, second);
    EXPECT_EQ(table.size(), 1u);
    EXPECT_EQ(table.find(0), second);
    EXPECT_EQ(first.use_count(), 1);
}

// Ids that share their last bits stand in each other's way.
TEST(AlertTable, DoesAsAMapDoesWhateverTheIds) {
    for (uint32_t seed = 0; seed < 20; ++seed) {
        std::mt19937 random(seed);
        AlertTable table;
        std::map<uint64_t, AlertPtr> expected;
        for (int step = 0; step < 2'000; ++step) {
            uint64_t id = (random() % 40) << (random() % 4);
            if (random() % 3 == 0) {
                table.erase(id);
                expected.erase(id);
            } else {
                AlertPtr one = alert(step);
                table.put(id, one);
                expected[id] = one;
            }
            ASSERT_EQ(table.size(), expected.size());
        }
        std::map<uint64_t, AlertPtr> found;
        for (const auto& [id, one] : table) found[id] = one;
        EXPECT_EQ(found, expected) << "seed " << seed;
        for (uint64_t id = 0; id < 320; ++id) EXPECT_EQ(table.contains(id), expected.contains(id)) << id;
    }
}

TEST(AlertTable, ErasesWhatIsOver) {
    AlertTable table;
    for (uint64_t id = 0; id < 100; ++id) table.put(id * 8, alert(static_cast<int>(id)));
    table.erase_if([](const AlertTable::Slot& each) { return each.id % 16 == 0; });
    EXPECT_EQ(table.size(), 50u);
    for (const auto& [id, one] : table) EXPECT_EQ(id % 16, 8u);
}

TEST(AlertTable, KnowsAnAlertByItsTenantAndLabels) {
    Alert one{.tenant = "a", .labels = {{"alertname", "x"}}};
    Alert other = one;
    other.annotations = {{"summary", "s"}};
    EXPECT_EQ(alert_id(one), alert_id(other));
    other.tenant = "b";
    EXPECT_NE(alert_id(one), alert_id(other));
}

}  // namespace
}  // namespace nightshift::alerts
