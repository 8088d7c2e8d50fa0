#pragma once

#include <memory>

#include "delivery/channel.h"

namespace nightshift::delivery {

// An ntfy server. target: the topic, which on a public server is all that protects it, and is treated as a
// secret; token: an access token, may be empty. Options: `priority` (1 to 5), `tags` (with commas). The
// receipt is the message's id. Each message carries its delivery's id as sequence id (ntfy 2.16), so that an
// ambiguous one can be found in the server's cache; one that is not there may still have been pushed, because
// the cache may be off, and is sent again only if the channel says so.
Result<std::unique_ptr<Channel>> make_ntfy(const ChannelSpec& spec);

}  // namespace nightshift::delivery
