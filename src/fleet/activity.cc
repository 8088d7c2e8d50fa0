#include "fleet/activity.h"

#include <fmt/core.h>

#include <algorithm>

#include "fleet/hash.h"
#include "fleet/words.h"

namespace nightshift::fleet {

using recorder::Event;
using recorder::Kind;
using recorder::Status;

namespace {

// Logs that tell of a finished call carry the time of the log line, a little later than the turn's own end.
constexpr int64_t kInstantSlack = 250'000;
// A call after so long a pause begins new work where the source does not report turns.
constexpr int64_t kNewWorkGap = 5 * 60'000'000ll;
// Open work that nobody ended is no longer called stalled after this; we simply do not know.
constexpr int64_t kForgetAfter = 24 * 3600'000'000ll;
// A source has the habit of reporting turns once it has done so this often.
constexpr uint32_t kTurnHabit = 2;

uint64_t key_of(const Event& event) {
    if (!event.span.empty()) return hash_text(event.span);
    if (event.kind == Kind::kApproval) {
        const std::string id = attribute_text(event, "approval_id");
        if (!id.empty()) return hash_text(id);
    }
    return hash_text(event.name, hash_text(event.turn, static_cast<uint64_t>(event.kind)));
}

std::string_view kind_words(Kind kind) {
    switch (kind) {
        case Kind::kModelCall:
            return "model call";
        case Kind::kRetrieval:
            return "retrieval";
        default:
            return "tool";
    }
}

}  // namespace

void Activity::apply(const Event& event, int64_t end_us) {
    if (is_ended() && std::min(event.time_us, end_us) > ended_us_ && event.kind != Kind::kLog &&
        event.kind != Kind::kSample)
        ended_us_ = -1;
    switch (event.kind) {
        case Kind::kModelCall:
        case Kind::kToolCall:
        case Kind::kRetrieval:
            apply_call(event, end_us);
            break;
        case Kind::kTurn:
            apply_turn(event, end_us);
            break;
        case Kind::kApproval:
            apply_approval(event, end_us);
            break;
        case Kind::kSession:
            apply_session(event, end_us);
            break;
        default:
            break;
    }
    if (!event.turn.empty() && end_us >= last_us_ && event.turn != turn_) turn_ = event.turn;
    last_us_ = std::max(last_us_, end_us);
}

void Activity::apply_turn(const Event& event, int64_t end_us) {
    const int64_t start_us = std::min(event.time_us, end_us);
    if (is_running(event.status)) {
        if (start_us > turn_end_us_ && start_us > turn_open_us_) {
            if (turn_open_us_ < 0 || turn_ != event.turn || event.turn.empty()) ++turns_;
            turn_open_us_ = start_us;
        }
        return;
    }
    const bool closes_open = turn_open_us_ >= 0 && end_us >= turn_open_us_;
    if (!closes_open) ++turns_;
    if (end_us <= turn_end_us_) return;
    ++turns_ended_;
    turn_end_us_ = end_us;
    turn_status_ = event.status;
    if (closes_open) turn_open_us_ = -1;
    close_begun_until(end_us);
    if (work_start_us_ <= end_us) work_since_us_ = -1;
    if (word_us_ <= end_us) is_working_by_word_ = is_waiting_by_word_ = false;
    if (!is_failure(event.status)) {
        if (event.status == Status::kOk) note_success(end_us);
        return;
    }
    error_type_ = event.error_type;
    if (is_rate_limit(event.error_type)) {
        if (rate_limited_us_ <= success_us_) rate_limited_since_us_ = end_us;
        rate_limited_us_ = std::max(rate_limited_us_, end_us);
    }
}

void Activity::note_success(int64_t end_us) {
    success_us_ = std::max(success_us_, end_us);
    if (end_us >= failure_us_) failures_in_row_ = 0;
}

void Activity::apply_call(const Event& event, int64_t end_us) {
    const int64_t start_us = std::min(event.time_us, end_us);
    if (event.kind == Kind::kModelCall) {
        // The model goes on, so whoever was asked has answered.
        std::erase_if(open_, [&](const OpenWork& work) {
            return work.kind == Kind::kApproval && work.since_us < start_us;
        });
        if (word_us_ < start_us) is_waiting_by_word_ = false;
    }
    if (is_running(event.status)) {
        open(event, start_us);
        return;
    }
    close(key_of(event), event.kind, event.name, end_us);
    const int64_t slack = event.duration_us < 0 ? kInstantSlack : 0;
    if (start_us - slack >= turn_end_us_ && start_us > idle_us_) {
        if (work_since_us_ < 0 || start_us - last_us_ > kNewWorkGap) work_since_us_ = start_us;
        work_start_us_ = std::max(work_start_us_, start_us);
    }
    if (end_us >= last_us_ && last_name_ != event.name) last_name_ = event.name;
    if (event.kind != Kind::kModelCall) return;
    if (!is_failure(event.status)) {
        if (event.status != Status::kCancelled) note_success(end_us);
        return;
    }
    if (end_us <= success_us_) return;
    error_type_ = event.error_type;
    if (is_rate_limit(event.error_type)) {
        if (rate_limited_us_ <= success_us_) rate_limited_since_us_ = end_us;
        rate_limited_us_ = std::max(rate_limited_us_, end_us);
        return;
    }
    if (failures_in_row_++ == 0) failing_since_us_ = end_us;
    failure_us_ = std::max(failure_us_, end_us);
}

void Activity::apply_approval(const Event& event, int64_t end_us) {
    if (is_running(event.status)) {
        open(event, end_us);
        return;
    }
    close(key_of(event), Kind::kApproval, event.name, end_us);
    if (word_us_ <= end_us) is_waiting_by_word_ = false;
}

void Activity::apply_session(const Event& event, int64_t end_us) {
    switch (session_sign(event.name, event.status)) {
        case SessionSign::kEnded:
            if (end_us < last_us_ && is_open() && turn_open_us_ > end_us) return;
            ended_us_ = std::max(ended_us_, end_us);
            open_.clear();
            turn_open_us_ = -1;
            work_since_us_ = -1;
            is_working_by_word_ = is_waiting_by_word_ = false;
            if (is_failure(event.status) && end_us >= turn_end_us_) {
                turn_end_us_ = end_us;
                turn_status_ = event.status;
                error_type_ = event.error_type;
            }
            turn_end_us_ = std::max(turn_end_us_, end_us);
            break;
        case SessionSign::kIdle:
            if (end_us < word_us_) return;
            word_us_ = idle_us_ = end_us;
            is_working_by_word_ = is_waiting_by_word_ = false;
            if (turn_open_us_ <= end_us) turn_open_us_ = -1;
            close_begun_until(end_us);
            // The word may carry the outcome, which then is newer than that of the last turn.
            if (event.status != Status::kUnset && end_us > turn_end_us_) {
                turn_end_us_ = end_us;
                turn_status_ = event.status;
                error_type_ = event.error_type;
            }
            break;
        case SessionSign::kWorking:
        case SessionSign::kWaiting:
            if (end_us < word_us_ || end_us < turn_end_us_) return;
            word_us_ = end_us;
            is_waiting_by_word_ = session_sign(event.name, event.status) == SessionSign::kWaiting;
            is_working_by_word_ = !is_waiting_by_word_;
            break;
        case SessionSign::kStarted:
            started_us_ = std::max(started_us_, end_us);
            break;
        case SessionSign::kNone:
            break;
    }
}

void Activity::open(const Event& event, int64_t start_us) {
    if (start_us <= turn_end_us_ || start_us <= idle_us_) return;
    const uint64_t key = key_of(event);
    for (const Closed& closed : closed_) {
        if (closed.key == key && start_us <= closed.end_us) return;
    }
    for (const OpenWork& work : open_) {
        if (work.key == key) return;
    }
    if (open_.size() >= kOpenMax) open_.erase(open_.begin());
    open_.push_back(OpenWork{key, event.kind, start_us, std::string(event.name)});
}

void Activity::close(uint64_t key, Kind kind, std::string_view name, int64_t end_us) {
    auto found =
        std::find_if(open_.begin(), open_.end(), [&](const OpenWork& work) { return work.key == key; });
    if (found == open_.end()) {
        // The question and its answer have different names; the oldest question is answered first.
        found = std::find_if(open_.begin(), open_.end(), [&](const OpenWork& work) {
            return work.kind == kind && (work.name == name || kind == Kind::kApproval) &&
                   work.since_us <= end_us;
        });
    }
    closed_[closed_next_++ % closed_.size()] = {key, end_us};
    if (found == open_.end() || found->since_us > end_us) return;
    if (found->key != key) closed_[closed_next_++ % closed_.size()] = {found->key, end_us};
    open_.erase(found);
}

void Activity::close_begun_until(int64_t us) {
    std::erase_if(open_, [&](const OpenWork& work) { return work.since_us <= us; });
}

bool Activity::is_open_implicitly() const {
    return work_since_us_ >= 0 && work_start_us_ > idle_us_;
}

bool Activity::is_failed() const {
    if (failures_in_row_ >= kFailuresInRow) return true;
    return is_failure(turn_status_) && turn_open_us_ < 0 && open_.empty() && !is_open_implicitly() &&
           !is_working_by_word_;
}

const OpenWork* Activity::open_tool() const {
    const OpenWork* latest = nullptr;
    for (const OpenWork& work : open_) {
        if (work.kind == Kind::kToolCall && (latest == nullptr || work.since_us > latest->since_us))
            latest = &work;
    }
    return latest;
}

const OpenWork* Activity::open_step() const {
    if (const OpenWork* tool = open_tool()) return tool;
    for (const OpenWork& work : open_) {
        if (work.kind != Kind::kApproval) return &work;
    }
    return nullptr;
}

Activity::Derived Activity::derive(int64_t now_us, const Pace& pace) const {
    for (const OpenWork& work : open_) {
        if (work.kind != Kind::kApproval) continue;
        return {AgentState::kWaitingApproval, work.since_us, fmt::format("{} waits for a person", work.name)};
    }
    if (is_waiting_by_word_)
        return {AgentState::kWaitingApproval, word_us_, "the source says that it waits for a person"};
    if (rate_limited_us_ > success_us_ && now_us - rate_limited_us_ < pace.cool_down_us) {
        return {AgentState::kRateLimited, rate_limited_since_us_,
                fmt::format("the model answered {}", error_type_)};
    }
    if (is_failed()) {
        const bool in_row = failures_in_row_ >= kFailuresInRow;
        const std::string_view type = error_type_.empty() ? "no class given" : std::string_view(error_type_);
        if (in_row) {
            return {AgentState::kFailed, failing_since_us_,
                    fmt::format("{} model calls in a row failed ({})", failures_in_row_, type)};
        }
        return {AgentState::kFailed, turn_end_us_, fmt::format("the last turn failed ({})", type)};
    }
    if (is_open_explicitly() || is_open_implicitly()) return derive_open(now_us, pace);
    return derive_rest(pace);
}

Activity::Derived Activity::derive_open(int64_t now_us, const Pace& pace) const {
    const int64_t silent_us = now_us - last_us_;
    const bool has_proof = is_open_explicitly() || turns_ended_ >= kTurnHabit;
    if (!has_proof && silent_us > pace.hold_us) return derive_rest(pace);

    const OpenWork* step = open_step();
    std::string what = step != nullptr       ? fmt::format("{} {} runs", kind_words(step->kind), step->name)
                       : turn_open_us_ >= 0  ? std::string("a turn runs")
                       : is_working_by_word_ ? std::string("the source says that it works")
                                             : fmt::format("{} ended; its turn goes on", last_name_);
    if (silent_us > kForgetAfter) {
        return {AgentState::kUnknown, last_us_,
                fmt::format("{}, but silent for {}", what, duration_words(silent_us))};
    }
    if (silent_us > pace.stalled_after_us) {
        return {AgentState::kStalled, last_us_,
                fmt::format("{}, but no sign of life for more than {}", what,
                            duration_words(pace.stalled_after_us))};
    }
    const int64_t since = turn_open_us_ >= 0    ? turn_open_us_
                          : work_since_us_ >= 0 ? work_since_us_
                          : step != nullptr     ? step->since_us
                                                : word_us_;
    return {AgentState::kWorking, since, std::move(what)};
}

Activity::Derived Activity::derive_rest(const Pace& pace) const {
    const int64_t rest_us = std::max({turn_end_us_, idle_us_, started_us_});
    if (rest_us < 0 && work_since_us_ < 0) return {AgentState::kUnknown, last_us_, "nothing but logs so far"};
    if (pace.is_agent_late) {
        std::string why =
            pace.agent_usual_us > 0
                ? fmt::format("silent; usually a sign of life each {}", duration_words(pace.agent_usual_us))
                : std::string("silent, with too little history to know what that means");
        return {AgentState::kUnknown, last_us_, std::move(why)};
    }
    if (rest_us < 0 || is_open_implicitly()) {
        // Calls without turns: we know that they stopped, not that the work is done.
        if (pace.agent_usual_us <= 0) {
            return {AgentState::kUnknown, last_us_,
                    "calls have stopped; this source has not reported a turn's end"};
        }
        return {AgentState::kIdle, last_us_,
                fmt::format("no call since {}; its pauses are like this", last_name_)};
    }
    if (turn_end_us_ >= std::max(idle_us_, started_us_))
        return {AgentState::kIdle, turn_end_us_, "the last turn ended"};
    if (idle_us_ >= started_us_) return {AgentState::kIdle, idle_us_, "the source says that it is idle"};
    return {AgentState::kIdle, started_us_, "the session started and waits for work"};
}

}  // namespace nightshift::fleet
