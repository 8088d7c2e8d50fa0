#include "fleet/detect/token_velocity.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "fleet/words.h"

namespace nightshift::fleet {

namespace {

constexpr int64_t kMinute = 60'000'000;
constexpr double kMadToSigma = 1.4826;
constexpr uint32_t kHotMinutesKept =
    4;  // one of so many unusual minutes is learned: a new habit becomes usual, slowly

float middle(std::vector<float>& values) {
    const auto at = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), at, values.end());
    return *at;
}

}  // namespace

double weighted_tokens(uint64_t input, uint64_t cache_read, uint64_t output) {
    const uint64_t cached = std::min(input, cache_read);
    return static_cast<double>(input - cached) + 0.1 * static_cast<double>(cached) +
           static_cast<double>(output);
}

void VelocityBaseline::add(float tokens) {
    minutes_[next_] = tokens;
    next_ = (next_ + 1) % kMinutes;
    count_ = std::min<uint32_t>(count_ + 1, kMinutes);
}

std::vector<float> VelocityBaseline::minutes() const {
    std::vector<float> out;
    for (uint32_t i = count_; i > 0; --i) out.push_back(minutes_[(next_ + kMinutes - i) % kMinutes]);
    return out;
}

double VelocityBaseline::median() const {
    std::vector<float> values = minutes();
    return values.empty() ? 0 : middle(values);
}

std::optional<double> VelocityBaseline::threshold(const DetectOptions& options) const {
    if (count_ < options.velocity_history_min) return std::nullopt;
    std::vector<float> values = minutes();
    const float median = middle(values);
    for (float& value : values) value = std::fabs(value - median);
    const double sigma = kMadToSigma * middle(values);
    return std::max({median + options.velocity_mads * sigma, options.velocity_factor * median,
                     static_cast<double>(options.velocity_tokens_min)});
}

void VelocityWatch::add(int64_t end_us, double weighted, uint64_t tokens_before, int64_t cost_before_nano_usd,
                        VelocityBaseline& baseline, const DetectOptions& options) {
    const int64_t minute = end_us / kMinute;
    if (minute > minute_) {
        if (minute_ >= 0) close_minute(baseline, options);
        if (minute > minute_ + 1) hot_minutes_ = 0;
        minute_ = minute;
        tokens_ = 0;
        minute_tokens_before_ = tokens_before;
        minute_cost_before_ = cost_before_nano_usd;
    }
    tokens_ += weighted;
}

void VelocityWatch::close_minute(VelocityBaseline& baseline, const DetectOptions& options) {
    const std::optional<double> threshold = baseline.threshold(options);
    if (!threshold || tokens_ <= *threshold) {
        hot_minutes_ = 0;
        if (tokens_ > 0) baseline.add(static_cast<float>(tokens_));
        return;
    }
    if (hot_minutes_ == 0) {
        since_us_ = minute_ * kMinute;
        tokens_before_ = minute_tokens_before_;
        cost_before_nano_usd_ = minute_cost_before_;
    }
    usual_ = baseline.median();
    latest_ = tokens_;
    if (++hot_minutes_ % kHotMinutesKept == 0) baseline.add(static_cast<float>(tokens_));
}

std::optional<Finding> VelocityWatch::find(const DetectOptions& options) const {
    if (hot_minutes_ < options.velocity_minutes) return std::nullopt;
    Finding finding;
    finding.kind = DetectionKind::kTokenVelocity;
    finding.key = 1;
    finding.since_us = since_us_;
    finding.last_us = (minute_ + 1) * kMinute;
    finding.count = hot_minutes_;
    finding.interval_us = kMinute;
    finding.tokens_before = tokens_before_;
    finding.cost_before_nano_usd = cost_before_nano_usd_;
    finding.signature = fmt::format("{} tokens a minute", count_words(static_cast<uint64_t>(latest_)));
    finding.what = fmt::format("{} tokens a minute for {} minutes, where {} is usual for this agent",
                               count_words(static_cast<uint64_t>(latest_)), hot_minutes_,
                               count_words(static_cast<uint64_t>(usual_)));
    return finding;
}

}  // namespace nightshift::fleet
