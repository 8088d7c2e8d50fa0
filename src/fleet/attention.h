#pragma once

#include <optional>

#include "fleet/options.h"
#include "fleet/record.h"

namespace nightshift::fleet {

// What a person should know about a session now, or nothing.
std::optional<Attention> attention_for(const Session& session, int64_t now_us, const StateOptions& options);
// The same for an agent as a whole: only when it is offline against expectation, or for work outside
// sessions.
std::optional<Attention> attention_for(const Agent& agent, int64_t now_us, const StateOptions& options);

// Most important first: by severity, then the newest.
bool is_more_important(const Attention& a, const Attention& b);

// What identifies one episode of trouble: a dismissal holds for it and no longer.
std::string episode_of(const Attention& attention);

}  // namespace nightshift::fleet
