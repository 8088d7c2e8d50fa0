#include "incidents/types.h"

#include <array>
#include <utility>

namespace nightshift::incidents {
namespace {

template <class Enum, size_t kCount>
using Words = std::array<std::pair<Enum, std::string_view>, kCount>;

constexpr Words<State, 3> kStates{{
    {State::kOpen, "open"},
    {State::kAcknowledged, "acknowledged"},
    {State::kResolved, "resolved"},
}};

constexpr Words<Conclusion, 5> kConclusions{{
    {Conclusion::kFalseAlarm, "false_alarm"},
    {Conclusion::kEnhancement, "enhancement"},
    {Conclusion::kDegraded, "degraded"},
    {Conclusion::kUnknown, "unknown"},
    {Conclusion::kBlocked, "blocked"},
}};

constexpr Words<Finding, 5> kFindings{{
    {Finding::kGood, "good"},
    {Finding::kSuspicious, "suspicious"},
    {Finding::kBad, "bad"},
    {Finding::kUnknown, "unknown"},
    {Finding::kNothing, "nothing"},
}};

template <class Enum, size_t kCount>
std::string_view word_of(const Words<Enum, kCount>& words, Enum value) {
    for (const auto& [each, word] : words) {
        if (each == value) return word;
    }
    return "unknown";
}

template <class Enum, size_t kCount>
std::optional<Enum> value_of(const Words<Enum, kCount>& words, std::string_view given) {
    for (const auto& [each, word] : words) {
        if (word == given) return each;
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_string(State state) {
    return word_of(kStates, state);
}
std::optional<State> parse_state(std::string_view word) {
    return value_of(kStates, word);
}

std::string_view to_string(Conclusion conclusion) {
    return word_of(kConclusions, conclusion);
}
std::optional<Conclusion> parse_conclusion(std::string_view word) {
    return value_of(kConclusions, word);
}

std::string_view to_string(Finding finding) {
    return word_of(kFindings, finding);
}
std::optional<Finding> parse_finding(std::string_view word) {
    return value_of(kFindings, word);
}

}  // namespace nightshift::incidents
