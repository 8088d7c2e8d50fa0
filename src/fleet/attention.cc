#include "fleet/attention.h"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>

#include "base/text.h"

namespace nightshift::fleet {

namespace {

constexpr int64_t kLongLimit = 10 * 60'000'000ll;  // a rate limit that lasts longer is worth a look
constexpr size_t kTitleSignatureMax = 80;

const Detection* find_detection(const Session& session, bool (*wanted)(DetectionKind)) {
    for (const Detection& detection : session.watch.detections()) {
        if (wanted(detection.kind)) return &detection;
    }
    return nullptr;
}

Severity severity_of(AgentState state, const Detection* detection, int64_t age_us) {
    switch (state) {
        case AgentState::kLooping:
            return detection != nullptr && detection->response == Ladder::kObserve ? Severity::kInfo
                                                                                   : Severity::kCritical;
        case AgentState::kFailed:
            return Severity::kCritical;
        case AgentState::kRateLimited:
            return age_us > kLongLimit ? Severity::kWarning : Severity::kInfo;
        default:
            return Severity::kWarning;
    }
}

std::string title_of(std::string_view who, AgentState state, const Detection* detection,
                     std::string_view why) {
    if (state == AgentState::kLooping && detection != nullptr) {
        return fmt::format("{} goes in circles: {} ({} times)", who,
                           truncate_utf8(detection->signature, kTitleSignatureMax), detection->count);
    }
    switch (state) {
        case AgentState::kFailed:
            return fmt::format("{} failed: {}", who, why);
        case AgentState::kStalled:
            return fmt::format("{} is stalled: {}", who, why);
        case AgentState::kWaitingApproval:
            return fmt::format("{} waits for approval: {}", who, why);
        case AgentState::kRateLimited:
            return fmt::format("{} is rate limited: {}", who, why);
        case AgentState::kOffline:
            return fmt::format("{} is offline: {}", who, why);
        default:
            return fmt::format("{}: {}", who, why);
    }
}

bool needs_attention(AgentState state) {
    return state == AgentState::kLooping || state == AgentState::kFailed || state == AgentState::kStalled ||
           state == AgentState::kRateLimited || state == AgentState::kWaitingApproval;
}

}  // namespace

std::optional<Attention> attention_for(const Session& session, int64_t now_us, const StateOptions& options) {
    const AgentState state = session.state.value;
    const std::string_view who =
        session.agent.empty() ? std::string_view(session.id) : std::string_view(session.agent);
    Attention attention;
    attention.agent = session.agent;
    attention.session = session.id;
    attention.since_us = session.state.since_us;
    const Detection* detection = nullptr;
    if (needs_attention(state)) {
        const bool may_repeat = state == AgentState::kLooping || state == AgentState::kFailed;
        if (may_repeat) detection = find_detection(session, is_loop);
        if (state == AgentState::kStalled) {
            detection =
                find_detection(session, [](DetectionKind kind) { return kind == DetectionKind::kStalled; });
        }
        attention.kind = to_string(state);
        attention.severity = severity_of(state, detection, now_us - session.state.since_us);
        attention.title = title_of(who, state, detection, session.state.why);
    } else {
        detection =
            find_detection(session, [](DetectionKind kind) { return kind == DetectionKind::kTokenVelocity; });
        if (detection == nullptr || session.activity.is_ended()) return std::nullopt;
        attention.kind = "looping";
        attention.since_us = detection->since_us;
        attention.severity = detection->response == Ladder::kObserve ? Severity::kInfo : Severity::kWarning;
        attention.title = fmt::format("{} burns tokens faster than ever: {}", who, detection->signature);
    }
    if (now_us - std::max(session.last_us, attention.since_us) > options.attention_max_us)
        return std::nullopt;
    attention.id = fmt::format("{}:{}", attention.kind, session.id);
    if (detection != nullptr) attention.detection = *detection;
    attention.can_abort =
        !session.abort_source.empty() && session.activity.is_open() && !session.activity.is_ended();
    return attention;
}

std::optional<Attention> attention_for(const Agent& agent, int64_t now_us, const StateOptions& options) {
    const bool is_lost = agent.state.value == AgentState::kOffline;
    const bool is_own = agent.own.last_us() >= agent.last_us && needs_attention(agent.state.value);
    if (!is_lost && !is_own) return std::nullopt;
    if (now_us - std::max(agent.last_us, agent.state.since_us) > options.attention_max_us)
        return std::nullopt;
    Attention attention;
    attention.agent = agent.id;
    attention.kind = to_string(agent.state.value);
    attention.id = fmt::format("{}:agent:{}", attention.kind, agent.id);
    attention.since_us = agent.state.since_us;
    attention.severity = severity_of(agent.state.value, nullptr, now_us - agent.state.since_us);
    attention.title = title_of(agent.id, agent.state.value, nullptr, agent.state.why);
    return attention;
}

bool is_more_important(const Attention& a, const Attention& b) {
    return std::tie(b.severity, b.since_us, a.id) < std::tie(a.severity, a.since_us, b.id);
}

std::string episode_of(const Attention& attention) {
    const int64_t since_us = attention.detection ? attention.detection->since_us : attention.since_us;
    return fmt::format("{}@{}", attention.id, since_us);
}

}  // namespace nightshift::fleet
