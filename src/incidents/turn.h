#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "incidents/types.h"

// Several Nightshifts may hear of the same alerts, so that one of them is left when another dies. People hear
// of an incident from the first of them that can speak.
namespace nightshift::incidents {

struct Turn {
    bool is_ours = true;
    std::optional<Time> look_again;  // when it is not ours: decide again by then
};

// Whether this node tells people of the incident. `first_wait`: what it leaves to the nodes before it;
// `deals`: the node before it that says that it deals with this group, "" when none does. Whoever has begun
// goes on.
Turn whose_turn(const Incident& incident, std::chrono::seconds first_wait, const std::string& deals,
                Time now);

// Writes down who tells people. True when that is news.
bool take_turn(Incident& incident, const std::string& deals, Time now);

}  // namespace nightshift::incidents
