#include "recorder/seal_due.h"

#include <gtest/gtest.h>

namespace nightshift::recorder {
namespace {

using std::chrono::seconds;

constexpr int64_t kSecondUs = 1'000'000;
constexpr seconds kSealAfter{300};

// Rows from `first` to `last`, in seconds.
View::Unsealed memtable(size_t bytes, int64_t first, int64_t last) {
    return {.rows = 1,
            .bytes = bytes,
            .first_arrival_us = first * kSecondUs,
            .last_arrival_us = last * kSecondUs};
}

TEST(SealDue, IsNeverForAnEmptyMemtable) {
    EXPECT_EQ(seal_due_us({}, kSealAfter), INT64_MAX);
}

TEST(SealDue, ComesWhenNothingHasComeForAWhile) {
    EXPECT_EQ(seal_due_us(memtable(100, 1000, 1010), kSealAfter), 1310 * kSecondUs);
}

TEST(SealDue, ComesAnHourAndThatWhileAfterTheFirstRowThatOthersFollow) {
    EXPECT_EQ(seal_due_us(memtable(100, 1000, 4890), kSealAfter), (1000 + 3600 + 300) * kSecondUs);
}

TEST(SealDue, ComesAtOnceForALargeMemtable) {
    EXPECT_EQ(seal_due_us(memtable(kLargeBytes, 1000, 1005), kSealAfter), 1005 * kSecondUs);
    EXPECT_EQ(seal_due_us(memtable(kLargeBytes - 1, 1000, 1005), kSealAfter), 1305 * kSecondUs);
}

}  // namespace
}  // namespace nightshift::recorder
