#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "alerts/hold.h"
#include "alerts/matcher.h"
#include "alerts/signal.h"
#include "base/labels.h"
#include "base/result.h"
#include "base/severity.h"

namespace nightshift::alerts {

// A number the value is compared with; both ends may be open. Nothing set: any value will do.
struct Threshold {
    std::optional<double> above;
    std::optional<double> below;

    bool holds(double value) const { return (!above || value > *above) && (!below || value < *below); }
    bool is_set() const { return above.has_value() || below.has_value(); }
};

// What a rule asks the recorder, for kQuery and kSilence.
struct Measure {
    std::string where;      // a filter over events, docs/api.md
    std::string aggregate;  // "count", "errors", "p95(duration)", "sum(cost)"
    std::string divide_by;  // another aggregate: the ratio of the two
    std::vector<std::string> group_by;
    std::chrono::seconds over{600};  // the window; of kSilence: how far back a first event is looked for
    // Compare with the same window so long ago instead: the value is the ratio to it. 0: no.
    std::chrono::seconds against{0};
};

// When something that is known becomes an alert. Immutable.
struct Rule {
    std::string name;
    std::string description;
    SignalKind on = SignalKind::kSession;
    Matchers where;       // over the signal's labels
    Threshold threshold;  // over its value
    Measure measure;      // of kQuery and kSilence
    HoldPolicy hold;
    std::optional<Severity> severity;  // asked for; what is affected decides
    Labels labels;                     // added to the alert
    std::string summary;               // "{{agent}} goes in circles: {{says}}"; empty: what the signal says
    std::string tenant = "default";
    bool is_enabled = true;
    bool is_default = false;
};
using RulePtr = std::shared_ptr<const Rule>;

// kInvalid: what is wrong with a rule, among others that it can never or must always fire.
Result<void> check_rule(const Rule& rule);

// `text` with {{label}}, {{value}} and {{says}} replaced. What is not there stays empty.
std::string fill_in(std::string_view text, const Signal& signal);
// kInvalid for a {{ that is not closed or an empty name.
Result<void> check_template(std::string_view text);

}  // namespace nightshift::alerts
