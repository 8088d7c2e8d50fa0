#pragma once

#include <boost/json/fwd.hpp>
#include <optional>
#include <string>

namespace nightshift::jobs::evidence {

// Many APIs answer 200 and say in the body that they failed: {"error": …}, {"errors": […]}, {"ok": false},
// {"success": false}. What such a body says, or nothing. `path` is where the asker looks: a question about
// that very member is not a surprise.
std::optional<std::string> error_in(const boost::json::value& body, const std::string& path);

}  // namespace nightshift::jobs::evidence
