#include <gtest/gtest.h>

#include "fleet/test_simulation.h"

namespace nightshift::fleet {
namespace {

constexpr uint64_t kSeeds = 60;  // tests/sim runs thousands

class HistoryTest : public testing::TestWithParam<size_t> {};

TEST_P(HistoryTest, IsJudgedRight) {
    const History history = all_histories()[GetParam()];
    for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
        const Outcome outcome = simulate(history, seed);
        EXPECT_EQ(outcome.was_detected, history.is_loop)
            << history.name << " seed " << seed << " " << outcome.explanation;
        EXPECT_FALSE(outcome.was_stalled) << history.name << " seed " << seed;
        if (history.is_loop && history.name != "wandering_loop") {
            EXPECT_LE(outcome.repetitions, 6)
                << history.name << " seed " << seed << " " << outcome.explanation;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, HistoryTest, testing::Range<size_t>(0, all_histories().size()),
                         [](const auto& info) { return std::string(all_histories()[info.param].name); });

}  // namespace
}  // namespace nightshift::fleet
