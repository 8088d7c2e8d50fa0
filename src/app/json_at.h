#pragma once

#include <boost/json/fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

// What the rooms' own JSON says at a path such as "state.why".
namespace nightshift::app {

// Null when it is not there.
const boost::json::value* json_at(const boost::json::value& root, std::string_view path);
// "" when it is no text.
std::string text_at(const boost::json::value& root, std::string_view path);
// 0 when it is no number.
double number_at(const boost::json::value& root, std::string_view path);
// Of milliseconds since the epoch; nothing for 0.
std::optional<Time> time_at(const boost::json::value& root, std::string_view path);

}  // namespace nightshift::app
