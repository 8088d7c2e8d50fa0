#include "ingest/series.h"

#include <gtest/gtest.h>

namespace nightshift::ingest {
namespace {

using Undo = std::optional<SeriesTable::Undo>;

TEST(Difference, CountsWhatWasAdded) {
    EXPECT_EQ(difference({1, 10, 5, 2}, {1, 20, 8, 3})->sum, 3);
    EXPECT_EQ(difference({1, 10, 5, 2}, {1, 20, 8, 3})->count, 1u);
    EXPECT_FALSE(difference({1, 10, 5, 2}, {1, 20, 5, 2}).has_value());
    EXPECT_FALSE(difference({1, 10, 5, 2}, {1, 10, 9, 9}).has_value());
}

TEST(Difference, TakesAllAfterASenderBeganAnew) {
    EXPECT_EQ(difference({1, 10, 5, 0}, {15, 20, 8, 0})->sum, 8);
    EXPECT_EQ(difference({1, 10, 5, 0}, {1, 20, 2, 0})->sum, 2);
}

TEST(SeriesTable, StartsOlderSeriesFromTheirFirstPoint) {
    SeriesTable table(100, 10);
    Undo undo;
    EXPECT_FALSE(table.observe(1, {50, 110, 1000, 0}, undo).has_value());
    EXPECT_EQ(table.observe(1, {50, 120, 1007, 0}, undo)->sum, 7);
    EXPECT_EQ(table.observe(2, {105, 120, 30, 0}, undo)->sum, 30);
}

TEST(SeriesTable, TakesBackWhatWasNotWritten) {
    SeriesTable table(0, 10);
    Undo first;
    table.observe(1, {5, 10, 3, 0}, first);
    table.take_back(*first);
    EXPECT_EQ(table.observe(1, {5, 10, 3, 0}, first)->sum, 3);
    Undo second;
    EXPECT_EQ(table.observe(1, {5, 20, 9, 0}, second)->sum, 6);
    table.take_back(*first);  // a later observation stands on it
    table.take_back(*second);
    EXPECT_EQ(table.observe(1, {5, 20, 9, 0}, second)->sum, 6);
}

TEST(SeriesTable, RefusesNewSeriesWhenFullUntilOldOnesFallSilent) {
    constexpr uint64_t kHour = 3'600'000'000'000;
    SeriesTable table(0, 2);
    Undo undo;
    table.observe(1, {1, 10, 1, 0}, undo);
    table.observe(2, {1, 10, 1, 0}, undo);
    EXPECT_FALSE(table.observe(3, {1, 20, 1, 0}, undo).has_value());
    EXPECT_EQ(table.refused(), 1u);
    EXPECT_TRUE(table.observe(3, {1, 2 * kHour, 1, 0}, undo).has_value());
    EXPECT_EQ(table.size(), 1u);
}

}  // namespace
}  // namespace nightshift::ingest
