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
            .partitions = 1,
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

TEST(SealDue, ComesAtOnceForAMemtableThatMakesLargeSegments) {
    EXPECT_EQ(seal_due_us(memtable(kLargeBytes, 1000, 1005), kSealAfter), 1005 * kSecondUs);
    EXPECT_EQ(seal_due_us(memtable(kLargeBytes - 1, 1000, 1005), kSealAfter), 1305 * kSecondUs);
}

TEST(SealDue, ComesSoonAfterTheFirstRowOfALargeMemtableOfManyPartitions) {
    View::Unsealed shared = memtable(2 * kLargeBytes, 1000, 1050);
    shared.partitions = 3;
    EXPECT_EQ(seal_due_us(shared, kSealAfter), 1060 * kSecondUs);
    EXPECT_EQ(seal_due_us(shared, seconds(5)), 1055 * kSecondUs);
    shared.bytes = 3 * kLargeBytes;
    EXPECT_EQ(seal_due_us(shared, kSealAfter), 1050 * kSecondUs);
}

}  // namespace
}  // namespace nightshift::recorder
