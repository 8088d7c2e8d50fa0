#pragma once

#include <string>

#include "delivery/channel.h"

namespace nightshift::delivery {

// Subject, text and links as Slack's markup, within its limit. Nothing in subject or text becomes a mention
// or a link; the links are lines of their own.
std::string slack_text(const Message& message);

}  // namespace nightshift::delivery
