#pragma once

#include <initializer_list>
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
Result<void> require_token(const ChannelSpec& spec, std::string_view what);
Result<void> require_target(const ChannelSpec& spec, std::string_view what);

// The channel's URL or `otherwise`, without a '/' at the end; https or http.
Result<std::string> base_url(const ChannelSpec& spec, std::string_view otherwise);

// A POST of JSON with the channel's time limit.
net::ClientRequest json_post(const ChannelSpec& spec, std::string url, std::string body);

}  // namespace nightshift::delivery
