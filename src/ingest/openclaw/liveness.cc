#include "ingest/openclaw/liveness.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "ingest/openclaw/error_class.h"

namespace nightshift::ingest::openclaw {
namespace {

int64_t whole_seconds(microseconds duration) {
    return std::chrono::duration_cast<seconds>(duration).count();
}

}  // namespace

std::string_view to_string(SourceState state) {
    switch (state) {
        case SourceState::kUnknown:
            return "unknown";
        case SourceState::kPassing:
            return "passing";
        case SourceState::kFailing:
            return "failing";
        case SourceState::kStale:
            return "stale";
    }
    return "unknown";
}

void Liveness::connecting(Time) {
    if (link_ == Link::kNever) link_ = Link::kConnecting;
}

void Liveness::connected(Time began, Time now) {
    link_ = Link::kUp;
    began_ = began;
    heard_ = now;
    has_answered_ = false;
    unanswered_ = 0;
    shutdown_reason_.clear();
    for (auto& [agent, turns] : turns_)
        std::erase_if(turns, [&](const Turn& turn) { return turn.ended < began; });
}

void Liveness::disconnected(std::string_view why, Time) {
    link_ = Link::kDown;
    down_why_ = why;
    if (!shutdown_reason_.empty())
        down_why_ = fmt::format("the gateway went down ({}); {}", shutdown_reason_, why);
}

void Liveness::answered(microseconds round_trip, Time now) {
    unanswered_ = 0;
    has_answered_ = true;
    last_answer_ = now;
    heard_ = now;
    round_trip_ = round_trip;
}

void Liveness::unanswered(std::string_view why) {
    unanswered_++;
    unanswered_why_ = why;
}

void Liveness::turn_ended(std::string_view agent, bool is_ok, std::string_view error_class, Time ended) {
    (is_ok ? turns_ok_ : turns_failed_)++;
    if (ended < began_) return;
    auto found = turns_.find(agent);
    if (found == turns_.end()) {
        if (turns_.size() >= options_.agents_max) return;
        found = turns_.emplace(agent, std::deque<Turn>()).first;
    }
    found->second.push_back({ended, is_ok, std::string(error_class)});
    if (found->second.size() > options_.turns_max) found->second.pop_front();
}

std::string Liveness::failing_turns(Time now) const {
    int failed = 0;
    int all = 0;
    std::string last_class;
    for (const auto& [agent, turns] : turns_) {
        int in_row = 0;
        int by_gateway = 0;
        for (auto turn = turns.rbegin(); turn != turns.rend(); ++turn) {
            if (now - turn->ended > options_.turns_age_max) break;
            all++;
            if (!turn->is_ok) {
                failed++;
                last_class = turn->error_class;
            }
            bool is_in_row = !turn->is_ok && in_row == std::distance(turns.rbegin(), turn);
            if (is_in_row) in_row++;
            if (is_in_row && blames_gateway(turn->error_class)) by_gateway++;
        }
        // One agent with a wrong model is that agent's trouble; one that dies inside the gateway is the
        // gateway's.
        if (in_row >= options_.failed_turns_min && by_gateway == in_row)
            return fmt::format("the last {} turns of {} failed inside the gateway", in_row, agent);
    }
    if (all >= options_.failed_turns_min && failed == all)
        return fmt::format("all of the last {} turns failed, the last with {}", all,
                           last_class.empty() ? "an unknown error" : last_class);
    return {};
}

Verdict Liveness::look(Time now) const {
    Verdict verdict;
    verdict.as_of = now;
    if (link_ == Link::kNever || link_ == Link::kConnecting) {
        verdict.why = "not connected yet";
        return verdict;
    }
    verdict.state = SourceState::kFailing;
    if (link_ == Link::kDown) {
        verdict.why = down_why_;
        return verdict;
    }
    if (now - heard_ > options_.silent_after) {
        verdict.why = fmt::format("nothing heard for {} s, not even a tick", whole_seconds(now - heard_));
        return verdict;
    }
    if (unanswered_ >= options_.unanswered_max) {
        verdict.why = fmt::format("{} calls in a row were not answered; {}", unanswered_, unanswered_why_);
        return verdict;
    }
    if (!has_answered_) {
        verdict.state = SourceState::kUnknown;
        verdict.why = "connected; no call answered yet";
        if (unanswered_ > 0) verdict.why = fmt::format("connected; {}", unanswered_why_);
        return verdict;
    }
    verdict.why = failing_turns(now);
    if (!verdict.why.empty()) return verdict;
    if (now - last_answer_ > options_.stale_after || unanswered_ > 0) {
        verdict.state = SourceState::kStale;
        verdict.as_of = last_answer_;
        verdict.why = unanswered_ > 0 ? unanswered_why_
                                      : fmt::format("no answer for {} s", whole_seconds(now - last_answer_));
        return verdict;
    }
    verdict.state = SourceState::kPassing;
    verdict.as_of = last_answer_;
    verdict.why = fmt::format("answered a call in {} ms", round_trip_.count() / 1000);
    if (turns_ok_ > 0)
        verdict.why += fmt::format("; {} turns ended well, {} failed", turns_ok_, turns_failed_);
    return verdict;
}

const Verdict& Liveness::judge(Time now) {
    Verdict next = look(now);
    bool is_same = has_verdict_ && next.state == verdict_.state;
    next.since = is_same ? verdict_.since : now;
    verdict_ = std::move(next);
    has_verdict_ = true;
    return verdict_;
}

BootWatch::Change BootWatch::hello(std::string_view boot_id, int64_t uptime_ms, Time now) {
    constexpr int64_t kSlackMs = 5000;  // a busy gateway reads its clock late
    int64_t boot_ms = uptime_ms > 0 ? unix_ms(now) - uptime_ms : 0;
    bool is_same = !boot_id.empty() ? boot_id == boot_id_ : boot_ms == 0 || boot_ms <= boot_ms_ + kSlackMs;
    bool was_known = is_known_;
    is_known_ = true;
    if (was_known && is_same) return Change::kSame;
    boot_id_ = boot_id;
    boot_ms_ = boot_ms > 0 ? boot_ms : unix_ms(now);
    return was_known ? Change::kRestarted : Change::kFirst;
}

}  // namespace nightshift::ingest::openclaw
