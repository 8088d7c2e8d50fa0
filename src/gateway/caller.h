#pragma once

#include <map>
#include <string>
#include <string_view>

#include "gateway/dialects/dialect.h"
#include "net/http.h"

namespace nightshift::gateway {

// Who calls, for limits, events and headers. Names are cut to kNameBytesMax.
struct Caller {
    std::string tenant;
    std::string team;
    std::string agent;
    std::string session;
    std::string trace;        // 32 hex digits of the client's traceparent, or ""
    std::string parent_span;  // 16 of them
    std::string request_id;   // the client's own, or a new one
};

// The agent is what `x-nightshift-agent` says, else the token's name; the session what `x-nightshift-session`
// says, else what the body says. `new_id` is taken when the client sent no x-request-id.
Caller identify(const net::Headers& headers, const RequestFacts& facts, std::string_view tenant,
                std::string_view token_name, const std::map<std::string, std::string>& teams,
                std::string_view new_id);

inline constexpr size_t kNameBytesMax = 128;

}  // namespace nightshift::gateway
