#include "fleet/detect/ping_pong.h"

#include <algorithm>

#include "fleet/detect/polling.h"

namespace nightshift::fleet {

namespace {

// How many of the newest calls repeat what was made `period` calls earlier, the first round included.
size_t periodic_tail(const CallHistory& calls, size_t period) {
    size_t i = 0;
    while (i + period < calls.size() && calls.newest(i).key == calls.newest(i + period).key &&
           calls.newest(i).key != 0)
        ++i;
    return i == 0 ? 0 : i + period;
}

bool is_one_call(const CallHistory& calls, size_t period) {
    for (size_t i = 1; i < period; ++i) {
        if (calls.newest(i).key != calls.newest(0).key) return false;
    }
    return true;
}

bool is_waiting(const CallHistory& calls, size_t period, size_t cycles, const DetectOptions& options) {
    Spacing spacing;
    spacing.burns_tokens = calls.newest(0).tokens_before > calls.newest(period * cycles - 1).tokens_before;
    bool speaks_of_waiting = false;
    for (size_t i = 0; i < period; ++i) speaks_of_waiting |= calls.newest(i).is_polling;
    const uint32_t rest_min = speaks_of_waiting ? options.rest_polling_ms : options.rest_ms;
    for (size_t cycle = cycles - 1; cycle-- > 0;) {
        const size_t start = cycle * period;  // of the newer cycle, counted from the newest call
        uint32_t rest = 0;
        for (size_t i = start; i < start + period; ++i) {
            const Call& call = calls.newest(i);
            rest += call.idle_ms + (call.duration_ms >= rest_min ? call.duration_ms : 0);
        }
        const int64_t interval = calls.newest(start).start_us - calls.newest(start + period).start_us;
        spacing.interval_ms.push_back(
            static_cast<uint32_t>(std::clamp<int64_t>(interval / 1000, 0, UINT32_MAX)));
        spacing.rest_ms.push_back(rest);
    }
    return is_polling(spacing, rest_min);
}

std::string cycle_text(const CallHistory& calls, size_t period) {
    std::string text;
    for (size_t i = period; i-- > 0;) {
        if (!text.empty()) text += " -> ";
        text += calls.text(calls.newest(i).key);
    }
    return text;
}

}  // namespace

std::optional<Finding> find_ping_pong(const CallHistory& calls, const DetectOptions& options) {
    if (calls.size() < 4 || calls.newest(0).is_novel) return std::nullopt;
    for (size_t period = 2; period <= 4; ++period) {
        const size_t cycles = periodic_tail(calls, period) / period;
        if (cycles < options.ping_pong_cycles_min || is_one_call(calls, period)) continue;
        if (is_waiting(calls, period, cycles, options)) continue;
        const Call& newest = calls.newest(0);
        const Call& first = calls.newest(period * cycles - 1);
        Finding finding;
        finding.kind = DetectionKind::kPingPong;
        for (size_t i = 0; i < period; ++i)
            finding.key += calls.newest(i).key;  // the same wherever the cycle is cut
        finding.since_us = first.start_us;
        finding.last_us = newest.start_us + int64_t{newest.duration_ms} * 1000;
        finding.count = static_cast<uint32_t>(cycles);
        finding.interval_us = (newest.start_us - first.start_us) / static_cast<int64_t>(cycles);
        finding.tokens_before = first.tokens_before;
        finding.cost_before_nano_usd = first.cost_before_nano_usd;
        finding.signature = cycle_text(calls, period);
        finding.what = "the same calls in turn, each with the same kind of result";
        return finding;
    }
    return std::nullopt;
}

}  // namespace nightshift::fleet
