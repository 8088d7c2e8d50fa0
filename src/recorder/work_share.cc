#include "recorder/work_share.h"

#include <algorithm>
#include <ctime>
#include <thread>

namespace nightshift::recorder {
namespace {

using std::chrono::microseconds;

constexpr int kRestForWork = 4;
constexpr microseconds kRestMax{100'000};  // a hurry is seen after it
constexpr microseconds kWorkMin{1'000};    // with less, falling asleep would cost more than it gives

microseconds processor_time() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return microseconds(time.tv_sec * 1'000'000 + time.tv_nsec / 1'000);
}

}  // namespace

microseconds rest_after(microseconds used) {
    return std::clamp(used * kRestForWork, microseconds(0), kRestMax);
}

WorkShare::WorkShare(std::function<bool()> is_in_hurry)
    : is_in_hurry_(std::move(is_in_hurry)), used_(processor_time()) {}

void WorkShare::rest() {
    const microseconds used = processor_time() - used_;
    if (used < kWorkMin) return;
    if (!is_in_hurry_()) std::this_thread::sleep_for(rest_after(used));
    used_ = processor_time();
}

}  // namespace nightshift::recorder
