#pragma once

#include <chrono>
#include <cstddef>

// Every limit of this room, with what happens at it.
namespace nightshift::health {

constexpr size_t kProbesMax = 1'000;             // of a configuration; refused beyond it
constexpr size_t kLooksKept = 50;                // of one probe, in memory; the oldest goes
constexpr int kLooksMax = 32;                    // that `fail_after` may look back over; refused
constexpr size_t kAtOnceMax = 16;                // looks under way; the others wait for their turn
constexpr size_t kAnswerBytesMax = 1u << 20;     // a larger one is not judged, which says so
constexpr size_t kQuotedBytesMax = 200;          // of an answer, in words; cut
constexpr size_t kSaysBytesMax = 600;            // of all words about one look; cut
constexpr size_t kNameBytesMax = 100;            // refused
constexpr size_t kConditionsMax = 50;            // of one probe; refused
constexpr std::chrono::seconds kEveryMin{1};     // refused
constexpr std::chrono::hours kEveryMax{24 * 7};  // refused
constexpr std::chrono::seconds kTimeoutMax{
    60};  // refused: a command that hangs holds up the end of the program
constexpr std::chrono::seconds kStartSpread{
    10};  // the first looks after a start are spread over at most so long

}  // namespace nightshift::health
