#pragma once

#include <vector>

#include "gateway/dialects/dialect.h"

namespace nightshift::gateway {

// A tool call of the conversation that a request carries, and what came of it.
struct ToolUse {
    std::string call;  // recorder::call_signature: equal for calls that do the same
    // recorder::result_signature, of calls made more than once: for others nobody asks. "" too when the
    // request does not hold it.
    std::string result;
    std::string tool;
    std::string text;  // the call for people: `look {"at":"sky"}`, cut short
};

// One answer of the model.
struct AssistantTurn {
    uint64_t simhash = 0;   // of its text; near texts differ in few bits
    size_t text_bytes = 0;  // 0: it only called tools
    size_t calls = 0;       // how many of Conversation::calls are its own
};

// What has happened since a person last spoke; at most kTurnsMax turns and kCallsMax calls, the latest ones.
struct Conversation {
    static constexpr size_t kTurnsMax = 32;
    static constexpr size_t kCallsMax = 64;

    std::vector<ToolUse> calls;        // in order
    std::vector<AssistantTurn> turns;  // in order
    Role last_role = Role::kNone;
};

// Costs a walk over the whole body: worth it for requests with tools or many messages. Empty for a body that
// read_request() refuses, and for dialects that hold no conversation.
Conversation read_conversation(Dialect dialect, std::string_view body);

// 64 bits of a text's overlapping pairs of words, without digits: the Hamming distance of two texts' bits
// grows with their difference.
uint64_t simhash(std::string_view text);

}  // namespace nightshift::gateway
