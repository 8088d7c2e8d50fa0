#include "gateway/dialects/error_body.h"
#include "gateway/dialects/stream_facts.h"

namespace nightshift::gateway {
namespace {

using Kind = JsonCursor::Kind;

constexpr size_t kIdBytesMax = 256;

class ChatFrame {
public:
    ChatFrame(std::string_view json, StreamFacts& facts) : json_(json), cursor_(json), facts_(facts) {}

    PieceKind read() {
        if (!cursor_.enter_object()) return PieceKind::kBroken;
        while (auto key = cursor_.next_key()) member(*key);
        if (!cursor_.finish()) return PieceKind::kBroken;
        if (has_error_) return error();
        if (has_finish_) return PieceKind::kFinish;
        if (has_content_) {
            ++facts_.content_pieces;
            return PieceKind::kContent;
        }
        if (has_usage_ && !has_choices_) return PieceKind::kUsage;
        return PieceKind::kMeta;
    }

private:
    void member(std::string_view key) {
        if (key == "choices") {
            choices();
        } else if (key == "id") {
            keep(facts_.response_id);
        } else if (key == "model") {
            keep(facts_.model);
        } else if (key == "usage") {
            has_usage_ = cursor_.kind() == Kind::kObject;
            facts_.counts.read(cursor_);
        } else if (key == "error") {
            has_error_ = cursor_.kind() != Kind::kNull;
            cursor_.skip();
        } else if (key == "x_groq") {
            groq();
        } else {
            cursor_.skip();
        }
    }

    void keep(std::string& out) {
        const std::optional<std::string_view> text = cursor_.text();
        if (out.empty() && text && text->size() <= kIdBytesMax) out = *text;
    }

    // Groq repeats the usage here, and tells here why it stopped early.
    void groq() {
        if (!cursor_.enter_object()) return;
        while (auto key = cursor_.next_key()) {
            if (*key == "usage") {
                facts_.counts.read(cursor_);
            } else if (*key == "error" && cursor_.kind() == Kind::kText) {
                has_error_ = true;
                groq_error_ = cursor_.text().value_or("");
            } else {
                cursor_.skip();
            }
        }
    }

    void choices() {
        if (!cursor_.enter_array()) return;
        while (cursor_.next_element()) {
            has_choices_ = true;
            if (!cursor_.enter_object()) continue;
            while (auto key = cursor_.next_key()) {
                if (*key == "delta" || *key == "message") {
                    delta();
                } else if (*key == "finish_reason") {
                    const std::optional<std::string_view> word = cursor_.text();
                    if (!word || word->empty()) continue;
                    has_finish_ = true;
                    facts_.finish = chat_finish(*word);
                } else {
                    cursor_.skip();
                }
            }
        }
    }

    void delta() {
        if (!cursor_.enter_object()) return;
        while (auto key = cursor_.next_key()) {
            if (*key == "content" || *key == "reasoning" || *key == "reasoning_content" ||
                *key == "refusal") {
                content();
            } else if (*key == "tool_calls" || *key == "function_call") {
                tool_calls();
            } else if (*key == "reasoning_details" || *key == "audio" || *key == "images") {
                if (cursor_.kind() == Kind::kNull)
                    cursor_.skip();
                else
                    has_content_ |= cursor_.skip().size() > 2;  // {} and [] are nothing
            } else {
                cursor_.skip();
            }
        }
    }

    void content() {
        const bool is_text = cursor_.kind() == Kind::kText;
        const bool is_null = cursor_.kind() == Kind::kNull;
        const size_t size = is_text ? cursor_.text_size() : cursor_.skip().size();
        if (is_null || size == 0) return;
        has_content_ = true;
        facts_.content_bytes += size;
    }

    void tool_calls() {
        const bool is_null = cursor_.kind() == Kind::kNull;
        const std::string_view raw = cursor_.skip();
        if (is_null || raw.size() <= 2) return;
        has_content_ = true;
        facts_.has_tool_calls = true;
        facts_.content_bytes += arguments_size(raw);
    }

    static size_t arguments_size(std::string_view raw) {
        JsonCursor cursor(raw);
        if (!cursor.enter_array()) return 0;
        size_t size = 0;
        while (cursor.next_element()) {
            if (!cursor.enter_object()) continue;
            while (auto key = cursor.next_key()) {
                if (*key != "function" || !cursor.enter_object()) {
                    if (*key != "function") cursor.skip();
                    continue;
                }
                while (cursor.next_key()) size += cursor.text_size();
            }
        }
        return size;
    }

    PieceKind error() {
        ErrorBody body = read_error_body(json_).value_or(ErrorBody{});
        if (body.message.empty()) body.message = groq_error_;
        facts_.error = error_inside_answer(facts_.kind, body);
        return PieceKind::kError;
    }

    std::string_view json_;
    JsonCursor cursor_;
    StreamFacts& facts_;
    bool has_choices_ = false;
    bool has_content_ = false;
    bool has_finish_ = false;
    bool has_usage_ = false;
    bool has_error_ = false;
    std::string groq_error_;
};

}  // namespace

PieceKind read_chat_frame(std::string_view json, StreamFacts& facts) {
    return ChatFrame(json, facts).read();
}

Finish chat_finish(std::string_view word) {
    if (word.empty()) return Finish::kNone;
    if (word == "stop") return Finish::kStop;
    if (word == "length") return Finish::kLength;
    if (word == "tool_calls" || word == "function_call") return Finish::kToolCalls;
    if (word == "content_filter") return Finish::kContentFilter;
    return word == "error" ? Finish::kError : Finish::kOther;
}

}  // namespace nightshift::gateway
