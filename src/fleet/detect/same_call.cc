#include "fleet/detect/same_call.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "fleet/detect/polling.h"

namespace nightshift::fleet {

namespace {

constexpr uint32_t kCallsPerNovelty = 5;  // one new call among so many repetitions is no progress yet

// Where the newest call's repetitions are in the history, newest first.
struct Repetitions {
    std::array<uint8_t, CallHistory::kMax> at{};
    uint32_t count = 0;
};

Repetitions repetitions(const CallHistory& calls) {
    Repetitions found;
    uint32_t novel = 0;
    const uint64_t key = calls.newest(0).key;
    for (size_t i = 0; i < calls.size(); ++i) {
        const Call& call = calls.newest(i);
        if (call.key == key) {
            if (novel > found.count / kCallsPerNovelty) break;
            found.at[found.count++] = static_cast<uint8_t>(i);
        } else if (call.is_novel) {
            ++novel;
        }
    }
    return found;
}

// Rest between two repetitions: idle time and calls that take long enough to be waits.
uint32_t rest_between(const CallHistory& calls, size_t older, size_t newer, uint32_t long_ms) {
    uint32_t rest = 0;
    for (size_t i = older; i-- > newer;) rest += calls.newest(i).idle_ms;
    for (size_t i = older + 1; i-- > newer + 1;) {
        const uint32_t duration = calls.newest(i).duration_ms;
        if (duration >= long_ms) rest += duration;
    }
    return rest;
}

}  // namespace

std::optional<Finding> find_same_call(const CallHistory& calls, const DetectOptions& options) {
    if (calls.is_empty() || calls.newest(0).is_novel || calls.newest(0).key == 0) return std::nullopt;
    const Call& newest = calls.newest(0);
    const Repetitions found = repetitions(calls);
    const uint32_t enough = newest.is_polling   ? options.same_call_min_polling
                            : newest.has_result ? options.same_call_min
                                                : options.same_call_min_without_result;
    if (found.count < enough) return std::nullopt;

    const uint32_t rest_min = newest.is_polling ? options.rest_polling_ms : options.rest_ms;
    const Call& first = calls.newest(found.at[found.count - 1]);
    Spacing spacing;
    spacing.burns_tokens = newest.tokens_before > first.tokens_before;
    for (uint32_t i = found.count - 1; i > 0; --i) {
        const size_t older = found.at[i];
        const size_t newer = found.at[i - 1];
        const int64_t interval = calls.newest(newer).start_us - calls.newest(older).start_us;
        spacing.interval_ms.push_back(
            static_cast<uint32_t>(std::clamp<int64_t>(interval / 1000, 0, UINT32_MAX)));
        spacing.rest_ms.push_back(rest_between(calls, older, newer, rest_min));
    }
    if (is_polling(spacing, rest_min)) return std::nullopt;

    Finding finding;
    finding.kind = DetectionKind::kSameCall;
    finding.key = newest.key;
    finding.since_us = first.start_us;
    finding.last_us = newest.start_us + int64_t{newest.duration_ms} * 1000;
    finding.count = found.count;
    finding.interval_us = (newest.start_us - first.start_us) / std::max<uint32_t>(found.count - 1, 1);
    finding.tokens_before = first.tokens_before;
    finding.cost_before_nano_usd = first.cost_before_nano_usd;
    finding.signature = calls.text(newest.key);
    finding.what = newest.has_result
                       ? "the same call with the same kind of result, and nothing new in between"
                       : "the same call again and again, and nothing new in between";
    return finding;
}

}  // namespace nightshift::fleet
