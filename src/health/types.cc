#include "health/types.h"

namespace nightshift::health {

std::string_view to_string(State state) {
    switch (state) {
        case State::kPassing:
            return "passing";
        case State::kFailing:
            return "failing";
        case State::kStale:
            return "stale";
        case State::kUnknown:
            break;
    }
    return "unknown";
}

std::string_view to_string(Outcome outcome) {
    switch (outcome) {
        case Outcome::kGood:
            return "good";
        case Outcome::kBad:
            return "bad";
        case Outcome::kUnknown:
            break;
    }
    return "unknown";
}

const std::vector<std::string_view>& subject_kinds() {
    static const std::vector<std::string_view> kKinds{"job",      "agent",  "route",
                                                      "provider", "source", "channel"};
    return kKinds;
}

}  // namespace nightshift::health
