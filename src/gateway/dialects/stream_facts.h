#pragma once

#include "gateway/dialects/stream.h"
#include "gateway/dialects/usage_counts.h"

namespace nightshift::gateway {

// What a stream has told so far.
struct StreamFacts {
    ProviderKind kind = ProviderKind::kOpenAi;
    UsageCounts counts;
    Finish finish = Finish::kNone;
    std::string response_id;
    std::string model;
    size_t content_bytes = 0;
    size_t content_pieces = 0;
    bool has_tool_calls = false;
    std::optional<int64_t> open_block;  // kMessages
    bool is_done = false;               // the last word was heard
    std::optional<UpstreamError> error;
};

// One frame's JSON each. kBroken when it is not of the dialect; errors go into `facts`.
PieceKind read_chat_frame(std::string_view json, StreamFacts& facts);
PieceKind read_responses_frame(std::string_view json, StreamFacts& facts);
PieceKind read_messages_frame(std::string_view json, StreamFacts& facts);
PieceKind read_ollama_frame(std::string_view json, StreamFacts& facts);

// The words of each dialect for why an answer ended.
Finish chat_finish(std::string_view word);
Finish messages_finish(std::string_view word);
Finish ollama_finish(std::string_view word);

}  // namespace nightshift::gateway
