#include "live/admission.h"

#include <algorithm>

namespace nightshift::live {
namespace {

constexpr double kSpreadMinSeconds = 0.5;
constexpr double kSpreadMaxSeconds = 60;
constexpr double kFirstReturnSeconds = 0.25;

std::chrono::milliseconds in_milliseconds(double seconds) {
    return std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000) + 1);
}

}  // namespace

Admission::Admission(uint32_t per_second) : per_second_(std::max(per_second, 1u)), tokens_(per_second_) {}

void Admission::refill(Instant now) {
    if (refilled_at_ != Instant{} && now > refilled_at_) {
        double added = std::chrono::duration<double>(now - refilled_at_).count() * per_second_;
        tokens_ = std::min(per_second_, tokens_ + added);
        waiting_ = std::max(0.0, waiting_ - added);
    }
    refilled_at_ = std::max(refilled_at_, now);
}

std::chrono::milliseconds Admission::admit(Instant now, double jitter) {
    refill(now);
    if (tokens_ >= 1) {
        tokens_ -= 1;
        return std::chrono::milliseconds(0);
    }
    waiting_ += 1;
    double spread = std::clamp(2 * waiting_ / per_second_, kSpreadMinSeconds, kSpreadMaxSeconds);
    return in_milliseconds(kFirstReturnSeconds + spread * jitter);
}

std::chrono::milliseconds spread_return(uint64_t clients, uint32_t per_second, double jitter) {
    double takes = static_cast<double>(clients) / std::max(per_second, 1u);
    double spread = std::clamp(4 * takes, kSpreadMinSeconds, kSpreadMaxSeconds);
    return in_milliseconds(kFirstReturnSeconds + spread * jitter);
}

}  // namespace nightshift::live
