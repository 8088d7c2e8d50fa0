#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nightshift::ingest {

// What a model costs, in US dollars per million tokens. `model` is a prefix of the model's name.
struct Price {
    std::string model;
    double input = 0;  // tokens that came from no cache
    double output = 0;
    double cache_read = 0;
    double cache_write = 0;
    bool is_configured = false;  // not from the list that comes with the program
};

struct TokenCounts {
    uint64_t input = 0;  // with caches
    uint64_t cache_read = 0;
    uint64_t cache_write = 0;
    uint64_t output = 0;
};

// Of the list prices that come with the program.
inline constexpr std::string_view kPriceListVersion = "list-2026-11";

// Prices for calls whose vendor reports no cost. The defaults are list prices known when this was written;
// they age, so the configuration overrides them. Immutable, any thread.
class Pricing {
public:
    explicit Pricing(const std::vector<Price>& overrides = {});

    // The price of a model, or null. A provider's path ("anthropic/claude-…", "us.anthropic.claude-…") and
    // capitals do not matter.
    const Price* find(std::string_view model) const;

private:
    std::vector<Price> prices_;  // longest prefix first, overrides before defaults
};

// Billionths of a dollar.
int64_t cost_nano_usd(const Price& price, const TokenCounts& tokens);

}  // namespace nightshift::ingest
