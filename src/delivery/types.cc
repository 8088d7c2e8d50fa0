#include "delivery/types.h"

#include <array>
#include <utility>

#include "delivery/outcome.h"

namespace nightshift::delivery {
namespace {

template <class T, size_t N>
std::string_view name_of(const std::array<std::pair<T, std::string_view>, N>& names, T value) {
    for (const auto& [each, name] : names) {
        if (each == value) return name;
    }
    return "unknown";
}

template <class T, size_t N>
std::optional<T> named(const std::array<std::pair<T, std::string_view>, N>& names, std::string_view text) {
    for (const auto& [each, name] : names) {
        if (name == text) return each;
    }
    return std::nullopt;
}

constexpr std::array<std::pair<State, std::string_view>, 6> kStates{{{State::kQueued, "queued"},
                                                                     {State::kSending, "sending"},
                                                                     {State::kDelivered, "delivered"},
                                                                     {State::kUnknown, "unknown"},
                                                                     {State::kFailed, "failed"},
                                                                     {State::kSuperseded, "superseded"}}};

constexpr std::array<std::pair<Mode, std::string_view>, 3> kModes{
    {{Mode::kPost, "post"}, {Mode::kEdit, "edit"}, {Mode::kReply, "reply"}}};

constexpr std::array<std::pair<Kind, std::string_view>, 8> kKinds{{{Kind::kTelegram, "telegram"},
                                                                   {Kind::kSlack, "slack"},
                                                                   {Kind::kSlackWebhook, "slack_webhook"},
                                                                   {Kind::kDiscord, "discord"},
                                                                   {Kind::kEmail, "email"},
                                                                   {Kind::kNtfy, "ntfy"},
                                                                   {Kind::kWebhook, "webhook"},
                                                                   {Kind::kPagerduty, "pagerduty"}}};

constexpr std::array<std::pair<Proof, std::string_view>, 2> kProofs{
    {{Proof::kIdentifier, "identifier"}, {Proof::kAnswer, "answer"}}};

constexpr std::array<std::pair<Outcome::Kind, std::string_view>, 8> kOutcomes{
    {{Outcome::Kind::kDelivered, "delivered"},
     {Outcome::Kind::kTransient, "transient"},
     {Outcome::Kind::kRateLimited, "rate_limited"},
     {Outcome::Kind::kPermanent, "permanent"},
     {Outcome::Kind::kAmbiguous, "ambiguous"},
     {Outcome::Kind::kAbsent, "absent"},
     {Outcome::Kind::kUnreadable, "unreadable"},
     {Outcome::Kind::kUneditable, "uneditable"}}};

}  // namespace

std::string_view to_string(State state) {
    return name_of(kStates, state);
}
std::optional<State> parse_state(std::string_view text) {
    return named(kStates, text);
}
std::string_view to_string(Mode mode) {
    return name_of(kModes, mode);
}
std::optional<Mode> parse_mode(std::string_view text) {
    return named(kModes, text);
}
std::string_view to_string(Kind kind) {
    return name_of(kKinds, kind);
}
std::optional<Kind> parse_kind(std::string_view text) {
    return named(kKinds, text);
}
std::string_view to_string(Proof proof) {
    return name_of(kProofs, proof);
}
std::optional<Proof> parse_proof(std::string_view text) {
    return named(kProofs, text);
}
std::string_view to_string(Outcome::Kind kind) {
    return name_of(kOutcomes, kind);
}

Outcome Outcome::delivered(Receipt receipt, int status) {
    Outcome outcome;
    outcome.kind = Kind::kDelivered;
    outcome.receipt = std::move(receipt);
    outcome.status = status;
    return outcome;
}

Outcome Outcome::failed(Kind kind, std::string error, int status) {
    Outcome outcome;
    outcome.kind = kind;
    outcome.error = std::move(error);
    outcome.status = status;
    return outcome;
}

}  // namespace nightshift::delivery
