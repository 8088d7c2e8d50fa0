#include "health/standing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nightshift::health {
namespace {

using ::testing::HasSubstr;
using Word = Settled::Word;

const Time kStart = from_unix_us(1'700'000'000'000'000);

// A probe that is looked at each minute; every letter is one look: good, bad or unknown.
struct Story {
    Policy policy;
    Settled settled;
    std::optional<Look> newest;
    Time now = kStart;

    Story& looks(std::string_view letters) {
        for (char letter : letters) {
            now += policy.every;
            Outcome outcome = letter == 'g'   ? Outcome::kGood
                              : letter == 'b' ? Outcome::kBad
                                              : Outcome::kUnknown;
            newest = Look{now, microseconds(5), outcome, std::string("says ") + letter};
            settled = take(settled, *newest, policy);
        }
        return *this;
    }
    Story& passes(seconds time) {
        now += time;
        return *this;
    }
    // Of what a restart forgets: all looks.
    Story& restarts() {
        settled.bad_bits = 0;
        settled.count = 0;
        newest.reset();
        return *this;
    }
    Standing standing() const { return state_of(settled, newest, policy, kStart, now); }
    State state() const { return standing().state; }
};

TEST(Standing, IsUnknownBeforeTheFirstLook) {
    Standing standing = Story().standing();
    EXPECT_EQ(standing.state, State::kUnknown);
    EXPECT_EQ(standing.since, kStart);
    EXPECT_EQ(standing.why, "nobody has looked yet");
}

TEST(Standing, PassesWithTheFirstGoodLook) {
    Story story = Story().looks("g");
    EXPECT_EQ(story.state(), State::kPassing);
    EXPECT_EQ(story.standing().since, kStart + seconds(60));
    EXPECT_EQ(story.looks("gg").standing().since, kStart + seconds(60));
}

TEST(Standing, FailsAtTwoOfTheLastThree) {
    EXPECT_EQ(Story().looks("gb").state(), State::kPassing);
    EXPECT_EQ(Story().looks("gbgb").state(), State::kFailing);
    EXPECT_EQ(Story().looks("gbggb").state(), State::kPassing) << "only one of the last three";
    Story story = Story().looks("gbb");
    EXPECT_EQ(story.state(), State::kFailing);
    EXPECT_EQ(story.standing().since, story.now);
    EXPECT_EQ(story.standing().why, "says b");
}

TEST(Standing, SaysThatTheNewestLookSpeaksAgainstIt) {
    EXPECT_EQ(Story().looks("gb").standing().why,
              "the newest look is bad, 1 of the 2 that make it failing: says b");
    Story slow;
    slow.policy.good_min = 3;
    EXPECT_EQ(slow.looks("bbg").standing().why, "good for 1 of 3 looks; before: says b");
}

TEST(Standing, IsNeverPassingWhenItOnlyFailsSeldom) {
    Story story = Story().looks("b");
    EXPECT_EQ(story.state(), State::kUnknown);
    EXPECT_THAT(story.standing().why, HasSubstr("1 of the 2 that make it failing"));
    EXPECT_EQ(story.looks("b").state(), State::kFailing);
}

TEST(Standing, NeedsSoManyGoodLooksInARowToPassAgain) {
    Story story;
    story.policy.good_min = 2;
    EXPECT_EQ(story.looks("bb").state(), State::kFailing);
    EXPECT_EQ(story.looks("gbg").state(), State::kFailing);
    EXPECT_EQ(story.looks("g").state(), State::kPassing);
    EXPECT_EQ(Story().looks("bbg").state(), State::kPassing) << "looks from before it passed count no more";
    EXPECT_EQ(Story().looks("bbgb").state(), State::kPassing);
}

TEST(Standing, IsNotChangedByLooksThatSayNothing) {
    EXPECT_EQ(Story().looks("guu").state(), State::kPassing);
    EXPECT_EQ(Story().looks("gubub").state(), State::kFailing) << "they are not among the last three";
    EXPECT_EQ(Story().looks("u").state(), State::kUnknown);
    EXPECT_EQ(Story().looks("u").standing().why, "we cannot look: says u");
}

TEST(Standing, IsStaleWhenNothingWasSeenForLong) {
    Story story = Story().looks("g").passes(seconds(180));
    EXPECT_EQ(story.state(), State::kPassing);
    story.passes(seconds(1));
    EXPECT_EQ(story.state(), State::kStale);
    EXPECT_EQ(story.standing().since, kStart + seconds(60 + 180));
    EXPECT_EQ(story.standing().why, "nothing was seen since it was passing at 2023-11-14T22:14:20Z: says g");
    EXPECT_EQ(story.looks("g").state(), State::kPassing);
}

TEST(Standing, IsUnknownWhenWeAreToBlameThatNothingIsSeen) {
    Story story = Story().looks("guuu");
    EXPECT_EQ(story.state(), State::kPassing) << "180 s are not over";
    story.looks("u");
    EXPECT_EQ(story.state(), State::kUnknown);
    EXPECT_EQ(story.standing().why, "we cannot look: says u; it was passing at 2023-11-14T22:14:20Z: says g");
    EXPECT_EQ(story.passes(seconds(600)).state(), State::kStale) << "we do not even try any more";
}

TEST(Standing, KeepsAFailureOverARestartAndCallsNothingStaleGood) {
    EXPECT_EQ(Story().looks("bb").restarts().state(), State::kFailing);
    EXPECT_EQ(Story().looks("gg").restarts().state(), State::kPassing);
    EXPECT_EQ(Story().looks("gg").restarts().passes(seconds(181)).state(), State::kStale);
    Story failed = Story().looks("bb").restarts().passes(seconds(181));
    EXPECT_EQ(failed.state(), State::kStale);
    EXPECT_EQ(failed.settled.word, Word::kFailing) << "what it was stays known";
    EXPECT_EQ(failed.looks("g").state(), State::kPassing);
}

TEST(Standing, TrustsNothingFromAFutureThatIsTooFar) {
    EXPECT_EQ(Story().looks("g").passes(seconds(-180)).state(), State::kPassing);
    EXPECT_EQ(Story().looks("g").passes(seconds(-181)).state(), State::kStale);
}

TEST(Standing, CountsNoFurtherThanItRemembers) {
    Story story;
    story.policy.bad_min = 32;
    story.policy.looks = 32;
    EXPECT_EQ(story.looks("g").looks(std::string(31, 'b')).state(), State::kPassing);
    EXPECT_EQ(story.looks("b").state(), State::kFailing);
    story.policy.good_min = 32;
    EXPECT_EQ(story.looks(std::string(31, 'g')).state(), State::kFailing);
    EXPECT_EQ(story.looks("g").state(), State::kPassing);
}

}  // namespace
}  // namespace nightshift::health
