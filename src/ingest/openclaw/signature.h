#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>

namespace nightshift::ingest::openclaw {

// 16 hex digits over the tool's name and its arguments with members in order of their names.
std::string call_signature(std::string_view tool, const boost::json::value* arguments);

// 16 hex digits over what kind of result it was: failed or not, and the text without its digits, so that
// times, ids and counters do not make two equal results differ.
std::string result_signature(bool is_error, std::string_view result);

// 16 hex digits of the text: a span id for what has none of its own.
std::string span_of(std::string_view text);

}  // namespace nightshift::ingest::openclaw
