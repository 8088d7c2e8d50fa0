#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "ingest/openclaw/frame.h"

namespace nightshift::ingest::openclaw {

// What we may do on a connection; each includes the one before. Reading is all that the bridge itself ever
// asks for.
enum class Scope { kRead, kWrite, kAdmin };

// The params of `connect`, for protocols 3 and 4.
std::string connect_params(const Secret& token, Scope scope, std::string_view version);

// What a gateway says of itself when it lets us in.
struct Hello {
    int protocol = 0;
    std::string version;
    std::string boot_id;  // "" before protocol 4
    int64_t uptime_ms = 0;
    int64_t tick_interval_ms = 30'000;
    std::vector<std::string> methods;
    std::vector<std::string> scopes;

    bool has_method(std::string_view method) const;
};

// kInvalid when it is no hello-ok; kForbidden, with what the operator can do, when the scope that was asked
// for is not among those granted: such a connection stays open and says nothing.
Result<Hello> parse_hello(const Frame& answer, Scope asked);

// Why a gateway did not let us in, in the operator's terms.
struct Refusal {
    Error error;
    bool is_worth_retrying = true;  // soon; otherwise only slowly, in case the operator repairs it
    int64_t retry_after_ms = 0;
};
Refusal explain_refusal(const RpcError& error, std::string_view url);

}  // namespace nightshift::ingest::openclaw
