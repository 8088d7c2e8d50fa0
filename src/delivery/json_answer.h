#pragma once

#include <boost/json/fwd.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace nightshift::delivery {

// A provider's answer as JSON; null when it is none, or nested too deeply.
std::unique_ptr<boost::json::value> parse_answer(std::string_view body);

// The value at a path of member names and array indexes with dots between them ("result.message_id",
// "$.items.0.id"; "$" in front may stand); null when nothing is there.
const boost::json::value* value_at(const boost::json::value& root, std::string_view path);

// The same as text: a string as it is, a whole number in digits, anything else "".
std::string text_at(const boost::json::value& root, std::string_view path);

}  // namespace nightshift::delivery
