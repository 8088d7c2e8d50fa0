#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jobs/evidence/source.h"

namespace nightshift::jobs::evidence {

// What one part of a condition found. The text says it for people.
struct Finding {
    Outcome outcome = Outcome::kUnknown;
    std::string text;
    std::optional<double> value;  // see Observation::value
};

Finding holds(std::string text, std::optional<double> value = std::nullopt);
Finding fails(std::string text, std::optional<double> value = std::nullopt);
Finding unknown(std::string text, std::optional<double> value = std::nullopt);

// One finding of several: it fails when one of them fails, else it is unknown when one is, else it holds; its
// text is that of the parts which decided. Of no parts it is unknown. The first value counts.
Finding all_of(const std::vector<Finding>& parts);

Observation observation(const Finding& finding, std::string observer, bool is_claimants_word = false);

// The observation as it may be kept: redacted, valid UTF-8, at most kObservedBytesMax.
Observation presentable(Observation observation);

}  // namespace nightshift::jobs::evidence
