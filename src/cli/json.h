#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace nightshift::cli {

// A member of an answer, or nothing of its kind: "" or 0.
std::string text_at(const boost::json::object& object, std::string_view name);
int64_t number_at(const boost::json::object& object, std::string_view name);

}  // namespace nightshift::cli
