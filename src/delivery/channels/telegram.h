#pragma once

#include <memory>

#include "delivery/channel.h"

namespace nightshift::delivery {

// The Bot API's sendMessage, as plain text. token: the bot's; target: a chat id or @channelname. Options:
// `silent` (no sound), `thread` (a forum's topic). The receipt is the message_id. A bot cannot read what it
// wrote, and there is no idempotency key: what is ambiguous stays unknown.
Result<std::unique_ptr<Channel>> make_telegram(const ChannelSpec& spec);

}  // namespace nightshift::delivery
