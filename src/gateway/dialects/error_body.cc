#include "gateway/dialects/error_body.h"

#include "base/text.h"
#include "gateway/dialects/json_cursor.h"

namespace nightshift::gateway {
namespace {

using Kind = JsonCursor::Kind;

constexpr size_t kMessageBytesMax = 2000;

std::string bounded(std::string_view text) {
    return to_valid_utf8(truncate_utf8(text, kMessageBytesMax));
}

class ErrorReader {
public:
    explicit ErrorReader(std::string_view json) : cursor_(json) {}

    std::optional<ErrorBody> read() {
        // Google's OpenAI-compatible end wraps its errors in an array.
        if (cursor_.kind() == Kind::kArray) {
            cursor_.enter_array();
            if (!cursor_.next_element()) return std::nullopt;
        }
        if (!cursor_.enter_object()) return std::nullopt;
        while (auto key = cursor_.next_key()) member(*key);
        if (cursor_.is_broken() || !is_error_) return std::nullopt;
        return std::move(body_);
    }

private:
    // Of the outermost object: the error itself, or the members around it.
    void member(std::string_view key) {
        if (key == "error" && cursor_.kind() == Kind::kObject) {
            is_error_ = true;
            inner_object();
        } else if (key == "error" && cursor_.kind() == Kind::kText) {
            is_error_ = true;
            set(body_.message);
        } else if (key == "detail") {
            is_error_ = true;
            detail();
        } else if (key == "status_code" || key == "status") {
            if (const std::optional<int64_t> status = cursor_.integer()) set_status(*status);
        } else if (key == "type" && cursor_.kind() == Kind::kText) {
            const std::string word(cursor_.text().value_or(""));
            if (word != "error" && body_.type.empty()) body_.type = word;
        } else {
            is_error_ |= key == "message" && cursor_.kind() == Kind::kText;
            error_member(key);
        }
    }

    void inner_object() {
        cursor_.enter_object();
        while (auto key = cursor_.next_key()) {
            if (*key == "type")
                set(body_.type);
            else
                error_member(*key);
        }
    }

    void error_member(std::string_view key) {
        if (key == "message") {
            set(body_.message);
        } else if (key == "code") {
            code();
        } else if (key == "status" && cursor_.kind() == Kind::kText) {
            set(body_.details);  // Google: RESOURCE_EXHAUSTED
        } else if (key == "details" && cursor_.kind() == Kind::kObject) {
            details();
        } else if (key == "metadata" || key == "innererror") {
            body_.details = bounded(cursor_.skip());
        } else {
            cursor_.skip();
        }
    }

    // A word, or the HTTP status as a number (OpenRouter, vLLM, llama.cpp).
    void code() {
        if (cursor_.kind() != Kind::kNumber) return set(body_.code);
        if (const std::optional<int64_t> number = cursor_.integer()) set_status(*number);
    }

    void details() {
        cursor_.enter_object();
        while (auto key = cursor_.next_key()) {
            if (*key == "error_code")
                set(body_.details);
            else
                cursor_.skip();
        }
    }

    // FastAPI: a text, or a list of complaints.
    void detail() {
        if (cursor_.kind() == Kind::kText) return set(body_.message);
        const std::string raw = bounded(cursor_.skip());
        if (body_.message.empty()) body_.message = raw;
    }

    void set(std::string& out) {
        const std::optional<std::string_view> text = cursor_.text();
        if (text) out = bounded(*text);
    }

    void set_status(int64_t status) {
        if (status >= 400 && status <= 599) body_.status = static_cast<int>(status);
    }

    JsonCursor cursor_;
    ErrorBody body_;
    bool is_error_ = false;
};

}  // namespace

std::optional<ErrorBody> read_error_body(std::string_view json) {
    return ErrorReader(json).read();
}

UpstreamError error_inside_answer(ProviderKind kind, const ErrorBody& body) {
    UpstreamError error;
    error.error_class = classify(kind, 0, body);
    error.status = body.status;
    error.code = body.code.empty() ? body.type : body.code;
    error.message = body.message.empty() ? "the provider sent an error without a text" : body.message;
    error.retry_after = retry_hint(error.message);
    return error;
}

UpstreamError bad_answer(std::string_view why, std::string_view body) {
    constexpr size_t kExcerptBytesMax = 120;
    UpstreamError error;
    error.error_class = ErrorClass::kBadAnswer;
    error.code = "bad_answer";
    error.message = why;
    if (body.empty()) return error;
    error.message += ": ";
    error.message += to_valid_utf8(truncate_utf8(trim(body), kExcerptBytesMax));
    return error;
}

}  // namespace nightshift::gateway
