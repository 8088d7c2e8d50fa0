#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "delivery/exchange.h"
#include "delivery/types.h"
#include "net/client.h"

// What the channels share when they read their configuration. kInvalid names the channel and the member.
namespace nightshift::delivery {

// Every option must be one of `known`; the message names the nearest.
Result<void> check_options(const ChannelSpec& spec, std::initializer_list<std::string_view> known);
// The option's value, or "".
std::string option(const ChannelSpec& spec, std::string_view name);
// Nothing when the option is not set.
Result<std::optional<int64_t>> number_option(const ChannelSpec& spec, std::string_view name, int64_t min,
                                             int64_t max);
// "true" or "false"; not set: false.
Result<bool> flag_option(const ChannelSpec& spec, std::string_view name);
Result<void> require_token(const ChannelSpec& spec, std::string_view what);
Result<void> require_target(const ChannelSpec& spec, std::string_view what);

// The channel's URL or `otherwise`, without a '/' at the end; https or http.
Result<std::string> base_url(const ChannelSpec& spec, std::string_view otherwise);

// "2026-11-22T08:30:00Z" (RFC 3339).
std::string iso_time(Time time);

// Adds "name=value" to a URL that may have a query; the value is escaped.
std::string with_query(std::string url, std::string_view name, std::string_view value);

// Adds a path to a URL that may have a query.
std::string with_path(const std::string& url, std::string_view path);

// A POST of JSON with the channel's time limit.
net::ClientRequest json_post(const ChannelSpec& spec, std::string url, std::string body);

}  // namespace nightshift::delivery
