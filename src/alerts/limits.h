#pragma once

#include <chrono>
#include <cstddef>

// Every limit of this room, with what happens at it.
namespace nightshift::alerts {

constexpr size_t kRulesMax = 20'000;  // of a configuration; refused beyond it
constexpr size_t kSeriesMax =
    200'000;  // of all rules that are not inactive; new ones are counted and dropped
constexpr size_t kAlertsMax = 200'000;      // known at once, per tenant; one more is refused with kLimit
constexpr size_t kGroupsMax = 50'000;       // beyond it new alerts join the group of their route
constexpr size_t kBatchMax = 20'000;        // alerts of one request; refused
constexpr size_t kSilencesMax = 10'000;     // that have not ended, per tenant; refused
constexpr size_t kMatchersMax = 50;         // of one silence or route
constexpr size_t kPatternBytesMax = 1'000;  // of a regular expression; refused
constexpr size_t kTextBytesMax = 2'000;     // of a reason or a summary; cut
constexpr std::chrono::hours kSilenceMax{24 * 90};  // the longest silence; a longer one is refused

}  // namespace nightshift::alerts
