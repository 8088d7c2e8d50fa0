#include "recorder/seal_due.h"

#include <algorithm>

namespace nightshift::recorder {
namespace {

constexpr std::chrono::hours kPartition{1};

int64_t micros(auto duration) {
    return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

}  // namespace

int64_t seal_due_us(const View::Unsealed& unsealed, std::chrono::seconds seal_after) {
    if (unsealed.rows == 0) return INT64_MAX;
    if (unsealed.bytes >= kLargeBytes * std::max<size_t>(unsealed.partitions, 1))
        return unsealed.last_arrival_us;
    const int64_t when_quiet = unsealed.last_arrival_us + micros(seal_after);
    const bool is_large = unsealed.bytes >= kLargeBytes;
    const int64_t when_old =
        unsealed.first_arrival_us + (is_large ? micros(kLargeFor) : micros(kPartition) + micros(seal_after));
    return std::min(when_quiet, when_old);
}

}  // namespace nightshift::recorder
