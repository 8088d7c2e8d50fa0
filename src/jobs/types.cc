#include "jobs/types.h"

#include <array>
#include <utility>

namespace nightshift::jobs {
namespace {

template <class Enum, size_t N>
using Names = std::array<std::pair<Enum, std::string_view>, N>;

constexpr Names<Impact, 3> kImpacts{{{Impact::kBlocking, "blocking"},
                                     {Impact::kDegraded, "degraded"},
                                     {Impact::kEnhancement, "enhancement"}}};
constexpr Names<Verdict, 8> kVerdicts{{{Verdict::kVerified, "verified"},
                                       {Verdict::kUnverified, "unverified"},
                                       {Verdict::kContradicted, "contradicted"},
                                       {Verdict::kFailed, "failed"},
                                       {Verdict::kLate, "late"},
                                       {Verdict::kMissed, "missed"},
                                       {Verdict::kSkipped, "skipped"},
                                       {Verdict::kSilentOk, "silent_ok"}}};
constexpr Names<Phase, 6> kPhases{{{Phase::kPlanned, "planned"},
                                   {Phase::kClaimed, "claimed"},
                                   {Phase::kRunning, "running"},
                                   {Phase::kWaiting, "waiting"},
                                   {Phase::kVerifying, "verifying"},
                                   {Phase::kDone, "done"}}};
constexpr Names<Trigger, 4> kTriggers{{{Trigger::kSchedule, "schedule"},
                                       {Trigger::kManual, "manual"},
                                       {Trigger::kEvent, "event"},
                                       {Trigger::kPing, "ping"}}};
constexpr Names<Outcome, 3> kOutcomes{
    {{Outcome::kHolds, "holds"}, {Outcome::kFails, "fails"}, {Outcome::kUnknown, "unknown"}}};

template <class Enum, size_t N>
std::string_view name_of(const Names<Enum, N>& names, Enum value) {
    for (const auto& [each, name] : names) {
        if (each == value) return name;
    }
    return "?";
}

template <class Enum, size_t N>
std::optional<Enum> value_of(const Names<Enum, N>& names, std::string_view text) {
    for (const auto& [each, name] : names) {
        if (name == text) return each;
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_string(Impact impact) {
    return name_of(kImpacts, impact);
}
std::string_view to_string(Verdict verdict) {
    return name_of(kVerdicts, verdict);
}
std::string_view to_string(Phase phase) {
    return name_of(kPhases, phase);
}
std::string_view to_string(Trigger trigger) {
    return name_of(kTriggers, trigger);
}
std::string_view to_string(Outcome outcome) {
    return name_of(kOutcomes, outcome);
}
std::optional<Impact> parse_impact(std::string_view text) {
    return value_of(kImpacts, text);
}
std::optional<Verdict> parse_verdict(std::string_view text) {
    return value_of(kVerdicts, text);
}
std::optional<Phase> parse_phase(std::string_view text) {
    return value_of(kPhases, text);
}
std::optional<Trigger> parse_trigger(std::string_view text) {
    return value_of(kTriggers, text);
}
std::optional<Outcome> parse_outcome(std::string_view text) {
    return value_of(kOutcomes, text);
}

}  // namespace nightshift::jobs
