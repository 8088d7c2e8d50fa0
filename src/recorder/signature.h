#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "recorder/event.h"

// Signatures of tool calls, for the detection of loops: equal for calls that do the same, different for a
// worker that goes through a batch. Pure functions.
namespace nightshift::recorder {

// 16 lower-case hex digits.
struct Signature {
    std::array<char, 16> digits{};
    std::string_view view() const { return {digits.data(), digits.size()}; }
};

// Of a tool's name and its arguments (JSON, or any text). The order of members does not matter. Left out is
// what changes from call to call without changing what is done: members named like a time, a nonce or the id
// of the call itself, moments written in text, and the description that accompanies a command. Ids of the
// things worked on count.
Signature call_signature(std::string_view tool, std::string_view arguments);

// Of the kind of a result: status, error class and the output with moments and durations left out; or its
// size, rounded to a sixteenth of an octave, when only that is known.
struct CallResult {
    Status status = Status::kUnset;
    std::string_view error_type;
    std::string_view output;
    uint64_t output_bytes = 0;
};
Signature result_signature(const CallResult& result);

// The call for people, like `Bash {"command":"ls"}`: at most 120 bytes of valid UTF-8. Not yet redacted.
inline constexpr size_t kCallTextMax = 120;
std::string call_text(std::string_view tool, std::string_view arguments);

}  // namespace nightshift::recorder
