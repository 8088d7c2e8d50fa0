#include "gateway/dialects/usage_counts.h"

namespace nightshift::gateway {
namespace {

// More is a broken counter; sums of these stay far from overflow.
constexpr int64_t kTokensMax = 1'000'000'000'000;

void keep(std::optional<int64_t>& count, JsonCursor& cursor) {
    const std::optional<int64_t> value = cursor.integer();
    if (value && *value >= 0 && *value <= kTokensMax) count = value;
}

}  // namespace

void UsageCounts::read(JsonCursor& cursor) {
    if (!cursor.enter_object()) return;
    while (auto key = cursor.next_key()) {
        if (*key == "prompt_tokens" || *key == "input_tokens") {
            keep(input, cursor);
        } else if (*key == "completion_tokens" || *key == "output_tokens") {
            keep(output, cursor);
        } else if (*key == "cached_tokens" || *key == "cache_read_input_tokens" ||
                   *key == "prompt_cache_hit_tokens") {
            keep(cache_read, cursor);
        } else if (*key == "cache_creation_input_tokens" || *key == "cache_write_tokens") {
            keep(cache_write, cursor);
        } else if (*key == "reasoning_tokens") {
            keep(reasoning, cursor);
        } else if (key->ends_with("_tokens_details")) {
            read(cursor);
        } else {
            cursor.skip();
        }
    }
}

Usage UsageCounts::usage(bool input_is_without_caches) const {
    Usage usage;
    usage.is_known = input || output;
    usage.cache_read = cache_read.value_or(0);
    usage.cache_write = cache_write.value_or(0);
    usage.input = input.value_or(0) + (input_is_without_caches ? usage.cache_read + usage.cache_write : 0);
    usage.output = output.value_or(0);
    usage.reasoning = reasoning.value_or(0);
    return usage;
}

}  // namespace nightshift::gateway
