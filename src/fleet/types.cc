#include "fleet/types.h"

namespace nightshift::fleet {

namespace {

constexpr std::array<std::string_view, kStateCount> kStateWords = {
    "unknown", "idle",    "working", "waiting_approval", "rate_limited",
    "stalled", "looping", "failed",  "offline"};

}  // namespace

std::string_view to_string(AgentState state) {
    return kStateWords[static_cast<size_t>(state)];
}

std::optional<AgentState> parse_state(std::string_view word) {
    for (size_t i = 0; i < kStateCount; ++i) {
        if (kStateWords[i] == word) return static_cast<AgentState>(i);
    }
    return std::nullopt;
}

std::string_view to_string(DetectionKind kind) {
    switch (kind) {
        case DetectionKind::kSameCall:
            return "same_call";
        case DetectionKind::kPingPong:
            return "ping_pong";
        case DetectionKind::kSameError:
            return "same_error";
        case DetectionKind::kTokenVelocity:
            return "token_velocity";
        case DetectionKind::kNoNewInformation:
            return "no_new_information";
        case DetectionKind::kStalled:
            return "stalled";
    }
    return "same_call";
}

bool is_loop(DetectionKind kind) {
    return kind != DetectionKind::kTokenVelocity && kind != DetectionKind::kStalled;
}

std::string_view to_string(Ladder step) {
    switch (step) {
        case Ladder::kObserve:
            return "observe";
        case Ladder::kTell:
            return "tell";
        case Ladder::kAbort:
            return "abort";
    }
    return "observe";
}

std::string_view to_string(Severity severity) {
    switch (severity) {
        case Severity::kInfo:
            return "info";
        case Severity::kWarning:
            return "warning";
        case Severity::kCritical:
            return "critical";
    }
    return "info";
}

}  // namespace nightshift::fleet
