#include "live/topic_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "live/types.h"

namespace nightshift::live {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(TopicName, TellsStateFromLog) {
    EXPECT_EQ(topic_kind("fleet"), TopicKind::kState);
    EXPECT_EQ(topic_kind("events"), TopicKind::kLog);
    EXPECT_EQ(topic_kind("session:abc"), TopicKind::kLog);
    EXPECT_EQ(topic_kind("session:" + std::string(504, 'x')), TopicKind::kLog);
}

TEST(TopicName, RefusesUnknownNamesAndSaysWhichExist) {
    for (std::string name : {"", "fleets", "session:", "session", "Fleet", "\xff", "session:\xff"}) {
        auto kind = topic_kind(name);
        ASSERT_FALSE(kind) << name;
        EXPECT_EQ(kind.error().code, Code::kInvalid);
        EXPECT_THAT(kind.error().message,
                    HasSubstr("fleet, jobs, supervised, incidents, events and session:<id>"));
    }
    EXPECT_FALSE(topic_kind("session:" + std::string(505, 'x')));
}

TEST(TopicName, ReadsAListSortedAndWithoutRepeats) {
    EXPECT_THAT(*parse_topics("session%3Ab,fleet,events,fleet"), ElementsAre("events", "fleet", "session:b"));
    EXPECT_THAT(*parse_topics("session:a%2Cb"), ElementsAre("session:a,b"));
    EXPECT_THAT(*parse_topics("session:a+b"), ElementsAre("session:a+b"));
}

TEST(TopicName, UnderstandsAListEncodedAsAWhole) {
    EXPECT_THAT(*parse_topics("fleet%2Cevents"), ElementsAre("events", "fleet"));
    EXPECT_THAT(*parse_topics("fleet%2Csession%253Aa%252Cb"), ElementsAre("fleet", "session:a,b"));
}

TEST(TopicName, RefusesBrokenLists) {
    for (std::string raw : {"", ",", "fleet,", "nope", "fleet%2", "session:a%2Cb,zzz", "fleet%2Cnope"}) {
        EXPECT_FALSE(parse_topics(raw)) << raw;
    }
}

TEST(TopicName, RefusesMoreTopicsThanAClientMayHave) {
    std::string raw = "fleet";
    for (size_t i = 1; i < kSubscriptionsMax; ++i) raw += ",session:" + std::to_string(i);
    EXPECT_EQ(parse_topics(raw)->size(), kSubscriptionsMax);
    auto topics = parse_topics(raw + ",events");
    ASSERT_FALSE(topics);
    EXPECT_EQ(topics.error().code, Code::kLimit);
}

TEST(RawQueryValue, FindsTheWholeNameOnly) {
    EXPECT_EQ(raw_query_value("a=1&topics=fleet%2C&since=x", "topics"), "fleet%2C");
    EXPECT_EQ(raw_query_value("mytopics=1&topics=2", "topics"), "2");
    EXPECT_EQ(raw_query_value("topics", "topics"), "");
    EXPECT_EQ(raw_query_value("", "topics"), "");
}

}  // namespace
}  // namespace nightshift::live
