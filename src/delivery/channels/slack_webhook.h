#pragma once

#include <memory>

#include "delivery/channel.h"

namespace nightshift::delivery {

// A Slack incoming webhook. url: all of it, it is the credential. It answers "ok" and names no message, so
// its receipt is weak (Proof::kAnswer): nothing can be looked up or edited later. Prefer Kind::kSlack.
Result<std::unique_ptr<Channel>> make_slack_webhook(const ChannelSpec& spec);

}  // namespace nightshift::delivery
