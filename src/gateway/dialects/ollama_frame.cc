#include "gateway/dialects/error_body.h"
#include "gateway/dialects/stream_facts.h"

namespace nightshift::gateway {
namespace {

using Kind = JsonCursor::Kind;

struct OllamaFrame {
    bool is_done = false;
    bool has_message = false;
    bool has_error = false;
    size_t content_bytes = 0;

    void read(JsonCursor& cursor, StreamFacts& facts) {
        while (auto key = cursor.next_key()) {
            if (*key == "message")
                message(cursor, facts);
            else if (*key == "done")
                is_done = cursor.boolean().value_or(false);
            else if (*key == "done_reason")
                facts.finish = ollama_finish(cursor.text().value_or(""));
            else if (*key == "model")
                facts.model = cursor.text().value_or("");
            else if (*key == "prompt_eval_count")
                count(cursor, facts.counts.input);
            else if (*key == "eval_count")
                count(cursor, facts.counts.output);
            else if (*key == "error")
                has_error = cursor.skip() != "null";
            else
                cursor.skip();
        }
    }

    static void count(JsonCursor& cursor, std::optional<int64_t>& out) {
        const std::optional<int64_t> value = cursor.integer();
        if (value && *value >= 0) out = value;
    }

    void message(JsonCursor& cursor, StreamFacts& facts) {
        has_message = true;
        if (!cursor.enter_object()) return;
        while (auto key = cursor.next_key()) {
            if (*key == "content" || *key == "thinking") {
                content_bytes += cursor.text_size();
            } else if (*key == "tool_calls" && cursor.kind() == Kind::kArray) {
                const std::string_view raw = cursor.skip();
                if (raw.size() <= 2) continue;
                facts.has_tool_calls = true;
                content_bytes += raw.size();
            } else {
                cursor.skip();
            }
        }
    }
};

}  // namespace

PieceKind read_ollama_frame(std::string_view json, StreamFacts& facts) {
    JsonCursor cursor(json);
    if (!cursor.enter_object()) return PieceKind::kBroken;
    OllamaFrame frame;
    frame.read(cursor, facts);
    if (!cursor.finish()) return PieceKind::kBroken;
    facts.content_bytes += frame.content_bytes;
    if (frame.content_bytes > 0) ++facts.content_pieces;
    if (frame.has_error) {
        facts.error = error_inside_answer(facts.kind, read_error_body(json).value_or(ErrorBody{}));
        return PieceKind::kError;
    }
    if (frame.is_done) {
        if (facts.finish == Finish::kNone) facts.finish = Finish::kStop;
        facts.is_done = true;
        return PieceKind::kDone;
    }
    if (!frame.has_message) return PieceKind::kBroken;
    return frame.content_bytes > 0 ? PieceKind::kContent : PieceKind::kMeta;
}

Finish ollama_finish(std::string_view word) {
    if (word.empty()) return Finish::kNone;
    if (word == "stop") return Finish::kStop;
    return word == "length" ? Finish::kLength : Finish::kOther;
}

}  // namespace nightshift::gateway
