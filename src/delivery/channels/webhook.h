#pragma once

#include <memory>

#include "delivery/channel.h"

namespace nightshift::delivery {

// A POST to the user's own server, signed as Standard Webhooks 1.0 says; the same webhook-id in every
// attempt, so that the receiver can drop what it has seen. Options: `receipt_path` (where the answer names
// what was made), `type` (of the event; "nightshift.delivery"), `format: alertmanager` (the delivery's
// payload is the body, as Alertmanager's own webhook would send it).
Result<std::unique_ptr<Channel>> make_webhook(const ChannelSpec& spec);

// The value of webhook-signature: "v1,<base64 of HMAC-SHA-256>" over "id.seconds.body". A secret that begins
// with whsec_ is base64.
std::string sign_webhook(const Secret& secret, std::string_view id, int64_t unix_seconds,
                         std::string_view body);

}  // namespace nightshift::delivery
