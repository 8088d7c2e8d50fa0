#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/labels.h"

namespace nightshift::alerts {

// What a rule can listen to.
enum class SignalKind : uint8_t {
    kSession,   // labels: session, agent, state; value: minutes in that state
    kAgent,     // agent, state; value: minutes in that state
    kLoop,      // session, agent, detector; value: repetitions
    kJob,       // job, verdict, impact, owner; of its newest finished occurrence; value: bad ones in a row
    kBudget,    // limit, subject, window; value: used share of the limit, 1 is all
    kRoute,     // route, standing; value: 1 when nobody would answer
    kSource,    // source; value: 1 when it cannot be reached
    kPart,      // part; value: 1 while one of our own parts fails
    kResource,  // resource (disk, memory, recorder); value: used share
    kChannel,   // channel; value: deliveries that failed since the last success
    kProbe,     // probe, state, last, the kind and name of its subject, labels of its own; value: 1 unless it
                // passes
    kQuery,     // what the rule's query groups by; value: its aggregate
    kSilence,   // what the rule groups by; value: seconds since the last event
};
constexpr size_t kSignalKindCount = 13;

std::string_view to_string(SignalKind kind);
std::optional<SignalKind> parse_signal_kind(std::string_view word);
// The labels that say which thing a signal is about; the others say how it is.
const std::vector<std::string>& identity_of(SignalKind kind);

// What is known of one thing at a moment. A thing that is not told of any more is over.
struct Signal {
    std::string tenant = "default";
    Labels labels;
    Labels added;  // of these, those that its alerts have too, as if a rule had added them
    double value = 0;
    Time since;        // of its state
    std::string says;  // for a person: "going in circles: read_file x 47"
    std::string ref;   // "session:…", "run:…"
};

}  // namespace nightshift::alerts
