#pragma once

#include <boost/json/fwd.hpp>

#include "base/result.h"
#include "net/http.h"

#include <string>
#include <string_view>

namespace nightshift::api {

// The body as a JSON object; kInvalid says where it breaks. An empty body is {}.
Result<boost::json::object> parse_body(const std::string& body);

// Members of a request body. A missing one gives the default; a wrong type is kInvalid and names the member.
Result<std::string> string_member(const boost::json::object& object, std::string_view name,
                                  std::string_view missing = "");
Result<int64_t> integer_member(const boost::json::object& object, std::string_view name, int64_t missing);
Result<std::vector<std::string>> strings_member(const boost::json::object& object, std::string_view name);

net::Response json_answer(int status, const boost::json::value& value);

// The number in a query parameter, or `missing`; kInvalid when it is none or outside [min, max].
Result<int64_t> integer_parameter(const net::Request& request, std::string_view name, int64_t missing,
                                  int64_t min, int64_t max);

}  // namespace nightshift::api
