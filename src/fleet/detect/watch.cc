#include "fleet/detect/watch.h"

#include <fmt/core.h>

#include <algorithm>

#include "fleet/detect/no_new_information.h"
#include "fleet/detect/ping_pong.h"
#include "fleet/detect/same_call.h"
#include "fleet/vocabulary.h"
#include "fleet/words.h"

namespace nightshift::fleet {

using recorder::Event;
using recorder::Kind;

namespace {

std::string explanation_of(const Finding& finding, const Detection& detection) {
    std::string burnt;
    if (detection.tokens > 0) burnt = fmt::format("; {} tokens", count_words(detection.tokens));
    const std::string money = money_words(detection.cost_nano_usd);
    if (!money.empty()) burnt += fmt::format("{}{}", burnt.empty() ? "; " : ", ", money);
    const std::string span = duration_words(detection.last_us - detection.since_us);
    if (finding.kind == DetectionKind::kTokenVelocity) return finding.what + burnt;
    const std::string_view unit = finding.kind == DetectionKind::kPingPong ? "rounds" : "times";
    return fmt::format("{}: {} {} in {}{}", finding.what, detection.count, unit, span, burnt);
}

}  // namespace

bool Watch::observe(const Event& event, int64_t end_us, Counters before, VelocityBaseline& baseline,
                    const DetectOptions& options) {
    if (before.last_end_us >= 0)
        rest_us_ += std::max<int64_t>(std::min(event.time_us, end_us) - before.last_end_us, 0);
    before.rest_us = rest_us_;
    if (is_new_instruction(event)) {
        calls_.forget_order();
        errors_.reset();
        return drop_loops();
    }
    if (is_running(event.status)) return false;
    if (event.kind == Kind::kToolCall) return observe_call(event, end_us, before, options);
    if (event.kind != Kind::kModelCall) return false;

    bool changed = false;
    const uint64_t used = event.input_tokens + event.output_tokens;
    if (used > 0) {
        const double weight =
            weighted_tokens(event.input_tokens, event.cache_read_tokens, event.output_tokens);
        velocity_.add(end_us, weight, before.tokens, before.cost_nano_usd, baseline, options);
        const std::optional<Finding> fast = velocity_.find(options);
        Counters now = before;
        now.tokens += used;
        now.cost_nano_usd += event.cost_nano_usd;
        changed = fast ? hold(*fast, now) : drop(DetectionKind::kTokenVelocity);
    }
    if (is_failure(event.status)) {
        errors_.note(event, end_us, before);
        // A tool's loop is the better name for what a refusing model is part of.
        const bool is_other = is_looping() && !holds(DetectionKind::kSameError);
        if (const auto found = errors_.find(options); found && !is_other) changed |= hold(*found, before);
    } else {
        errors_.note_success(event, true);
        if (errors_.count() == 0) changed |= drop(DetectionKind::kSameError);
    }
    return changed;
}

bool Watch::observe_call(const Event& event, int64_t end_us, const Counters& before,
                         const DetectOptions& options) {
    if (!calls_.add(event, end_us, before)) return false;
    const bool is_novel = calls_.newest(0).is_novel;
    novel_in_row_ = is_novel ? novel_in_row_ + 1 : 0;
    bool changed = false;
    if (is_failure(event.status)) {
        errors_.note(event, end_us, before);
    } else {
        errors_.note_success(event, is_novel);
        if (errors_.count() == 0) changed |= drop(DetectionKind::kSameError);
    }
    if (is_novel && errors_.count() < options.same_error_min) {
        if (novel_in_row_ >= options.clear_after_novel) changed |= drop_loops();
        return changed;
    }
    if (const std::optional<Finding> found = find_loop(event, before, options))
        changed |= hold(*found, before);
    return changed;
}

std::optional<Finding> Watch::find_loop(const Event& event, const Counters& before,
                                        const DetectOptions& options) const {
    if (is_failure(event.status)) {
        if (auto found = errors_.find(options)) return found;
    }
    if (auto found = find_same_call(calls_, options)) return found;
    if (auto found = find_ping_pong(calls_, options)) return found;
    return find_no_new_information(calls_, before.tokens, options);
}

bool Watch::hold(const Finding& finding, const Counters& now) {
    auto held = std::find_if(detections_.begin(), detections_.end(), [&](const Detection& known) {
        return known.kind == finding.kind || (is_loop(known.kind) && is_loop(finding.kind));
    });
    const bool is_same = held != detections_.end() && held->kind == finding.kind &&
                         (!is_loop(finding.kind) || loop_key_ == finding.key);
    if (held != detections_.end() && !is_same) {
        // A loop that changes its pattern is still the same trouble; it keeps what was done about it.
        held->kind = finding.kind;
        held->count = 0;
    }
    if (held == detections_.end()) {
        Detection fresh;
        fresh.id = fmt::format("{}/{}/{}", session_, to_string(finding.kind), finding.since_us / 1000);
        fresh.kind = finding.kind;
        fresh.since_us = finding.since_us;
        fresh.tokens_before = finding.tokens_before;
        fresh.cost_before_nano_usd = finding.cost_before_nano_usd;
        held = detections_.insert(detections_.end(), std::move(fresh));
    }
    // The history is bounded; what was counted before it began is kept.
    const bool is_counted =
        finding.kind == DetectionKind::kPingPong || finding.kind == DetectionKind::kNoNewInformation;
    held->count =
        std::max(finding.count, is_counted || held->count < finding.count ? held->count : held->count + 1);
    held->last_us = std::max(held->last_us, finding.last_us);
    held->signature = finding.signature;
    held->tokens = now.tokens - std::min(now.tokens, held->tokens_before);
    held->cost_nano_usd = std::max<int64_t>(now.cost_nano_usd - held->cost_before_nano_usd, 0);
    held->explanation = explanation_of(finding, *held);
    if (is_loop(finding.kind)) {
        loop_key_ = finding.key;
        loop_interval_us_ = finding.interval_us;
    }
    return true;
}

bool Watch::expire(int64_t now_us, const DetectOptions& options) {
    const size_t before = detections_.size();
    std::erase_if(detections_, [&](const Detection& held) {
        if (held.kind == DetectionKind::kStalled) return false;
        const int64_t interval = is_loop(held.kind) ? loop_interval_us_ : 60'000'000;
        const int64_t patience = std::clamp(5 * interval, options.clear_after_us, options.clear_after_max_us);
        return now_us - held.last_us > patience;
    });
    return detections_.size() != before;
}

bool Watch::set_stalled(int64_t since_us, int64_t now_us, std::string_view why) {
    if (since_us <= 0) return drop(DetectionKind::kStalled);
    for (Detection& held : detections_) {
        if (held.kind != DetectionKind::kStalled) continue;
        if (held.since_us == since_us) {
            held.last_us = now_us;
            return false;
        }
    }
    drop(DetectionKind::kStalled);
    Detection fresh;
    fresh.id = fmt::format("{}/stalled/{}", session_, since_us / 1000);
    fresh.kind = DetectionKind::kStalled;
    fresh.since_us = since_us;
    fresh.last_us = now_us;
    fresh.count = 1;
    fresh.signature = why;
    fresh.explanation = why;
    detections_.push_back(std::move(fresh));
    return true;
}

void Watch::clear() {
    detections_.clear();
    calls_.forget_order();
    errors_.reset();
    velocity_.reset();
}

bool Watch::drop(DetectionKind kind) {
    return std::erase_if(detections_, [&](const Detection& held) { return held.kind == kind; }) > 0;
}

bool Watch::drop_loops() {
    return std::erase_if(detections_, [](const Detection& held) { return is_loop(held.kind); }) > 0;
}

bool Watch::holds(DetectionKind kind) const {
    return std::any_of(detections_.begin(), detections_.end(),
                       [&](const Detection& held) { return held.kind == kind; });
}

bool Watch::is_looping() const {
    return std::any_of(detections_.begin(), detections_.end(),
                       [](const Detection& held) { return is_loop(held.kind); });
}

}  // namespace nightshift::fleet
