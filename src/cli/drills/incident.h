#pragma once

#include <boost/json/fwd.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/drills/imposter.h"
#include "cli/drills/report.h"
#include "cli/drills/sandbox.h"

namespace nightshift::cli::drills {

// The part of nightshift.yaml by which `channels` are told within seconds. `rules` are lines of a list, at an
// indent of 4; `more` stands under incidents, at an indent of 2.
struct WatchConfig {
    std::vector<std::pair<std::string, const Imposter*>> channels;  // webhooks, by name
    std::vector<std::string> notify;                                // in this order
    std::string rules;
    std::string more;
};
std::string watch_config(const WatchConfig& wanted);

using IsReady = std::function<bool(const boost::json::object& incident)>;
bool is_diagnosed(const boost::json::object& incident);
bool is_resolved(const boost::json::object& incident);

// The newest incident of a rule once it `is_ready`, as in lists of the API. kTimeout says how it stood.
Result<boost::json::object> wait_for_incident(const Sandbox& sandbox, std::string_view rule, IsReady is_ready,
                                              std::chrono::seconds limit);
// All of it: notifications, timeline, checks.
Result<boost::json::object> whole_incident(const Sandbox& sandbox, const boost::json::object& incident);
// A text of its diagnosis: conclusion, summary, next_action, response_window.
std::string diagnosis_text(const boost::json::object& incident, std::string_view name);

// Fills in how long it took since `disaster_ms`: to the alert, from the incident to its diagnosis, and to the
// first of `messages`.
void take_times(Report& report, const boost::json::object& incident, int64_t disaster_ms,
                const std::vector<Message>& messages);

// The newest occurrence of a job once it has a verdict.
Result<boost::json::object> wait_for_verdict(const Sandbox& sandbox, std::string_view job,
                                             std::chrono::seconds limit);

// One alert as Prometheus posts them. Any error says that it was not taken.
Result<void> post_alert(const Sandbox& sandbox, std::string_view name, std::string_view severity);

// seen == expected, written down.
void check_equal(Report& report, std::string what, std::string expected, std::string seen);

}  // namespace nightshift::cli::drills
