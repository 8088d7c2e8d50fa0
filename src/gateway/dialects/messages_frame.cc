#include "gateway/dialects/error_body.h"
#include "gateway/dialects/stream_facts.h"

namespace nightshift::gateway {
namespace {

using Kind = JsonCursor::Kind;

// Members may stand in any order, so what they mean is decided when the type is known.
struct MessagesFrame {
    std::string type;
    std::string stop_reason;
    std::string block_type;
    std::optional<int64_t> index;
    size_t text_bytes = 0;

    void read(JsonCursor& cursor, StreamFacts& facts) {
        while (auto key = cursor.next_key()) {
            if (*key == "type")
                type = cursor.text().value_or("");
            else if (*key == "message")
                message(cursor, facts);
            else if (*key == "content_block")
                block(cursor);
            else if (*key == "index")
                index = cursor.integer();
            else if (*key == "delta")
                delta(cursor);
            else if (*key == "usage")
                facts.counts.read(cursor);
            else
                cursor.skip();
        }
    }

    void message(JsonCursor& cursor, StreamFacts& facts) {
        if (!cursor.enter_object()) return;
        while (auto key = cursor.next_key()) {
            if (*key == "id")
                facts.response_id = cursor.text().value_or("");
            else if (*key == "model")
                facts.model = cursor.text().value_or("");
            else if (*key == "usage")
                facts.counts.read(cursor);
            else
                cursor.skip();
        }
    }

    void block(JsonCursor& cursor) {
        if (!cursor.enter_object()) return;
        while (auto key = cursor.next_key()) {
            if (*key == "type")
                block_type = cursor.text().value_or("");
            else if (*key == "text" || *key == "thinking")
                text_bytes += cursor.text_size();
            else
                cursor.skip();
        }
    }

    void delta(JsonCursor& cursor) {
        if (!cursor.enter_object()) return;
        while (auto key = cursor.next_key()) {
            if (*key == "stop_reason")
                stop_reason = cursor.text().value_or("");
            else if (*key == "text" || *key == "thinking" || *key == "partial_json")
                text_bytes += cursor.text_size();
            else if (*key == "signature" || *key == "citation")
                has_other_content = cursor.skip().size() > 2;
            else
                cursor.skip();
        }
    }

    bool has_other_content = false;
};

PieceKind content(StreamFacts& facts, size_t bytes) {
    facts.content_bytes += bytes;
    ++facts.content_pieces;
    return PieceKind::kContent;
}

PieceKind kind_of(const MessagesFrame& frame, std::string_view json, StreamFacts& facts) {
    if (frame.type == "content_block_delta") {
        return frame.text_bytes > 0 || frame.has_other_content ? content(facts, frame.text_bytes)
                                                               : PieceKind::kMeta;
    }
    if (frame.type == "content_block_stop") facts.open_block.reset();
    if (frame.type == "content_block_start") {
        facts.open_block = frame.index;
        const bool is_empty_yet = frame.block_type == "text" || frame.block_type == "thinking";
        if (is_empty_yet && frame.text_bytes == 0) return PieceKind::kMeta;
        facts.has_tool_calls |= frame.block_type == "tool_use";
        return content(facts, frame.text_bytes);
    }
    if (frame.type == "message_delta") {
        if (frame.stop_reason.empty()) return PieceKind::kUsage;
        facts.finish = messages_finish(frame.stop_reason);
        return PieceKind::kFinish;
    }
    if (frame.type == "message_stop") {
        facts.is_done = true;
        return PieceKind::kDone;
    }
    if (frame.type == "error") {
        facts.error = error_inside_answer(facts.kind, read_error_body(json).value_or(ErrorBody{}));
        return PieceKind::kError;
    }
    return frame.type.empty() ? PieceKind::kBroken : PieceKind::kMeta;
}

}  // namespace

PieceKind read_messages_frame(std::string_view json, StreamFacts& facts) {
    JsonCursor cursor(json);
    if (!cursor.enter_object()) return PieceKind::kBroken;
    MessagesFrame frame;
    frame.read(cursor, facts);
    return cursor.finish() ? kind_of(frame, json, facts) : PieceKind::kBroken;
}

Finish messages_finish(std::string_view word) {
    if (word.empty()) return Finish::kNone;
    if (word == "end_turn" || word == "stop_sequence") return Finish::kStop;
    if (word == "max_tokens" || word == "model_context_window_exceeded") return Finish::kLength;
    if (word == "tool_use") return Finish::kToolCalls;
    return word == "refusal" ? Finish::kContentFilter : Finish::kOther;
}

}  // namespace nightshift::gateway
