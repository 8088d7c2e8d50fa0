#include <fmt/format.h>

#include "incidents/checks/common.h"

namespace nightshift::incidents {
namespace {

constexpr std::string_view kName = "activity";

std::string spent(const ActivityFacts& activity) {
    return fmt::format("{} tokens in the last 10 min, {} and {:.2f} USD in all", activity.tokens_last_minutes,
                       activity.tokens, static_cast<double>(activity.cost_nano_usd) / 1e9);
}

Finding finding_of(const ActivityFacts& activity) {
    std::string_view state = activity.state;
    if (activity.is_loop || state == "looping" || state == "failed" || state == "waiting_approval")
        return Finding::kBad;
    if (state == "stalled" || state == "rate_limited" || activity.errors > 0) return Finding::kSuspicious;
    if (state == "working" || state == "idle") return Finding::kGood;
    return Finding::kUnknown;
}

}  // namespace

Check check_activity(const Facts& facts) {
    const ActivityFacts* activity = known(facts, facts.activity, "activity");
    if (activity == nullptr) {
        bool is_late = facts.activity.has_value() || is_about_activity(facts.subject);
        return is_late ? not_gathered(kName, "what the session does")
                       : found(kName, Finding::kNothing, "it is about no session");
    }
    std::vector<std::string> evidence;
    if (!activity->session.empty()) evidence.push_back("session:" + activity->session);
    std::string says = activity->state.empty() ? "its state is not known" : "it is " + activity->state;
    if (activity->since) says += " for " + span(facts.at - *activity->since);
    if (activity->is_loop && !activity->loop.empty())
        says += ": " + activity->loop;
    else if (!activity->why.empty())
        says += ": " + activity->why;
    if (activity->last_event) says += "; last event " + ago(*activity->last_event, facts.at);
    if (activity->errors > 0) says += "; " + count(activity->errors, "error");
    return found(kName, finding_of(*activity), says + "; " + spent(*activity), std::move(evidence));
}

}  // namespace nightshift::incidents
