#pragma once

#include <string>
#include <vector>

#include "incidents/evidence.h"
#include "incidents/types.h"

namespace nightshift::incidents {

// What the rules of a conclusion ask for. Borrows the facts and the checks.
struct Signals {
    Signals(const Facts& facts, const std::vector<Check>& checks);

    const Facts& facts;
    const std::vector<Check>& checks;
    Work work;
    std::vector<std::string> missing;  // parts that were not gathered

    // Null when it was not gathered.
    const ActivityFacts* activity;
    const OwnFacts* own;
    const std::vector<DependencyFact>* dependencies;

    const Check* check(std::string_view name) const;
    Finding finding(std::string_view name) const;  // kUnknown without one
    std::string says(std::string_view name) const;

    bool loops() const;
    bool burns() const;                 // and spends tokens meanwhile
    bool is_stuck() const;              // the session failed, or waits for a person
    bool is_blind() const;              // we cannot see the subject, or not with open eyes
    bool is_essential_missing() const;  // a part without which nothing good can be said
    bool is_worse() const;              // the work is done worse, or by another path
    bool has_trouble_around() const;    // something that is no part of the work is wrong
    // The subject is a thing that others depend on, and this is its own state; null when it is not.
    const DependencyFact* itself() const;
};

}  // namespace nightshift::incidents
