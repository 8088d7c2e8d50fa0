#include "recorder/filter.h"

#include <gtest/gtest.h>

#include "recorder/event_fixture.h"
#include "recorder/filter_evaluate.h"
#include "recorder/row_block.h"
#include "recorder/text_search.h"

namespace nightshift::recorder {
namespace {

constexpr int64_t kNowUs = 1'790'000'000'000'000;

// The numbers of the first 40 model calls that match.
std::vector<int> matching(std::string_view where) {
    auto rows = std::make_shared<RowBlock>();
    auto batch = testing::batch_of(40, kNowUs);
    for (size_t i = 0; i < batch->events.size(); ++i) rows->append(batch->events[i], i, true);
    MemoryBlock block(rows);
    Result<Filter> filter = parse_filter(where);
    EXPECT_TRUE(filter) << filter.error().message;
    std::vector<uint8_t> matches;
    EXPECT_TRUE(evaluate(*filter, block, "default", matches));
    std::vector<int> found;
    for (size_t i = 0; i < matches.size(); ++i) {
        if (matches[i] != 0) found.push_back(static_cast<int>(i));
    }
    return found;
}

std::string problem(std::string_view where) {
    Result<Filter> filter = parse_filter(where);
    return filter ? "" : filter.error().message;
}

TEST(Filter, ComparesTextsWordsAndNumbers) {
    EXPECT_EQ(matching("agent = agent-3").size(), 8u);
    EXPECT_EQ(matching("agent != \"agent-3\"").size(), 32u);
    EXPECT_EQ(matching("agent ~ AGENT").size(), 40u);
    EXPECT_EQ(matching("agent in (agent-1, agent-2)").size(), 16u);
    EXPECT_EQ(matching("status = error"), (std::vector<int>{0, 9, 18, 27, 36}));
    EXPECT_EQ(matching("status in (error, timeout)").size(), 5u);
    EXPECT_EQ(matching("kind ~ call").size(), 40u);
    EXPECT_EQ(matching("input_tokens >= 138"), (std::vector<int>{38, 39}));
    EXPECT_EQ(matching("total_tokens = 102"), (std::vector<int>{1}));
    EXPECT_EQ(matching("input_tokens in (100, 103)"), (std::vector<int>{0, 3}));
    EXPECT_EQ(matching("cost > 0.0000375"), (std::vector<int>{38, 39}));
    EXPECT_EQ(matching("duration <= 1ms"), (std::vector<int>{0}));
    EXPECT_EQ(matching("duration <= 1.05ms").size(), 2u);
    EXPECT_EQ(matching("simulated = true").size(), 0u);
    EXPECT_EQ(matching("tenant = default").size(), 40u);
    EXPECT_EQ(matching("tenant = other").size(), 0u);
    EXPECT_EQ(matching("error_type = \"\"").size(), 35u);
}

TEST(Filter, JoinsWithTheUsualPrecedence) {
    EXPECT_EQ(matching("").size(), 40u);
    EXPECT_EQ(matching("agent = agent-0 or agent = agent-1 and status = error").size(), 8u + 1u);
    EXPECT_EQ(matching("(agent = agent-0 or agent = agent-1) and status = error"), (std::vector<int>{0, 36}));
    EXPECT_EQ(matching("not status = error and not (agent = agent-0)").size(), 28u);
    EXPECT_EQ(matching("NOT not agent = agent-0").size(), 8u);
}

TEST(Filter, SaysWhatIsWrong) {
    EXPECT_NE(problem("agnet = x").find("did you mean 'agent'"), std::string::npos);
    EXPECT_NE(problem("status = eror").find("did you mean 'error'"), std::string::npos);
    EXPECT_NE(problem("agent = \"x").find("not closed"), std::string::npos);
    EXPECT_NE(problem("agent > x"), "");
    EXPECT_NE(problem("duration ~ 5"), "");
    EXPECT_NE(problem("duration > soon"), "");
    EXPECT_NE(problem("agent = a b"), "");
    EXPECT_NE(problem("agent"), "");
    EXPECT_NE(problem("(agent = a"), "");
    EXPECT_NE(problem("agent in (a"), "");
    EXPECT_NE(problem("and"), "");
    EXPECT_NE(problem("agent ! a"), "");
    EXPECT_NE(problem(std::string(20000, 'x')), "");
    EXPECT_NE(problem(std::string(5000, '(')), "");
    std::string deep;
    for (int i = 0; i < 1000; ++i) deep += "not ";
    EXPECT_NE(problem(deep + "agent = a"), "");
}

TEST(TextSearch, FindsWithoutCaseLikeThePlainWay) {
    Random random(1);
    for (int i = 0; i < 20000; ++i) {
        std::string text(random.below(60), ' ');
        for (char& c : text) c = "abAB@`"[random.below(6)];
        std::string needle(1 + random.below(4), ' ');
        for (char& c : needle) c = "ab@`"[random.below(4)];
        std::string lower = text;
        for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        ASSERT_EQ(contains_ignore_case(text, needle), lower.find(needle) != lower.npos)
            << text << " / " << needle;
    }
}

}  // namespace
}  // namespace nightshift::recorder
