#include "ingest/pricing.h"

#include <gtest/gtest.h>

namespace nightshift::ingest {
namespace {

TEST(Pricing, FindsModelsByTheLongestPrefixWhateverTheirPath) {
    Pricing pricing;
    ASSERT_NE(pricing.find("gpt-5-mini-2025-08-07"), nullptr);
    EXPECT_EQ(pricing.find("gpt-5-mini-2025-08-07")->model, "gpt-5-mini");
    EXPECT_EQ(pricing.find("us.anthropic.Claude-Sonnet-4-5-v1:0")->model, "claude-sonnet");
    EXPECT_EQ(pricing.find("openrouter/openai/gpt-4o")->model, "gpt-4o");
    EXPECT_EQ(pricing.find("fake-ok"), nullptr);
    EXPECT_EQ(pricing.find(""), nullptr);
}

TEST(Pricing, LetsTheConfigurationOverride) {
    Pricing pricing({{"GPT-5", 9, 9, 9, 9}, {"local", 0, 0, 0, 0}});
    EXPECT_EQ(pricing.find("gpt-5-mini")->input, 9);
    EXPECT_NE(pricing.find("local-llama"), nullptr);
}

TEST(Cost, PricesCachesApart) {
    const Price price = {"m", 3, 15, 0.3, 3.75};
    EXPECT_EQ(cost_nano_usd(price, {10'500, 9'000, 300, 42}),
              1200 * 3000 + 9000 * 300 + 300 * 3750 + 42 * 15000);
    EXPECT_EQ(cost_nano_usd(price, {}), 0);
    EXPECT_EQ(cost_nano_usd(price, {5, 10, 0, 0}), 10 * 300);
}

}  // namespace
}  // namespace nightshift::ingest
