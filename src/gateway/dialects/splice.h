#pragma once

#include "gateway/dialects/dialect.h"

namespace nightshift::gateway {

// The client's bytes with the target's model, and what we need of the upstream besides, spliced in: for equal
// dialects.
std::string splice_request(const RequestFacts& facts, std::string_view body, const UpstreamRequest& to);

}  // namespace nightshift::gateway
