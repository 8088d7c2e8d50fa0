#include "gateway/retry_budget.h"

#include <algorithm>

namespace nightshift::gateway {

bool RetryBudget::take(Instant now, uint64_t requests_total) {
    if (is_started_) {
        const double passed_s = std::chrono::duration<double>(now - seen_at_).count();
        const auto requests = static_cast<double>(requests_total - requests_seen_);
        tokens_ = std::min(kTokensMax, tokens_ + passed_s * kPerSecond + requests * kShare);
    }
    is_started_ = true;
    seen_at_ = now;
    requests_seen_ = requests_total;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
}

}  // namespace nightshift::gateway
