#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace nightshift::ingest::openclaw {

enum class SourceState { kUnknown, kPassing, kFailing, kStale };
std::string_view to_string(SourceState state);

// What we hold about a gateway, since when, and on what evidence.
struct Verdict {
    SourceState state = SourceState::kUnknown;
    Time since{};
    Time as_of{};
    std::string why;
};

// Judges a gateway by what it does: whether it answers real calls, whether its stream flows, and how the
// turns of its agents end. Its health endpoints are never asked: they have been seen to say "ready" while
// every turn failed. Pure: time comes in as an argument.
class Liveness {
public:
    struct Options {
        seconds silent_after{65};     // two ticks and some
        seconds stale_after{45};      // without an answer to a call
        int unanswered_max = 2;       // calls in a row
        int failed_turns_min = 3;     // in a row, before they count
        size_t turns_max = 20;        // remembered for each agent,
        seconds turns_age_max{1800};  // for so long
        size_t agents_max = 1000;
    };

    Liveness() : Liveness(Options()) {}
    explicit Liveness(Options options) : options_(options) {}

    void connecting(Time now);
    // kUnknown until the first real call is answered. Turns that ended before `began`, when the gateway
    // started, are no evidence about it.
    void connected(Time began, Time now);
    void disconnected(std::string_view why, Time now);
    // The gateway said that it goes.
    void said_shutdown(std::string_view reason) { shutdown_reason_ = reason.empty() ? "shutdown" : reason; }
    void heard(Time now) { heard_ = now; }
    void answered(microseconds round_trip, Time now);
    // A call timed out or was answered with an error; `why` names it.
    void unanswered(std::string_view why);
    void turn_ended(std::string_view agent, bool is_ok, std::string_view error_class, Time ended);

    // The state now; `since` moves only when the state changes.
    const Verdict& judge(Time now);

    Time last_answer() const { return last_answer_; }
    microseconds round_trip() const { return round_trip_; }
    uint64_t turns_ok() const { return turns_ok_; }
    uint64_t turns_failed() const { return turns_failed_; }
    bool was_shutdown_said() const { return !shutdown_reason_.empty(); }

private:
    struct Turn {
        Time ended{};
        bool is_ok = true;
        std::string error_class;
    };
    enum class Link { kNever, kConnecting, kUp, kDown };

    Verdict look(Time now) const;
    // Why the outcomes of turns speak against the gateway; empty when they do not.
    std::string failing_turns(Time now) const;

    Options options_;
    Link link_ = Link::kNever;
    std::string down_why_;
    std::string shutdown_reason_;
    std::string unanswered_why_;
    Time heard_{};
    Time began_{};
    Time last_answer_{};
    microseconds round_trip_{0};
    int unanswered_ = 0;
    bool has_answered_ = false;  // on this connection
    uint64_t turns_ok_ = 0;
    uint64_t turns_failed_ = 0;
    std::map<std::string, std::deque<Turn>, std::less<>> turns_;
    Verdict verdict_;
    bool has_verdict_ = false;
};

// Tells a restart of a gateway from a reconnect. Newer gateways name each start; of older ones the uptime
// tells.
class BootWatch {
public:
    enum class Change { kFirst, kSame, kRestarted };
    Change hello(std::string_view boot_id, int64_t uptime_ms, Time now);
    // When the gateway last started, Unix milliseconds; 0 when not known.
    int64_t boot_ms() const { return boot_ms_; }

private:
    bool is_known_ = false;
    std::string boot_id_;
    int64_t boot_ms_ = 0;
};

}  // namespace nightshift::ingest::openclaw
