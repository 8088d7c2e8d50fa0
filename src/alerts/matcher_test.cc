#include "alerts/matcher.h"

#include <gtest/gtest.h>

#include "alerts/limits.h"

namespace nightshift::alerts {
namespace {

bool matches(std::string_view matcher, const Labels& labels) {
    auto parsed = parse_matcher(matcher);
    EXPECT_TRUE(parsed) << matcher;
    return parsed && parsed->matches(labels);
}

TEST(Matcher, ComparesWholeValues) {
    Labels labels{{"agent", "builder"}, {"host", "a b"}};
    EXPECT_TRUE(matches("agent=builder", labels));
    EXPECT_TRUE(matches("agent = \"builder\"", labels));
    EXPECT_FALSE(matches("agent!=builder", labels));
    EXPECT_TRUE(matches("agent=~\"build.*\"", labels));
    EXPECT_FALSE(matches("agent=~build", labels));
    EXPECT_TRUE(matches("agent!~build", labels));
    EXPECT_TRUE(matches(R"(host="a b")", labels));
}

TEST(Matcher, TakesAMissingLabelAsEmpty) {
    Labels labels{{"agent", "builder"}};
    EXPECT_TRUE(matches("team=\"\"", labels));
    EXPECT_TRUE(matches("team!=web", labels));
    EXPECT_TRUE(matches("team=~\".*\"", labels));
    EXPECT_FALSE(matches("team=~\".+\"", labels));
}

TEST(Matcher, RefusesWhatIsNone) {
    for (std::string_view bad : {"", "agent", "=x", "agent=~\"(\"", "agent=\"x", "a b=c"})
        EXPECT_FALSE(parse_matcher(bad)) << bad;
    EXPECT_FALSE(make_matcher("a", Matcher::Op::kMatches, std::string(kPatternBytesMax + 1, 'a')));
}

TEST(Matcher, ReadsAList) {
    auto all = parse_matchers(R"({agent="a,b", host=~"x|y"})");
    ASSERT_TRUE(all);
    ASSERT_EQ(all->size(), 2u);
    EXPECT_EQ((*all)[0].value, "a,b");
    EXPECT_EQ(text_of(*all), R"({agent="a,b", host=~"x|y"})");
    EXPECT_TRUE(match_all(*all, {{"agent", "a,b"}, {"host", "y"}}));
    EXPECT_FALSE(match_all(*all, {{"agent", "a,b"}}));
    EXPECT_TRUE(match_all({}, {}));
}

}  // namespace
}  // namespace nightshift::alerts
