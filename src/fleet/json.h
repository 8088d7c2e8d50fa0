#pragma once

#include <string>

#include "fleet/state.h"

namespace nightshift::fleet {

// The shapes of docs/api.md, one function each. They append one JSON value.
void append_session(std::string& out, const Session& session, int64_t now_us);
// `rhythm`: Fleet::rhythm_of().
void append_agent(std::string& out, const Agent& agent, const std::optional<Rhythm::Judgement>& rhythm,
                  int64_t now_us);
void append_attention(std::string& out, const Attention& attention);
void append_totals(std::string& out, const Totals& totals);

}  // namespace nightshift::fleet
