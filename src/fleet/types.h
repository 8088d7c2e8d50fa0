#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nightshift::fleet {

// The order is that of the totals in docs/api.md; the numbers are in the snapshot file: never reuse one.
enum class AgentState : uint8_t {
    kUnknown = 0,
    kIdle = 1,
    kWorking = 2,
    kWaitingApproval = 3,
    kRateLimited = 4,
    kStalled = 5,
    kLooping = 6,
    kFailed = 7,
    kOffline = 8,
};
constexpr size_t kStateCount = 9;

std::string_view to_string(AgentState state);
// Nothing for a word that is no state.
std::optional<AgentState> parse_state(std::string_view word);

// Something we hold to be true, since when, who last told us so, and why we believe it. Times are Unix
// microseconds.
struct Fact {
    std::string value;  // empty: nothing is known, rendered as null
    int64_t since_us = 0;
    int64_t as_of_us = 0;
    std::string source;
    std::string why;
};

// The same for a state, without a string for the value.
struct StateFact {
    AgentState value = AgentState::kUnknown;
    int64_t since_us = 0;
    int64_t as_of_us = 0;
    std::string source;
    std::string why;
};

// What was used, summed over own events.
struct Usage {
    uint64_t input_tokens = 0;  // with caches
    uint64_t output_tokens = 0;
    uint64_t cache_read_tokens = 0;
    uint64_t cache_write_tokens = 0;
    uint64_t reasoning_tokens = 0;
    int64_t cost_nano_usd = 0;
    bool has_reported_cost = false;
    bool has_priced_cost = false;
    uint64_t model_calls = 0;
    uint64_t tool_calls = 0;
    uint64_t errors = 0;

    uint64_t tokens() const { return input_tokens + output_tokens; }
};

enum class DetectionKind : uint8_t {
    kSameCall = 0,
    kPingPong = 1,
    kSameError = 2,
    kTokenVelocity = 3,
    kNoNewInformation = 4,
    kStalled = 5,
};
constexpr size_t kDetectionKindCount = 6;

std::string_view to_string(DetectionKind kind);
// Whether it says that the session goes in circles, which makes its state `looping`.
bool is_loop(DetectionKind kind);

// What we do about a detection; each step includes the one before.
enum class Ladder : uint8_t { kObserve = 0, kTell = 1, kAbort = 2 };

std::string_view to_string(Ladder step);

// An action taken because of a detection, and what came of it.
struct Acted {
    std::string action;
    int64_t at_us = 0;
    std::string outcome;
};

// A found pattern with its evidence. `tokens` and `cost` are what the session used since the first
// repetition.
struct Detection {
    std::string id;
    DetectionKind kind = DetectionKind::kSameCall;
    int64_t since_us = 0;
    int64_t last_us = 0;
    uint32_t count = 0;
    std::string signature;
    uint64_t tokens = 0;
    int64_t cost_nano_usd = 0;
    std::string explanation;
    Ladder response = Ladder::kTell;
    std::optional<Acted> acted;

    // Where the session's counters stood at the first repetition.
    uint64_t tokens_before = 0;
    int64_t cost_before_nano_usd = 0;
};

enum class Severity : uint8_t { kInfo = 0, kWarning = 1, kCritical = 2 };

std::string_view to_string(Severity severity);

// Something a person should look at. `kind` is a state's word, `source_failing`, `recorder` or `route_down`
// (docs/api.md).
struct Attention {
    std::string id;
    Severity severity = Severity::kWarning;
    std::string kind;
    std::string agent;
    std::string session;
    std::string title;
    int64_t since_us = 0;
    std::optional<Detection> detection;
    bool can_abort = false;
};

// One tenant's sums. Sessions that have ended in good order are not counted.
struct Totals {
    std::array<uint32_t, kStateCount> agents{};
    std::array<uint32_t, kStateCount> sessions{};
    double tokens_per_minute = 0;
    double usd_per_hour = 0;
    int64_t cost_today_nano_usd = 0;
    double errors_per_minute = 0;
};

}  // namespace nightshift::fleet
