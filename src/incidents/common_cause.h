#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "incidents/impact.h"
#include "incidents/types.h"

// Incidents that have a cause in common are one thing to deal with: the first of the severest tells people of
// all, the others are its parts and keep their own diagnosis and timeline. Pure, as apply.h.
namespace nightshift::incidents {

// What it may have in common with others: the evidence of its causes from kJoinFrom on, and itself where
// others may depend on it. Empty until it is diagnosed.
std::vector<std::string> causes_of(const Incident& incident);

// It goes on, was diagnosed, and people hear of it by itself.
bool may_lead(const Incident& incident);

// Nobody has heard of it yet, it is not acknowledged, and both are of one tenant and go on. What is severer
// than the other one speaks for itself: words about something smaller would belittle it.
bool may_join(const Incident& incident, const Incident& lead);

// `cause` is one of causes_of() both.
void join(Incident& incident, const Incident& lead, std::string_view cause, Time now);

// It speaks for itself again.
void leave(Incident& incident, std::string_view by, std::string_view why, Time now);

// A person's word: it is something else. kConflict when it is part of nothing.
Result<void> separate(Incident& incident, std::string_view by, Time now);

Part part_of(const Incident& incident);

// Takes its parts as they are, all of them. Resolves when nothing of it goes on any more. True when people
// see a difference.
bool take_parts(Incident& lead, std::vector<Part> parts, Time now);

// At least as severe as the severest of its parts that go on.
Judged judge_with_parts(Judged own, const std::vector<Part>& parts);

}  // namespace nightshift::incidents
