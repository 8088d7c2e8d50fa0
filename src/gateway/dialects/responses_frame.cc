#include "gateway/dialects/error_body.h"
#include "gateway/dialects/stream_facts.h"

namespace nightshift::gateway {
namespace {

struct ResponsesFrame {
    std::string type;
    std::string item_type;
    std::string incomplete_reason;
    size_t delta_bytes = 0;

    void read(JsonCursor& cursor, StreamFacts& facts) {
        while (auto key = cursor.next_key()) {
            if (*key == "type")
                type = cursor.text().value_or("");
            else if (*key == "delta")
                delta_bytes = cursor.text_size();
            else if (*key == "item")
                item(cursor);
            else if (*key == "response")
                response(cursor, facts);
            else
                cursor.skip();
        }
    }

    void item(JsonCursor& cursor) {
        if (!cursor.enter_object()) return;
        while (auto key = cursor.next_key()) {
            if (*key == "type")
                item_type = cursor.text().value_or("");
            else
                cursor.skip();
        }
    }

    void response(JsonCursor& cursor, StreamFacts& facts) {
        if (!cursor.enter_object()) return;
        while (auto key = cursor.next_key()) {
            if (*key == "id")
                facts.response_id = cursor.text().value_or("");
            else if (*key == "model")
                facts.model = cursor.text().value_or("");
            else if (*key == "usage")
                facts.counts.read(cursor);
            else if (*key == "incomplete_details")
                incomplete(cursor);
            else if (*key == "error")
                error_json = cursor.skip();
            else
                cursor.skip();
        }
    }

    void incomplete(JsonCursor& cursor) {
        if (!cursor.enter_object()) return;
        while (auto key = cursor.next_key()) {
            if (*key == "reason")
                incomplete_reason = cursor.text().value_or("");
            else
                cursor.skip();
        }
    }

    std::string_view error_json;  // response.error
};

PieceKind ended(StreamFacts& facts, Finish finish) {
    facts.finish = finish;
    facts.is_done = true;
    return PieceKind::kDone;
}

PieceKind failed(StreamFacts& facts, std::string_view json) {
    facts.error = error_inside_answer(facts.kind, read_error_body(json).value_or(ErrorBody{}));
    return PieceKind::kError;
}

// What the model has not said anything with yet.
bool is_prelude(const ResponsesFrame& frame) {
    if (frame.type == "response.output_item.added")
        return frame.item_type == "message" || frame.item_type == "reasoning";
    return frame.type == "response.created" || frame.type == "response.in_progress" ||
           frame.type == "response.queued" || frame.type == "response.content_part.added" ||
           frame.type == "response.reasoning_summary_part.added";
}

PieceKind kind_of(const ResponsesFrame& frame, std::string_view json, StreamFacts& facts) {
    if (frame.type.empty()) return PieceKind::kBroken;
    if (frame.item_type == "function_call" || frame.item_type == "custom_tool_call")
        facts.has_tool_calls = true;
    if (frame.type == "response.completed")
        return ended(facts, facts.has_tool_calls ? Finish::kToolCalls : Finish::kStop);
    if (frame.type == "response.incomplete") {
        return ended(facts,
                     frame.incomplete_reason == "content_filter" ? Finish::kContentFilter : Finish::kLength);
    }
    if (frame.type == "response.failed")
        return failed(facts, fmt::format("{{\"error\":{}}}", frame.error_json));
    if (frame.type == "error") return failed(facts, json);
    if (is_prelude(frame) || !frame.type.starts_with("response.")) return PieceKind::kMeta;
    if (frame.type.ends_with(".delta")) {
        if (frame.delta_bytes == 0) return PieceKind::kMeta;
        facts.content_bytes += frame.delta_bytes;
        ++facts.content_pieces;
    }
    return PieceKind::kContent;
}

}  // namespace

PieceKind read_responses_frame(std::string_view json, StreamFacts& facts) {
    JsonCursor cursor(json);
    if (!cursor.enter_object()) return PieceKind::kBroken;
    ResponsesFrame frame;
    frame.read(cursor, facts);
    return cursor.finish() ? kind_of(frame, json, facts) : PieceKind::kBroken;
}

}  // namespace nightshift::gateway
