#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "fleet/types.h"
#include "fleet/vocabulary.h"
#include "recorder/event.h"

namespace nightshift::fleet {

// Work that was said to have begun and not yet to have ended.
struct OpenWork {
    uint64_t key = 0;  // of the span, or of turn and name
    recorder::Kind kind = recorder::Kind::kToolCall;
    int64_t since_us = 0;
    std::string name;
};

// How long silence is normal, for the one question at hand; from Rhythm and the options.
struct Pace {
    int64_t hold_us = 0;  // after a call, work is presumed to go on so long
    int64_t stalled_after_us = 0;
    int64_t cool_down_us = 0;    // after a rate limit
    bool is_agent_late = false;  // the agent as a whole has been silent for longer than it ever is
    int64_t agent_silent_us = 0;
    int64_t agent_usual_us = 0;  // 0: too little history
};

// What the events of one session (or of an agent's work outside sessions) say about its state. Pure; times
// are Unix microseconds by the event's own clock. Every transition compares times, so late, reordered and
// repeated events do not move the state back.
class Activity {
public:
    struct Derived {
        AgentState state = AgentState::kUnknown;
        int64_t since_us = 0;
        std::string why;
    };

    // `end_us` is when the event ended, clamped to the time it was received.
    void apply(const recorder::Event& event, int64_t end_us);

    // The state at `now`, by the order of the table in README.md. Loops, ends and lost sources are judged by
    // the caller.
    Derived derive(int64_t now_us, const Pace& pace) const;

    // The work that is open now; for agents whose telemetry comes only when things end, work since the last
    // turn's end.
    bool is_open() const { return is_open_explicitly() || is_open_implicitly(); }
    bool is_open_explicitly() const { return turn_open_us_ >= 0 || !open_.empty() || is_working_by_word_; }
    bool is_ended() const { return ended_us_ >= 0; }
    // The last turn failed, or calls fail one after the other, and nothing has succeeded since.
    bool is_failed() const;
    // The tool that runs now, or nothing.
    const OpenWork* open_tool() const;
    // The step that is waited for: an open tool or model call, or nothing.
    const OpenWork* open_step() const;

    int64_t last_us() const { return last_us_; }
    int64_t ended_us() const { return ended_us_; }
    uint32_t turns() const { return turns_; }
    const std::string& turn() const { return turn_; }

private:
    friend struct SnapshotAccess;

    bool is_open_implicitly() const;
    void apply_turn(const recorder::Event& event, int64_t end_us);
    void apply_call(const recorder::Event& event, int64_t end_us);
    void apply_approval(const recorder::Event& event, int64_t end_us);
    void apply_session(const recorder::Event& event, int64_t end_us);
    void open(const recorder::Event& event, int64_t start_us);
    void close(uint64_t key, recorder::Kind kind, std::string_view name, int64_t end_us);
    void close_begun_until(int64_t us);
    Derived derive_open(int64_t now_us, const Pace& pace) const;
    Derived derive_rest(const Pace& pace) const;
    void note_success(int64_t end_us);

    int64_t last_us_ = -1;
    int64_t turn_open_us_ = -1;  // start of the turn said to run
    int64_t turn_end_us_ = -1;   // latest end of a turn
    recorder::Status turn_status_ = recorder::Status::kUnset;
    int64_t work_start_us_ = -1;  // latest start of a call that was reported at its end
    int64_t work_since_us_ = -1;  // first start of such a call since the last turn's end
    int64_t success_us_ = -1;
    int64_t rate_limited_us_ = -1;
    int64_t rate_limited_since_us_ = -1;
    int64_t failing_since_us_ = -1;
    uint32_t failures_in_row_ = 0;  // of model calls
    int64_t failure_us_ = -1;
    int64_t started_us_ = -1;  // the source said that it started
    int64_t idle_us_ = -1;     // the source said so
    int64_t ended_us_ = -1;
    int64_t word_us_ = -1;
    bool is_working_by_word_ = false;  // word_us_ is when the source said so
    bool is_waiting_by_word_ = false;
    uint32_t turns_ = 0;
    uint32_t turns_ended_ = 0;
    std::string turn_;
    std::string error_type_;
    std::string last_name_;       // of the last call
    std::vector<OpenWork> open_;  // at most kOpenMax
    // Work that has ended, so that its start, coming late, does not open it again.
    struct Closed {
        uint64_t key = 0;
        int64_t end_us = -1;
    };
    std::array<Closed, 8> closed_{};
    uint8_t closed_next_ = 0;
    static constexpr size_t kOpenMax = 16;
};

// How many model calls must fail one after the other before the session counts as failed.
constexpr uint32_t kFailuresInRow = 3;

}  // namespace nightshift::fleet
