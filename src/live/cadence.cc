#include "live/cadence.h"

#include <algorithm>

namespace nightshift::live {
namespace {

constexpr std::chrono::nanoseconds kRoundMax = std::chrono::seconds(2);
constexpr uint64_t kStormJoins = 20;  // within an interval
constexpr uint32_t kAllParts = (1u << kParts) - 1;

}  // namespace

Instant Cadence::schedule(Instant now) {
    due_at_ = ticked_at_ + spacing_;
    // After a quiet time a change goes out almost at once; a little later only, because changes seldom come
    // alone.
    if (due_at_ <= now && !is_behind()) due_at_ = now + interval_ / 10;
    return due_at_;
}

uint32_t Cadence::tick(Instant now, bool has_news, const Load& load) {
    // One that comes a little late does not put off those behind it.
    ticked_at_ = std::max(due_at_, now - spacing_ / 2);
    choose_spacing(load);
    if (has_news) parts_behind_ = kParts;
    if (parts_behind_ == 0) return 0;
    uint32_t parts = is_staggered_ ? 1u << next_part_ : kAllParts;
    parts_behind_ = is_staggered_ ? parts_behind_ - 1 : 0;
    next_part_ = (next_part_ + 1) % kParts;
    return parts;
}

void Cadence::choose_spacing(const Load& load) {
    bool is_crowd = load.joined_total - joined_before_ > kStormJoins;
    bool is_counted = ticked_at_ - counted_at_ >= interval_;
    if (is_crowd || is_counted) is_storm_ = is_crowd;
    if (is_counted) {
        counted_at_ = ticked_at_;
        joined_before_ = load.joined_total;
    }
    std::chrono::nanoseconds cost = std::min(load.round_cost, kRoundMax);
    // Who joins brings its whole part up to date, so turns would only add work while many do.
    is_staggered_ = !is_storm_ && cost > interval_ / 16;
    std::chrono::nanoseconds round =
        is_storm_ ? std::max(interval_, 4 * cost) : std::max(interval_ * 2 / 5, cost * 3 / 2);
    round = std::min(round, std::max(interval_, kRoundMax));
    spacing_ = is_staggered_ ? round / kParts : round;
}

}  // namespace nightshift::live
