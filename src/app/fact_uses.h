#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/view.h"
#include "incidents/facts.h"
#include "jobs/service.h"

// What jobs and agents are known to use, so that a diagnosis can tell a common cause from a coincidence.
// Pure.
namespace nightshift::app {

// References such as "source openclaw/main", "route fast" and "channel telegram"; "source openclaw/" when it
// is any one of them.
using Uses = std::set<std::string>;

Uses uses_of(const jobs::Job& job);
// From the JSON of a session or agent.
Uses uses_of_fleet(std::string_view fleet_json);

bool is_use(const Uses& uses, const std::string& reference);

// Marks those of the dependencies that are among the uses.
void mark_own(std::vector<incidents::DependencyFact>& dependencies, const Uses& uses);

// One of the others of the subject's kind.
struct Peer {
    Uses uses;
    bool is_bad = false;
};
// What all the bad ones use, most of whose users are bad, and without which others are fine: of `own` uses
// only.
std::vector<std::string> shared_by_the_bad(const Uses& own, const std::vector<Peer>& peers);

}  // namespace nightshift::app
