#include "gateway/loops.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <bit>

namespace nightshift::gateway {
namespace {

// A repeated call weighs by what came of it: the same again is a loop, something new is perhaps a poll.
constexpr double kSameResult = 2;
constexpr double kUnknownResult = 1;
constexpr double kNewResult = 0.5;
// What is done again after something new is half a reason: tests run again after each change.
constexpr double kAfterNews = 0.5;
// Where a loop begins: the fourth call alike with the same result; the third round of a cycle.
constexpr double kSameCallTrips = 6;
constexpr double kCycleTrips = 4;
constexpr size_t kPeriodMax = 4;
// Answers alike without a new call beside them: the third of six.
constexpr size_t kAnswersLooked = 6;
constexpr double kAnswersTrip = 3;
constexpr int kNearBitsMax = 3;
constexpr size_t kAnswerBytesMin = 40;  // "Let me check." is no evidence
// The steps of the ladder, in scores.
constexpr double kThrottleFrom = 1.5;
constexpr double kStopFrom = 2;

bool is_poll(const ToolUse& use, const LoopOptions& options) {
    return std::find(options.polls.begin(), options.polls.end(), use.tool) != options.polls.end();
}

double weight(const ToolUse& earlier, const ToolUse& later, const LoopOptions& options) {
    if (earlier.result.empty() || later.result.empty()) return kUnknownResult;
    if (earlier.result == later.result) return kSameResult;
    return is_poll(later, options) ? 0 : kNewResult;
}

bool is_new(const std::vector<ToolUse>& calls, size_t index) {
    return std::none_of(calls.begin(), calls.begin() + static_cast<ptrdiff_t>(index),
                        [&](const ToolUse& earlier) { return earlier.call == calls[index].call; });
}

// The call made last, and how often it was made before.
LoopEvidence same_call(const std::vector<ToolUse>& calls, const LoopOptions& options) {
    LoopEvidence evidence;
    if (calls.empty()) return evidence;
    const ToolUse& last = calls.back();
    const ToolUse* previous = nullptr;
    bool has_news = false;  // since the previous one
    double sum = 0;
    for (size_t i = 0; i < calls.size(); ++i) {
        if (calls[i].call != last.call) {
            has_news = has_news || is_new(calls, i);
            continue;
        }
        ++evidence.count;
        if (previous != nullptr) sum += weight(*previous, calls[i], options) * (has_news ? kAfterNews : 1);
        previous = &calls[i];
        has_news = false;
    }
    evidence.kind = LoopKind::kSameCall;
    evidence.score = sum / kSameCallTrips;
    evidence.signature = last.call;
    evidence.text = last.text;
    return evidence;
}

// The calls at the end that repeat those `period` before them.
LoopEvidence cycle(const std::vector<ToolUse>& calls, size_t period, const LoopOptions& options) {
    LoopEvidence evidence;
    double sum = 0;
    size_t repeated = 0;
    for (size_t i = calls.size(); i > period && calls[i - 1].call == calls[i - 1 - period].call; --i) {
        sum += weight(calls[i - 1 - period], calls[i - 1], options);
        ++repeated;
    }
    if (repeated < 2 * period) return evidence;  // three rounds, the first of them counted
    evidence.kind = LoopKind::kCycle;
    evidence.score = sum / static_cast<double>(period) / kCycleTrips;
    evidence.count = repeated / period + 1;
    evidence.signature = calls.back().call;
    for (size_t i = calls.size() - period; i < calls.size(); ++i) {
        if (!evidence.text.empty()) evidence.text += ", ";
        evidence.text += calls[i].text;
    }
    return evidence;
}

// Marks the turns that called something not called before: they work, whatever they say.
std::vector<bool> turns_with_news(const Conversation& conversation) {
    std::vector<bool> has_news(conversation.turns.size(), false);
    size_t total = 0;
    for (const AssistantTurn& turn : conversation.turns) total += turn.calls;
    // The oldest calls may have been left out.
    const size_t at = total > conversation.calls.size() ? total - conversation.calls.size() : 0;
    size_t seen = 0;
    for (size_t t = 0; t < conversation.turns.size(); ++t) {
        for (size_t i = 0; i < conversation.turns[t].calls; ++i, ++seen) {
            if (seen < at) continue;
            has_news[t] = has_news[t] || is_new(conversation.calls, seen - at);
        }
    }
    return has_news;
}

LoopEvidence same_answer(const Conversation& conversation) {
    LoopEvidence evidence;
    const std::vector<AssistantTurn>& turns = conversation.turns;
    const std::vector<bool> has_news = turns_with_news(conversation);
    if (turns.empty() || turns.back().text_bytes < kAnswerBytesMin) return evidence;
    for (size_t i = turns.size() - std::min(turns.size(), kAnswersLooked); i < turns.size(); ++i) {
        if (has_news[i] || turns[i].text_bytes < kAnswerBytesMin) continue;
        if (std::popcount(turns[i].simhash ^ turns.back().simhash) <= kNearBitsMax) ++evidence.count;
    }
    evidence.kind = LoopKind::kSameAnswer;
    evidence.score = static_cast<double>(evidence.count) / kAnswersTrip;
    return evidence;
}

void keep_stronger(LoopEvidence& best, LoopEvidence other) {
    if (other.score > best.score) best = std::move(other);
}

}  // namespace

std::string_view to_string(LoopAction action) {
    switch (action) {
        case LoopAction::kNone:
            return "none";
        case LoopAction::kObserve:
            return "observe";
        case LoopAction::kAnnotate:
            return "annotate";
        case LoopAction::kThrottle:
            return "throttle";
        case LoopAction::kStop:
            return "stop";
    }
    return "none";
}

std::string_view to_string(LoopKind kind) {
    switch (kind) {
        case LoopKind::kNone:
            return "none";
        case LoopKind::kSameCall:
            return "same_call";
        case LoopKind::kCycle:
            return "cycle";
        case LoopKind::kSameAnswer:
            return "same_answer";
        case LoopKind::kStorm:
            return "storm";
    }
    return "none";
}

LoopEvidence find_loop(const Conversation& conversation, const LoopOptions& options) {
    LoopEvidence best;
    if (conversation.last_role == Role::kUser) return best;
    keep_stronger(best, same_call(conversation.calls, options));
    for (size_t period = 2; period <= kPeriodMax; ++period) {
        keep_stronger(best, cycle(conversation.calls, period, options));
    }
    keep_stronger(best, same_answer(conversation));
    return best;
}

LoopAction loop_action(const LoopEvidence& evidence, const LoopOptions& options) {
    if (!evidence.is_loop()) return LoopAction::kNone;
    LoopAction action = LoopAction::kAnnotate;
    if (evidence.score >= kThrottleFrom) action = LoopAction::kThrottle;
    if (evidence.score >= kStopFrom) action = LoopAction::kStop;
    return std::min(action, options.most);
}

std::string explain(const LoopEvidence& evidence) {
    switch (evidence.kind) {
        case LoopKind::kNone:
            return "";
        case LoopKind::kSameCall:
            return fmt::format("the call {} was made {} times since a person last spoke", evidence.text,
                               evidence.count);
        case LoopKind::kCycle:
            return fmt::format("the calls {} were made {} times in turn", evidence.text, evidence.count);
        case LoopKind::kSameAnswer:
            return fmt::format("nearly the same answer was given {} times without anything new being done",
                               evidence.count);
        case LoopKind::kStorm:
            return fmt::format("the same request came {} times within seconds", evidence.count);
    }
    return "";
}

uint64_t hash_body(std::string_view body) {
    return XXH3_64bits(body.data(), body.size());
}

LoopEvidence storm_evidence(size_t count, const LoopOptions& options) {
    LoopEvidence evidence;
    evidence.kind = LoopKind::kStorm;
    evidence.count = count;
    if (options.storm_requests > 0) {
        evidence.score = static_cast<double>(count) / static_cast<double>(options.storm_requests);
    }
    return evidence;
}

size_t StormWatch::count(std::string_view caller, uint64_t body_hash, LoopTime now,
                         std::chrono::seconds window) {
    auto found = callers_.find(std::string(caller));
    if (found == callers_.end()) {
        if (callers_.size() >= kCallersMax) forget_longest_idle();
        found = callers_.emplace(std::string(caller), Recent{}).first;
    }
    Recent& recent = found->second;
    recent.last = now;
    std::erase_if(recent.seen, [&](const Seen& each) { return now - each.at > window; });
    if (recent.seen.size() >= kSeenMax) recent.seen.erase(recent.seen.begin());
    recent.seen.push_back({body_hash, now});
    return static_cast<size_t>(std::count_if(recent.seen.begin(), recent.seen.end(),
                                             [&](const Seen& each) { return each.hash == body_hash; }));
}

void StormWatch::forget_longest_idle() {
    callers_.erase(std::min_element(callers_.begin(), callers_.end(), [](const auto& a, const auto& b) {
        return a.second.last < b.second.last;
    }));
}

}  // namespace nightshift::gateway
