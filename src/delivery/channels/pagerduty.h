#pragma once

#include <memory>

#include "delivery/channel.h"

namespace nightshift::delivery {

// PagerDuty's Events API v2: the token is a service's routing key. All deliveries of a thread are about one
// incident (`dedup_key`): they trigger or update it, and the one that says so resolves it. Option: `source`
// (what is in trouble; "nightshift").
Result<std::unique_ptr<Channel>> make_pagerduty(const ChannelSpec& spec);

// The name of the incident: the same for all deliveries of a tenant's thread; of the delivery itself without
// one.
std::string dedup_key_of(const Message& message);

}  // namespace nightshift::delivery
