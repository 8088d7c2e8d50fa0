#include "fleet/detect/same_error.h"

#include <fmt/core.h>

#include <algorithm>

#include "fleet/detect/polling.h"
#include "fleet/hash.h"
#include "fleet/vocabulary.h"

namespace nightshift::fleet {

namespace {

constexpr uint32_t kPatientRetryMs =
    30'000;  // whoever waits so long between tries is not in a hurry to burn money

}  // namespace

void ErrorStreak::note(const recorder::Event& event, int64_t end_us, const CallHistory::Counters& counters) {
    const uint64_t name = hash_text(event.name);
    const uint64_t key = hash_text(event.error_type, name);
    const uint64_t arguments = event.signature.empty() ? 0 : hash_text(event.signature);
    if (count_ == 0 || key != key_) {
        *this = ErrorStreak();
        key_ = key;
        name_ = name;
        is_model_ = event.kind == recorder::Kind::kModelCall;
        is_rate_limit_ = is_rate_limit(event.error_type);
        arguments_ = arguments;
        first_us_ = std::min(event.time_us, end_us);
        tokens_before_ = counters.tokens;
        cost_before_nano_usd_ = counters.cost_nano_usd;
    } else {
        if (end_us <= last_us_) return;  // late, or the same failure in another signal
        std::rotate(rest_ms_.begin(), rest_ms_.begin() + 1, rest_ms_.end());
        const int64_t rest_us = counters.rest_us - rest_us_;
        rest_ms_.back() = static_cast<uint32_t>(std::clamp<int64_t>(rest_us / 1000, 0, UINT32_MAX));
    }
    if (arguments != 0 && arguments == arguments_) ++same_arguments_;
    rest_us_ = counters.rest_us;
    last_us_ = end_us;
    ++count_;
    if (count_ == 2) {
        const std::string_view type = event.error_type.empty() ? std::string_view("error") : event.error_type;
        text_ = fmt::format("{} -> {}", call_text(event), type);
    }
}

void ErrorStreak::note_success(const recorder::Event& event, bool is_novel) {
    if (count_ == 0) return;
    const bool is_model = event.kind == recorder::Kind::kModelCall;
    // A model that answers between a tool's failures is what a loop looks like; it proves progress only for
    // model errors.
    if (is_model == is_model_ && (is_novel || is_model || hash_text(event.name) == name_)) reset();
}

std::optional<Finding> ErrorStreak::find(const DetectOptions& options) const {
    if (count_ < 2 || is_rate_limit_) return std::nullopt;  // a limit has its own state
    const bool is_varied = !is_model_ && same_arguments_ + 1 < count_;
    uint32_t enough = is_varied ? options.same_error_min_varied : options.same_error_min;
    const std::vector<uint32_t> rests(rest_ms_.begin(), rest_ms_.end());
    const bool is_patient = rest_ms_.back() >= kPatientRetryMs;
    if (is_patient || is_backing_off(rests)) enough *= options.same_error_backoff_factor;
    if (count_ < enough) return std::nullopt;

    Finding finding;
    finding.kind = DetectionKind::kSameError;
    finding.key = key_;
    finding.since_us = first_us_;
    finding.last_us = last_us_;
    finding.count = count_;
    finding.interval_us = (last_us_ - first_us_) / std::max<uint32_t>(count_ - 1, 1);
    finding.tokens_before = tokens_before_;
    finding.cost_before_nano_usd = cost_before_nano_usd_;
    finding.signature = text_;
    finding.what = "the same error again and again, and no success in between";
    return finding;
}

}  // namespace nightshift::fleet
