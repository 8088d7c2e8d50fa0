#include "recorder/matcher.h"

#include <gtest/gtest.h>

namespace nightshift::recorder {
namespace {

Event event(std::string_view tenant, std::string_view agent, Status status) {
    Event event;
    event.tenant = tenant;
    event.agent = agent;
    event.kind = Kind::kTurn;
    event.status = status;
    event.time_us = 1'790'000'000'000'000;
    return event;
}

TEST(Matcher, FindsTheTenantsEvents) {
    EventBatch batch;
    batch.events.push_back(event("default", "molt", Status::kOk));
    batch.events.push_back(event("default", "molt", Status::kError));
    batch.events.push_back(event("other", "molt", Status::kError));
    batch.events.push_back(event("default", "crab", Status::kError));
    auto matcher = Matcher::parse("kind = turn and status = error");
    ASSERT_TRUE(matcher);
    EXPECT_EQ(matcher->match(batch, "default"), (std::vector<size_t>{1, 3}));
    EXPECT_EQ(matcher->match(batch, "nobody"), std::vector<size_t>{});
}

TEST(Matcher, LooksAtBatchesOfAnySize) {
    EventBatch batch;
    for (int i = 0; i < 10'000; ++i)
        batch.events.push_back(event("default", "molt", i % 5'000 == 4'999 ? Status::kError : Status::kOk));
    auto matcher = Matcher::parse("status = error");
    EXPECT_EQ(matcher->match(batch, "default"), (std::vector<size_t>{4'999, 9'999}));
}

TEST(Matcher, SaysWhatIsWrong) {
    EXPECT_FALSE(Matcher::parse("status is bad"));
}

}  // namespace
}  // namespace nightshift::recorder
