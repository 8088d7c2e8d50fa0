#pragma once

#include "app/config.h"
#include "app/config_reader.h"

namespace nightshift::app {

// The section `alerts`: rules, routes, what inhibits what, and windows.
void read_alerts(ConfigReader& in, Config& config);

// What is there without a word of configuration.
alerts::Settings default_alerts();

// One `name, matchers, days, from, to, zone` of a week; used for windows and quiet hours.
void read_weekly(ConfigReader& in, jobs::Zones& zones, std::vector<alerts::WeeklySpan>& weekly,
                 std::string& zone);
// `agent="x"`, as a text or a list of texts; complains about what is no matcher.
void read_matchers(ConfigReader& in, std::string_view key, alerts::Matchers& matchers);

// A threshold: a number, a share (80%), or a length of time (30s), which is counted in `unit`.
std::optional<double> parse_threshold(std::string_view text, std::chrono::microseconds unit);

}  // namespace nightshift::app
