#include "incidents/words.h"

#include <gtest/gtest.h>

#include "incidents/types.h"

namespace nightshift::incidents {
namespace {

TEST(Words, SaySpansInTheTwoLargestUnits) {
    EXPECT_EQ(span(seconds(-5)), "0 s");
    EXPECT_EQ(span(seconds(59)), "59 s");
    EXPECT_EQ(span(seconds(8 * 60 + 30)), "8 min");
    EXPECT_EQ(span(std::chrono::hours(3)), "3 h");
    EXPECT_EQ(span(std::chrono::minutes(192)), "3 h 12 min");
    EXPECT_EQ(span(std::chrono::hours(72)), "72 h");
    EXPECT_EQ(span(std::chrono::hours(100)), "4 d 4 h");
}

TEST(Words, SayWhenAndHowMany) {
    Time now = from_unix_ms(1'795'330'800'000);
    EXPECT_EQ(words(now), "2026-11-22T07:00:00Z");
    EXPECT_EQ(ago(now - std::chrono::minutes(8), now), "8 min ago");
    EXPECT_EQ(ago(now + seconds(3), now), "just now");
    EXPECT_EQ(count(1, "run"), "1 run");
    EXPECT_EQ(count(12, "run"), "12 runs");
}

TEST(Words, NameTheFirstAndCountTheOthers) {
    EXPECT_EQ(list({"a", "b", "c"}, 2, 47), "a, b and 45 others");
    EXPECT_EQ(list({"a", "b", "c"}, 2, 3), "a, b and 1 other");
    EXPECT_EQ(list({"a"}, 2, 1), "a");
    EXPECT_EQ(list({}, 2, 0), "");
}

TEST(Words, CutWithoutBreakingACharacter) {
    EXPECT_EQ(cut("short", 10), "short");
    EXPECT_EQ(cut("ääääää", 8), "ää…");
    EXPECT_LE(cut(std::string(100, 'x'), 10).size(), 10U);
}

TEST(Types, ReadTheWordsTheyWrite) {
    for (State each : {State::kOpen, State::kAcknowledged, State::kResolved})
        EXPECT_EQ(parse_state(to_string(each)), each);
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(parse_conclusion(to_string(static_cast<Conclusion>(i))), static_cast<Conclusion>(i));
        EXPECT_EQ(parse_finding(to_string(static_cast<Finding>(i))), static_cast<Finding>(i));
    }
    EXPECT_FALSE(parse_conclusion("fine"));
}

}  // namespace
}  // namespace nightshift::incidents
