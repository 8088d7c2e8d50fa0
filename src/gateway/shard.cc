#include "gateway/shard.h"

namespace nightshift::gateway {
namespace {

constexpr size_t kNotesMax = 50;

}  // namespace

void LaneStats::merge(const LaneStats& other) {
    attempts += other.attempts;
    failures += other.failures;
    input_tokens += other.input_tokens;
    output_tokens += other.output_tokens;
    cost_nano_usd += other.cost_nano_usd;
    took_us.merge(other.took_us);
    first_token_us.merge(other.first_token_us);
}

void Shard::note(FallbackNote note) {
    stats.notes.push_back(std::move(note));
    if (stats.notes.size() > kNotesMax) stats.notes.pop_front();
}

std::string Shard::new_id(std::string_view prefix) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string id(prefix);
    uint64_t value = random.next();
    for (int i = 0; i < 16; ++i, value >>= 4) id += kDigits[value & 15];
    return id;
}

}  // namespace nightshift::gateway
