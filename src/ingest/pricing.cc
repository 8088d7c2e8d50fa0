#include "ingest/pricing.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace nightshift::ingest {
namespace {

// Dollars per million tokens: input, output, cache read, cache write.
struct DefaultPrice {
    std::string_view model;
    double input;
    double output;
    double cache_read;
    double cache_write;
};

constexpr DefaultPrice kDefaults[] = {
    {"claude-opus-4-5", 5, 25, 0.5, 6.25},
    {"claude-opus", 15, 75, 1.5, 18.75},
    {"claude-3-opus", 15, 75, 1.5, 18.75},
    {"claude-sonnet", 3, 15, 0.3, 3.75},
    {"claude-3-7-sonnet", 3, 15, 0.3, 3.75},
    {"claude-3-5-sonnet", 3, 15, 0.3, 3.75},
    {"claude-haiku", 1, 5, 0.1, 1.25},
    {"claude-3-5-haiku", 0.8, 4, 0.08, 1},
    {"claude-3-haiku", 0.25, 1.25, 0.03, 0.3},
    {"gpt-5-nano", 0.05, 0.4, 0.005, 0.05},
    {"gpt-5-mini", 0.25, 2, 0.025, 0.25},
    {"gpt-5", 1.25, 10, 0.125, 1.25},
    {"gpt-4.1-nano", 0.1, 0.4, 0.025, 0.1},
    {"gpt-4.1-mini", 0.4, 1.6, 0.1, 0.4},
    {"gpt-4.1", 2, 8, 0.5, 2},
    {"gpt-4o-mini", 0.15, 0.6, 0.075, 0.15},
    {"gpt-4o", 2.5, 10, 1.25, 2.5},
    {"o3", 2, 8, 0.5, 2},
    {"o4-mini", 1.1, 4.4, 0.275, 1.1},
    {"text-embedding-3-small", 0.02, 0, 0.02, 0.02},
    {"text-embedding-3-large", 0.13, 0, 0.13, 0.13},
    {"gemini-3-pro", 2, 12, 0.2, 2},
    {"gemini-2.5-pro", 1.25, 10, 0.125, 1.25},
    {"gemini-2.5-flash-lite", 0.1, 0.4, 0.01, 0.1},
    {"gemini-2.5-flash", 0.3, 2.5, 0.03, 0.3},
    {"gemini-2.0-flash", 0.1, 0.4, 0.025, 0.1},
    {"deepseek", 0.28, 0.42, 0.028, 0.28},
    {"mistral-large", 2, 6, 2, 2},
    {"mistral-small", 0.1, 0.3, 0.1, 0.1},
    {"grok-4", 3, 15, 0.75, 3},
    {"llama-3.3-70b", 0.59, 0.79, 0.59, 0.59},
    {"llama-3.1-8b", 0.05, 0.08, 0.05, 0.05},
    {"kimi-k2", 0.6, 2.5, 0.15, 0.6},
};

// "us.anthropic.Claude-…" and "openrouter/anthropic/claude-…" are "claude-…".
std::string plain_name(std::string_view model) {
    size_t slash = model.rfind('/');
    if (slash != std::string_view::npos) model.remove_prefix(slash + 1);
    std::string name = to_lower(model);
    for (std::string_view vendor : {"anthropic.", "openai.", "meta.", "mistral.", "deepseek."}) {
        size_t at = name.find(vendor);
        if (at != std::string::npos) name.erase(0, at + vendor.size());
    }
    return name;
}

}  // namespace

Pricing::Pricing(const std::vector<Price>& overrides) {
    for (Price price : overrides) {
        price.model = to_lower(price.model);
        price.is_configured = true;
        prices_.push_back(std::move(price));
    }
    for (const DefaultPrice& price : kDefaults) {
        prices_.push_back(
            {std::string(price.model), price.input, price.output, price.cache_read, price.cache_write});
    }
    auto longer = [](const Price& a, const Price& b) { return a.model.size() > b.model.size(); };
    std::sort(prices_.begin(), prices_.begin() + static_cast<std::ptrdiff_t>(overrides.size()), longer);
    std::sort(prices_.begin() + static_cast<std::ptrdiff_t>(overrides.size()), prices_.end(), longer);
}

const Price* Pricing::find(std::string_view model) const {
    const std::string name = plain_name(model);
    for (const Price& price : prices_) {
        if (name.starts_with(price.model)) return &price;
    }
    return nullptr;
}

int64_t cost_nano_usd(const Price& price, const TokenCounts& tokens) {
    constexpr double kNanoPerMillionth =
        1e3;  // a dollar per million tokens is a thousand nano-dollars per token
    uint64_t cached = tokens.cache_read + tokens.cache_write;
    double plain = tokens.input > cached ? static_cast<double>(tokens.input - cached) : 0;
    double millionths = plain * price.input + static_cast<double>(tokens.output) * price.output +
                        static_cast<double>(tokens.cache_read) * price.cache_read +
                        static_cast<double>(tokens.cache_write) * price.cache_write;
    return static_cast<int64_t>(std::llround(millionths * kNanoPerMillionth));
}

}  // namespace nightshift::ingest
