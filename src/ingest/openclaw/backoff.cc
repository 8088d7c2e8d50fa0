#include "ingest/openclaw/backoff.h"

#include <algorithm>

namespace nightshift::ingest::openclaw {
namespace {

constexpr int64_t kFirstMs = 500;
constexpr int64_t kMaxMs = 30'000;
constexpr milliseconds kStableAfter{30'000};

}  // namespace

milliseconds Backoff::next(milliseconds at_least) {
    int64_t limit = std::min(kFirstMs << std::min(failures_, 10), kMaxMs);
    failures_++;
    // Never at once: a gateway that accepts and drops must not be hammered.
    int64_t floor = std::clamp<int64_t>(at_least.count(), 50, kMaxMs);
    auto jittered = static_cast<int64_t>(random_.below(static_cast<uint64_t>(limit) + 1));
    return milliseconds(std::max(floor, jittered));
}

milliseconds Backoff::slow() {
    failures_++;
    return milliseconds(kMaxMs / 2 + static_cast<int64_t>(random_.below(kMaxMs / 2)));
}

void Backoff::held_for(milliseconds duration) {
    if (duration >= kStableAfter) failures_ = 0;
}

}  // namespace nightshift::ingest::openclaw
