#pragma once

#include <memory>

#include "delivery/channel.h"

namespace nightshift::delivery {

// Slack's chat.postMessage. token: a bot's, with chat:write; target: a conversation's id, or a #name. Option
// `thread`: the ts to reply to. The receipt is the ts. Each message carries its delivery's id as metadata,
// so that an ambiguous one is looked for in the conversation's history (needs a target that is an id, and
// channels:history or its like); what is not there is posted again under the same client_msg_id.
Result<std::unique_ptr<Channel>> make_slack(const ChannelSpec& spec);

}  // namespace nightshift::delivery
