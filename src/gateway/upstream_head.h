#pragma once

#include <optional>
#include <string>

#include "gateway/dialects/dialect.h"
#include "gateway/settings.h"
#include "gateway/upstreams.h"

namespace nightshift::gateway {

struct UpstreamHead {
    const Origin& origin;
    ProviderKind kind;
    Dialect dialect;    // of the upstream
    const Secret* key;  // null: none
    bool stream = false;
    size_t body_bytes = 0;
    const net::Headers& client;  // some of its headers go on: versions, betas, trace, idempotency
};

// The head of a request to a provider, with its empty line.
std::string render_upstream_head(const UpstreamHead& head);

}  // namespace nightshift::gateway
