#include "alerts/signal.h"

#include <array>

namespace nightshift::alerts {
namespace {

struct Known {
    SignalKind kind;
    std::string_view word;
    std::vector<std::string> identity;
};

const std::array<Known, kSignalKindCount>& known_kinds() {
    static const std::array<Known, kSignalKindCount> kKnown{{
        {SignalKind::kSession, "session", {"session", "agent"}},
        {SignalKind::kAgent, "agent", {"agent"}},
        {SignalKind::kLoop, "loop", {"session", "agent"}},
        {SignalKind::kJob, "job", {"job"}},
        {SignalKind::kBudget, "budget", {"limit", "subject", "window"}},
        {SignalKind::kRoute, "route", {"route"}},
        {SignalKind::kSource, "source", {"source"}},
        {SignalKind::kPart, "part", {"part"}},
        {SignalKind::kResource, "resource", {"resource"}},
        {SignalKind::kChannel, "channel", {"channel"}},
        {SignalKind::kProbe, "probe", {"probe"}},
        {SignalKind::kQuery, "query", {}},
        {SignalKind::kSilence, "silence", {}},
    }};
    return kKnown;
}

}  // namespace

std::string_view to_string(SignalKind kind) {
    return known_kinds()[static_cast<size_t>(kind)].word;
}

std::optional<SignalKind> parse_signal_kind(std::string_view word) {
    for (const Known& each : known_kinds()) {
        if (each.word == word) return each.kind;
    }
    return std::nullopt;
}

const std::vector<std::string>& identity_of(SignalKind kind) {
    return known_kinds()[static_cast<size_t>(kind)].identity;
}

}  // namespace nightshift::alerts
