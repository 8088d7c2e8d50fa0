#pragma once

#include <optional>
#include <string>

#include "delivery/channel.h"
#include "delivery/retry.h"
#include "delivery/types.h"

namespace nightshift::delivery {

// What a delivery comes to when its turn has come.
struct Plan {
    Mode mode = Mode::kPost;
    // It is an edit, its message is there, and the channel cannot show it.
    bool is_skipped = false;
    // What is sent now becomes its thread's message, at this address; empty: it does not.
    std::string anchor_address;
};

// Where a channel's messages go, as a name that gives nothing away: another one when its kind, URL or target
// changes.
std::string address_of(const ChannelSpec& spec);

// An edit without a message to edit creates it; a reply without one is sent as a plain message. An `anchor`
// of another address than the channel's now is none: what goes on is to be seen where the channel leads.
Plan plan_delivery(const Delivery& delivery, const std::optional<Anchor>& anchor, const Traits& traits,
                   const std::string& address);

// What the channel allows for this act: an edit that may have arrived can always be sent again.
RetryPolicy policy_for(Mode mode, const RetryPolicy& policy);

// Whether a channel that sends `here` of its at most `here_max` at once may start one more, while all
// channels together send `all`.
bool may_start(size_t here, size_t here_max, size_t all);

}  // namespace nightshift::delivery
