#include "jobs/supervisor/restart.h"

#include <fmt/format.h>

#include <algorithm>

namespace nightshift::jobs {
namespace {

using std::chrono::milliseconds;

bool is_short(const RestartPolicy& policy, const Life& life) {
    return !life.was_ready || life.ended - life.started < policy.healthy_after;
}

// Doubles with every short life; up to a quarter less, never more than the maximum.
milliseconds backoff(const RestartPolicy& policy, uint32_t short_lives, double jitter) {
    uint32_t doublings = std::min(short_lives == 0 ? 0 : short_lives - 1, 30u);
    int64_t limit = std::min(policy.backoff_min.count() << doublings, policy.backoff_max.count());
    return milliseconds(limit - static_cast<int64_t>(static_cast<double>(limit) * 0.25 * jitter));
}

}  // namespace

uint32_t count_short_lives(const RestartPolicy& policy, const std::vector<Life>& lives) {
    auto healthy =
        std::find_if(lives.begin(), lives.end(), [&](const Life& life) { return !is_short(policy, life); });
    return static_cast<uint32_t>(healthy - lives.begin());
}

RestartDecision decide_restart(const RestartPolicy& policy, const std::vector<Life>& lives, Time now,
                               double jitter) {
    using Action = RestartDecision::Action;
    if (lives.empty()) return {Action::kStart, now, "first start"};
    const Life& last = lives.front();
    bool may_restart = policy.when == RestartPolicy::When::kAlways ||
                       (policy.when == RestartPolicy::When::kOnFailure && !last.succeeded);
    if (!may_restart)
        return {Action::kFinish, now, fmt::format("it ended ({}) and is not restarted", last.how)};
    uint32_t short_lives = count_short_lives(policy, lives);
    if (short_lives >= policy.short_lives_max) {
        return {Action::kGiveUp, now,
                fmt::format("crash loop: {} starts in a row did not stay healthy for {} s; the last one: {}",
                            short_lives, policy.healthy_after.count() / 1000, last.how)};
    }
    milliseconds delay = backoff(policy, short_lives, jitter);
    // A clock that was set back must not make it wait for longer than it would have.
    Time at = std::min(last.ended, now) + delay;
    if (now >= at) return {Action::kStart, now, fmt::format("restart after {}", last.how)};
    return {Action::kWait, at, fmt::format("{}; short lives in a row: {}", last.how, short_lives)};
}

std::string describe_end(const Execution& execution) {
    if (execution.lost) return "lost: its keeper died or the machine stopped";
    if (!execution.error.empty()) return execution.error;
    if (execution.signal != 0) return fmt::format("killed by signal {}", execution.signal);
    if (execution.exit_code) return fmt::format("exit code {}", *execution.exit_code);
    return "ended";
}

}  // namespace nightshift::jobs
