#pragma once

#include <boost/json/fwd.hpp>

#include "health/service.h"

namespace nightshift::health {

// A probe as the API shows it; docs/api.md describes each member. Times are Unix milliseconds.
boost::json::object show(const ProbeView& view);
// The same with its looks.
boost::json::object show_whole(const ProbeView& view);

// "http", "tcp" or "command".
std::string_view kind_of(const Question& question);

}  // namespace nightshift::health
