#pragma once

#include <optional>
#include <string>

#include "incidents/types.h"

namespace nightshift::incidents {

struct Judged {
    Severity severity = Severity::kWarning;
    std::string why;  // the rules of docs/incidents.md that made it so, in their order

    friend bool operator==(const Judged&, const Judged&) = default;
};

// How much it matters to those who depend on the work: by the table in docs/incidents.md, rule after rule.
// Never from how high a number is. What is unknown never lowers.
Judged judge_severity(const Stakes& stakes, const std::optional<Diagnosis>& diagnosis, Time now);

}  // namespace nightshift::incidents
