#include "fleet/detect/no_new_information.h"

#include <fmt/core.h>

namespace nightshift::fleet {

std::optional<Finding> find_no_new_information(const CallHistory& calls, uint64_t tokens,
                                               const DetectOptions& options) {
    if (calls.size() < options.known_calls_window || calls.newest(0).is_novel) return std::nullopt;
    uint32_t judged = 0;
    uint32_t known = 0;
    for (size_t i = 0; i < options.known_calls_window; ++i) {
        const Call& call = calls.newest(i);
        if (call.is_polling || call.idle_ms >= options.rest_ms || call.duration_ms >= options.rest_ms ||
            !call.has_result)
            continue;
        ++judged;
        known += call.is_novel ? 0 : 1;
    }
    const Call& first = calls.newest(options.known_calls_window - 1);
    const uint64_t burnt = tokens - std::min(tokens, first.tokens_before);
    if (judged < options.known_calls_window * 3 / 4) return std::nullopt;
    if (known < options.known_calls_ratio * judged || burnt < options.known_calls_tokens_min)
        return std::nullopt;

    const Call& newest = calls.newest(0);
    Finding finding;
    finding.kind = DetectionKind::kNoNewInformation;
    finding.key = 1;
    finding.since_us = first.start_us;
    finding.last_us = newest.start_us + int64_t{newest.duration_ms} * 1000;
    finding.count = known;
    finding.interval_us = (newest.start_us - first.start_us) / options.known_calls_window;
    finding.tokens_before = first.tokens_before;
    finding.cost_before_nano_usd = first.cost_before_nano_usd;
    finding.signature = calls.text(newest.key);
    finding.what =
        fmt::format("{} of the last {} calls were made before, with the same kind of result", known, judged);
    return finding;
}

}  // namespace nightshift::fleet
