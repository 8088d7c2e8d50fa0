#pragma once

#include <memory>

#include "delivery/channel.h"

namespace nightshift::delivery {

// E-mail over SMTP. url: smtp://host:port (STARTTLS is required) or smtps://host:port; target: addresses with
// commas; options: `from` (required), `from_name`, `user`, `tls` ("none" for a server on a trusted network),
// `ca_file`; token: the password. The receipt is the server's 250 to the message and the queue id in it: it
// has taken the message over, which does not say that a person got it. SMTP has no idempotency: when the
// message was handed over and no answer came, it stays unknown.
Result<std::unique_ptr<Channel>> make_email(const ChannelSpec& spec, io::Pool* pool);

}  // namespace nightshift::delivery
