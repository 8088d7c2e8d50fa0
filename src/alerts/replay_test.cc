#include "alerts/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alerts/limits.h"

namespace nightshift::alerts {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const Time kStart = from_unix_us(1'700'000'000'000'000);
constexpr seconds kEvery{2};

Time at(int minute) {
    return kStart + minutes(minute);
}

Rule failed(HoldPolicy hold = {}) {
    Rule rule;
    rule.name = "failed";
    rule.on = SignalKind::kSession;
    rule.where = *parse_matchers("state=failed");
    rule.hold = hold;
    rule.summary = "{{session}}: {{says}}";
    return rule;
}

Stretch stood(std::string_view session, std::string_view state, Time from, Time until) {
    Stretch stretch;
    stretch.labels = {{"session", session}, {"agent", "builder"}, {"state", state}};
    stretch.says = "it is so";
    stretch.from = from;
    stretch.until = until;
    return stretch;
}

Preview replay_of(const Rule& rule, std::vector<Stretch> all, std::vector<Gap> gaps = {}) {
    PastBuilder builder(rule);
    for (auto each = all.rbegin(); each != all.rend(); ++each) {
        if (builder.wants(each->labels)) builder.take(*each);
    }
    Past past = std::move(builder).finish();
    past.gaps = std::move(gaps);
    return replay(rule, past, at(0), at(600), kEvery);
}

TEST(Replay, SaysWhenItWouldHaveFiredAndForHowLong) {
    Preview seen = replay_of(
        failed(), {stood("a", "working", at(0), at(10)), stood("a", "failed", at(10), at(20)),
                   stood("a", "working", at(20), at(30)), stood("b", "failed", at(15), Stretch::kOpen)});
    EXPECT_EQ(seen.fired, 2u);
    ASSERT_THAT(seen.episodes, SizeIs(2));
    EXPECT_EQ(seen.episodes[0].summary, "a: it is so");
    EXPECT_EQ(seen.episodes[0].labels.get("alertname"), "failed");
    EXPECT_EQ(seen.episodes[0].starts, at(10));
    EXPECT_EQ(seen.episodes[0].ends, at(20));
    EXPECT_EQ(seen.episodes[1].starts, at(15));
    EXPECT_EQ(seen.episodes[1].ends, Time::max());
    EXPECT_LE(seen.looks, 4u) << "what cannot change anything is not looked at";
    EXPECT_THAT(seen.notes, IsEmpty());
}

TEST(Replay, WaitsAsLongAsTheRuleDoes) {
    Preview seen = replay_of(failed({.hold = minutes(5), .resolve_after = minutes(3)}),
                             {stood("a", "failed", at(10), at(14)), stood("a", "failed", at(30), at(50))});
    ASSERT_THAT(seen.episodes, SizeIs(1));
    EXPECT_EQ(seen.episodes[0].starts, at(35));
    EXPECT_EQ(seen.episodes[0].ends, at(53) - kEvery) << "the last look that saw it was one before";
}

TEST(Replay, KnowsWhatHeldAlreadyAtItsBeginning) {
    Rule rule = failed({.hold = minutes(60)});
    EXPECT_LE(replay_begin(rule, at(0), kEvery), at(-60));
    Preview seen =
        replay_of(rule, {stood("over", "failed", at(-300), at(-10)), stood("a", "failed", at(-300), at(10)),
                         stood("b", "failed", at(-30), at(40))});
    ASSERT_THAT(seen.episodes, SizeIs(2));
    EXPECT_EQ(seen.fired, 2u);
    EXPECT_EQ(seen.episodes[0].starts, at(-240));
    EXPECT_EQ(seen.episodes[1].starts, at(30));
}

TEST(Replay, CountsLooksForRulesThatDo) {
    Rule rule = failed({.hits = 3, .looks = 5, .flap_changes = 0});
    auto blip = [](int first, int looks) {
        return stood("a", "failed", at(10) + first * kEvery, at(10) + (first + looks) * kEvery);
    };
    EXPECT_THAT(replay_of(rule, {blip(0, 1), blip(2, 1)}).episodes, IsEmpty());
    Preview seen = replay_of(rule, {blip(0, 1), blip(2, 1), blip(4, 1)});
    ASSERT_THAT(seen.episodes, SizeIs(1));
    EXPECT_EQ(seen.episodes[0].starts, at(10) + 4 * kEvery);
    EXPECT_EQ(seen.episodes[0].ends, at(10) + 5 * kEvery);
    EXPECT_THAT(replay_of(rule, {blip(0, 3)}).episodes, SizeIs(1));
}

TEST(Replay, DoesNotLookAtEachWayInWhichItHolds) {
    Rule rule = failed({.hold = minutes(30)});
    rule.where.clear();
    std::vector<Stretch> all;
    for (int i = 0; i < 100; ++i)
        all.push_back(stood("a", i % 2 == 0 ? "failed" : "stalled", at(i), at(i + 1)));
    all[30].says = "it was so when it fired";
    Preview seen = replay_of(rule, all);
    ASSERT_THAT(seen.episodes, SizeIs(1));
    EXPECT_EQ(seen.episodes[0].starts, at(30));
    EXPECT_EQ(seen.episodes[0].ends, at(100));
    EXPECT_EQ(seen.episodes[0].summary, "a: it was so when it fired");
    EXPECT_LE(seen.looks, 4u);
}

TEST(Replay, TellsThatItFlaps) {
    std::vector<Stretch> all;
    for (int i = 0; i < 20; ++i) all.push_back(stood("a", "failed", at(2 * i), at(2 * i + 1)));
    Preview seen = replay_of(failed(), all);
    EXPECT_LT(seen.fired, 6u);
    EXPECT_TRUE(seen.episodes.back().is_flapping);
    EXPECT_GE(seen.episodes.back().ends, at(39) + minutes(15));
    EXPECT_LT(seen.episodes.back().ends, at(39) + minutes(16));
}

TEST(Replay, NeitherGoesOnNorBeginsAnewWhileNobodyLooked) {
    std::vector<Gap> gaps{{at(13), at(43), "Nightshift did not run"}};
    HoldPolicy five{.hold = minutes(5)};
    Preview seen = replay_of(failed(five), {stood("a", "failed", at(10), at(50))}, gaps);
    ASSERT_THAT(seen.episodes, SizeIs(1));
    EXPECT_GE(seen.episodes[0].starts, at(44)) << "three of five minutes were seen before the gap";
    EXPECT_LE(seen.episodes[0].starts, at(46));
    ASSERT_THAT(seen.gaps, SizeIs(1));
    EXPECT_EQ(seen.gaps[0].why, "Nightshift did not run");
    EXPECT_THAT(replay_of(failed(five), {stood("a", "failed", at(10), at(44))}, gaps).episodes, IsEmpty());
}

TEST(Replay, EndsNothingWhileNobodyLooked) {
    std::vector<Gap> gaps{{at(13), at(43), "Nightshift did not run"}};
    Preview seen = replay_of(failed(), {stood("a", "failed", at(10), at(20))}, gaps);
    ASSERT_THAT(seen.episodes, SizeIs(1));
    EXPECT_EQ(seen.episodes[0].starts, at(10));
    EXPECT_EQ(seen.episodes[0].ends, at(43));
    seen = replay_of(failed(), {stood("a", "failed", at(13), at(60))}, gaps);
    EXPECT_EQ(seen.episodes.at(0).starts, at(13)) << "the last look before the gap saw it";
    seen = replay_of(failed(), {stood("a", "failed", at(20), at(30))}, gaps);
    EXPECT_THAT(seen.episodes, IsEmpty());
}

TEST(Replay, SaysWhatItLeftOut) {
    Rule rule = failed({.hits = 1, .looks = 64, .flap_changes = 0});
    std::vector<Stretch> all;
    for (int thing = 0; thing < 200; ++thing) {
        for (int i = 0; i < 100; ++i)
            all.push_back(stood(std::to_string(thing), "failed", at(5 * i), at(5 * i) + seconds(2)));
    }
    Preview seen = replay_of(rule, all);
    EXPECT_EQ(seen.looks, kReplayLooksMax);
    ASSERT_THAT(seen.notes, SizeIs(1));
    EXPECT_THAT(seen.notes[0], HasSubstr("of 200 things were not looked at"));
    EXPECT_THAT(seen.episodes, SizeIs(Preview::kEpisodesMax));
    EXPECT_GT(seen.fired, Preview::kEpisodesMax);
}

TEST(Replay, GivesAlertsTheLabelsThatTheyHaveNow) {
    Stretch stretch = stood("a", "failed", at(10), at(20));
    stretch.labels.set("team", "payments");
    stretch.added = {{"team", "payments"}};
    EXPECT_EQ(replay_of(failed(), {stretch}).episodes.at(0).labels.get("team"), "payments");
}

TEST(Past, HasOnlyWhatFitsTheRule) {
    Rule rule = failed();
    rule.threshold.above = 2;
    PastBuilder builder(rule);
    Stretch low = stood("a", "failed", at(1), at(2));
    low.value = 2;
    Stretch high = stood("a", "failed", at(2), at(3));
    high.value = 3;
    EXPECT_FALSE(builder.wants(stood("b", "working", at(1), at(2)).labels));
    EXPECT_TRUE(builder.wants(low.labels));
    builder.take(low);
    builder.take(high);
    Past past = std::move(builder).finish();
    ASSERT_THAT(past.things, SizeIs(1));
    ASSERT_THAT(past.things[0], SizeIs(1));
    EXPECT_EQ(past.things[0][0].value, 3);
}

TEST(Past, LetsTheLaterWordCountWhereTwoOverlap) {
    Rule rule = failed();
    PastBuilder builder(rule);
    builder.take(stood("a", "failed", at(5), at(9)));
    builder.take(stood("a", "failed", at(1), at(7)));
    Past past = std::move(builder).finish();
    ASSERT_THAT(past.things.at(0), SizeIs(2));
    EXPECT_EQ(past.things[0][0].until, at(5));
}

Watched watched(int from, int until, std::string why) {
    return {.from = at(from), .until = at(until), .why = std::move(why)};
}

TEST(Gaps, AreWhatNoStretchCovers) {
    auto gaps = gaps_between({watched(10, 20, ""), watched(25, 40, "stopped"), watched(41, 60, "")}, at(0),
                             at(60), seconds(30));
    ASSERT_THAT(gaps, SizeIs(3));
    EXPECT_EQ(gaps[0].from, at(0));
    EXPECT_EQ(gaps[0].until, at(10));
    EXPECT_THAT(gaps[0].why, HasSubstr("nothing is kept"));
    EXPECT_EQ(gaps[1].why, "Nightshift did not run");
    EXPECT_EQ(gaps[2].why, "stopped");
    EXPECT_EQ(gaps[2].until, at(41));
}

TEST(Gaps, AreNotBetweenTheLastLookAndNow) {
    EXPECT_THAT(gaps_between({watched(0, 60, "")}, at(0), at(60) + seconds(20), seconds(30)), IsEmpty());
    EXPECT_THAT(gaps_between({watched(0, 60, "")}, at(0), at(62), seconds(30)), SizeIs(1));
    EXPECT_THAT(gaps_between({watched(0, 60, "behind")}, at(0), at(60) + seconds(20), seconds(30)),
                SizeIs(1));
    EXPECT_THAT(gaps_between({}, at(0), at(60), seconds(30)), SizeIs(1));
}

}  // namespace
}  // namespace nightshift::alerts
