#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "health/types.h"

namespace nightshift::health {

// Whether a host could be reached at all when it was tried last.
struct Contact {
    std::string host;
    Time at;
    bool is_reached = false;
};

// None of several other hosts can be reached: then the fault is more likely ours, or our network's, than that
// of each of them. Contacts of this machine, and old ones, say nothing of that.
bool is_cut_off(const std::vector<Contact>& contacts, Time now);

// "localhost" and loopback addresses.
bool is_this_machine(std::string_view host);
// The host that a question goes to; "" for a command.
std::string host_of(const Question& question);

}  // namespace nightshift::health
