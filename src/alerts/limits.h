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

// Of what is kept of the past.
constexpr size_t kHistoryThingsMax = 50'000;     // of a kind; with more it counts as not watched
constexpr int64_t kHistoryRowsMax = 500'000;     // about 55 MB; the oldest of the fullest kind are shed
constexpr int64_t kHistoryPortion = 5'000;       // rows that are deleted at once
constexpr uint32_t kHistoryTurnsMax = 6;         // changes of one thing in a minute; the others are counted
constexpr uint32_t kHistoryChangesMax = 30'000;  // of everything in a minute; the others wait for the next
constexpr size_t kHistoryBatchesMax = 8;         // that the disk has not taken; then nothing is watched
constexpr size_t kHistorySaysBytesMax = 200;     // of the words that are kept with a change; cut
constexpr int64_t kWatchedMax = 5'000;           // stretches of being watched, of a kind; the oldest go
constexpr uint64_t kReplayLooksMax = 200'000;    // of one preview; it says what it left out
constexpr size_t kGapsListedMax = 100;           // of one preview, the newest

}  // namespace nightshift::alerts
