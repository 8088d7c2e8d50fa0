#pragma once

#include <vector>

#include "incidents/checks.h"
#include "incidents/facts.h"
#include "incidents/types.h"

namespace nightshift::incidents {

// When somebody should look, as a diagnosis says it.
constexpr std::string_view kWindowNow = "now";
constexpr std::string_view kWindowHour = "1 h";
constexpr std::string_view kWindowDays = "24 to 48 h";
constexpr std::string_view kWindowNone = "none";

// What the facts and the checks on them come to, by the table in docs/incidents.md: the first rule that fits.
// Not done is concluded from what is seen, done only from the evidence of somebody other than the claimant;
// everything else is unknown. `took` and `decision` are left to the caller, who has a clock.
Diagnosis conclude(const Facts& facts, std::vector<Check> checks);

// All checks and the conclusion. `now` is when the gathering ended.
Diagnosis diagnose(const Facts& facts, Time now);

}  // namespace nightshift::incidents
