#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "alerts/service.h"
#include "base/result.h"

// Alerts, rules and silences as JSON: in Nightshift's words, and in those of Alertmanager's API v2
// (api/v2/openapi.yaml of github.com/prometheus/alertmanager).
namespace nightshift::api {

// The body of POST /api/v2/alerts. Alerts that are wrong are left out; `problems` says what is wrong with
// each. kInvalid for a body that is no list of alerts at all.
struct PostedAlerts {
    std::vector<alerts::Alert> alerts;
    std::vector<std::string> problems;
};
Result<PostedAlerts> parse_posted_alerts(std::string_view body, std::string_view tenant, Time now,
                                         seconds resolve_timeout);
boost::json::object show_gettable_alert(const alerts::AlertView& view, Time now);

// {"matchers":[{"name","value","isRegex","isEqual"}],"startsAt","endsAt","createdBy","comment"}.
Result<alerts::Silence> parse_posted_silence(const boost::json::object& body, std::string_view tenant,
                                             Time now);
boost::json::object show_gettable_silence(const alerts::Silence& silence, Time now);

boost::json::object show(const alerts::AlertView& view, Time now);
boost::json::object show(const alerts::RuleState& state);
boost::json::object show(const alerts::Silence& silence, Time now);

}  // namespace nightshift::api
