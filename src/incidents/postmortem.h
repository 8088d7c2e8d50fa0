#pragma once

#include <string>

#include "incidents/types.h"

namespace nightshift::incidents {

// A person's word, else the diagnosis, else nothing.
std::optional<Conclusion> final_conclusion(const Incident& incident);

// A draft in Markdown: what is known, in the order it happened, and what is not. Of a false alarm it is
// short, and asks about the rule. `now` ends what has not ended.
std::string postmortem(const Incident& incident, Time now);

}  // namespace nightshift::incidents
