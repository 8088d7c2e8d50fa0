#pragma once

#include <memory>

#include "delivery/channel.h"

namespace nightshift::delivery {

// A Discord webhook, asked to wait for the message it made. url: all of it, it is the credential. Options:
// `username` (shown as the author), `thread` (its id). The receipt is the message's id. There is no
// idempotency key and no list of what was posted: what is ambiguous stays unknown.
Result<std::unique_ptr<Channel>> make_discord(const ChannelSpec& spec);

}  // namespace nightshift::delivery
