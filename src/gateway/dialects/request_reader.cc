#include <algorithm>
#include <array>

#include "base/text.h"
#include "gateway/dialects/dialect.h"
#include "gateway/dialects/json_cursor.h"

namespace nightshift::gateway {
namespace {

using Kind = JsonCursor::Kind;

constexpr size_t kModelBytesMax = 256;
constexpr size_t kIdBytesMax = 512;
// What an image costs, very roughly, where only the provider knows its size in tokens.
constexpr int64_t kImageTokens = 1000;

enum class Field {
    kModel,
    kStream,
    kStreamOptions,
    kOutputMax,
    kChoices,
    kMessages,
    kInput,
    kSystem,
    kTools,
    kUser,
    kMetadata,
    kSession,
    kConversation,
    kPreviousResponse,
    kOllamaOptions,
};

constexpr uint32_t in(Dialect dialect) {
    return 1u << static_cast<uint32_t>(dialect);
}
constexpr uint32_t kChats = in(Dialect::kChat) | in(Dialect::kMessages) | in(Dialect::kOllamaChat);
constexpr uint32_t kOpenAis = in(Dialect::kChat) | in(Dialect::kResponses) | in(Dialect::kEmbeddings);
constexpr uint32_t kAll = kChats | kOpenAis;

struct KnownKey {
    std::string_view key;
    uint32_t dialects;
    Field field;
};
constexpr std::array kKeys = {
    KnownKey{"model", kAll, Field::kModel},
    KnownKey{"stream", kAll, Field::kStream},
    KnownKey{"stream_options", in(Dialect::kChat), Field::kStreamOptions},
    KnownKey{"max_tokens", in(Dialect::kChat) | in(Dialect::kMessages), Field::kOutputMax},
    KnownKey{"max_completion_tokens", in(Dialect::kChat), Field::kOutputMax},
    KnownKey{"max_output_tokens", in(Dialect::kResponses), Field::kOutputMax},
    KnownKey{"n", in(Dialect::kChat), Field::kChoices},
    KnownKey{"messages", kChats, Field::kMessages},
    KnownKey{"input", in(Dialect::kResponses) | in(Dialect::kEmbeddings), Field::kInput},
    KnownKey{"system", in(Dialect::kMessages), Field::kSystem},
    KnownKey{"instructions", in(Dialect::kResponses), Field::kSystem},
    KnownKey{"tools", kAll, Field::kTools},
    KnownKey{"functions", in(Dialect::kChat), Field::kTools},
    KnownKey{"user", kOpenAis, Field::kUser},
    KnownKey{"safety_identifier", kOpenAis, Field::kUser},
    KnownKey{"metadata", kAll, Field::kMetadata},
    KnownKey{"prompt_cache_key", kOpenAis, Field::kSession},
    KnownKey{"conversation", in(Dialect::kResponses), Field::kConversation},
    KnownKey{"previous_response_id", in(Dialect::kResponses), Field::kPreviousResponse},
    KnownKey{"options", in(Dialect::kOllamaChat), Field::kOllamaOptions},
};

Role role_of(std::string_view word) {
    if (word == "user") return Role::kUser;
    if (word == "assistant") return Role::kAssistant;
    if (word == "tool" || word == "function") return Role::kTool;
    return word == "system" || word == "developer" ? Role::kSystem : Role::kNone;
}

class Reader {
public:
    Reader(Dialect dialect, std::string_view body) : cursor_(body) {
        facts_.dialect = dialect;
        facts_.stream = dialect == Dialect::kOllamaChat;
        facts_.wants_usage = dialect != Dialect::kChat;
    }

    Result<RequestFacts> read() {
        if (cursor_.kind() == Kind::kNone) return fail(Code::kInvalid, "the body is not JSON");
        if (cursor_.kind() != Kind::kObject) return fail(Code::kInvalid, "the body must be a JSON object");
        cursor_.enter_object();
        while (auto key = cursor_.next_key()) member(*key);
        if (!cursor_.finish()) return fail(Code::kInvalid, "the body is not JSON");
        if (!problem_.empty()) return fail(Code::kInvalid, "{}", problem_);
        if (facts_.model.empty()) return fail(Code::kInvalid, "model is missing");
        facts_.input_estimate += estimate_tokens(text_bytes_);
        return std::move(facts_);
    }

private:
    void member(std::string_view key) {
        const auto known = std::find_if(kKeys.begin(), kKeys.end(), [&](const KnownKey& row) {
            return row.key == key && (row.dialects & in(facts_.dialect)) != 0;
        });
        if (known == kKeys.end()) {
            cursor_.skip();
            return;
        }
        // Parsers differ on which of two counts: what we check and charge must be what the upstream does.
        const uint32_t bit = 1u << (known - kKeys.begin());
        if ((seen_ & bit) != 0) complain(known->key, "is given twice");
        seen_ |= bit;
        if (cursor_.kind() == Kind::kNull && known->field != Field::kStreamOptions) {
            cursor_.skip();
            return;
        }
        field(*known);
    }

    void field(const KnownKey& known) {
        switch (known.field) {
            case Field::kModel:
                return model();
            case Field::kStream:
                return flag(known.key, facts_.stream);
            case Field::kStreamOptions:
                return stream_options();
            case Field::kOutputMax:
                return output_max(known.key);
            case Field::kChoices:
                return choices();
            case Field::kMessages:
                return messages(known.key);
            case Field::kInput:
                return facts_.dialect == Dialect::kEmbeddings ? texts() : input();
            case Field::kSystem:
                return content(nullptr);
            case Field::kTools:
                return tools();
            case Field::kUser:
                return id(facts_.user);
            case Field::kMetadata:
                return metadata();
            case Field::kSession:
                return facts_.session.empty() ? id(facts_.session) : pass_over();
            case Field::kConversation:
                return conversation();
            case Field::kPreviousResponse:
                return id(facts_.previous_response_id);
            case Field::kOllamaOptions:
                return ollama_options();
        }
    }

    void complain(std::string_view key, std::string_view what) {
        if (problem_.empty()) problem_ = fmt::format("{} {}", key, what);
    }

    void pass_over() { cursor_.skip(); }

    void model() {
        const size_t begin = cursor_.offset();
        const std::optional<std::string_view> name = cursor_.text();
        if (!name) return complain("model", "must be a text");
        if (name->empty() || name->size() > kModelBytesMax || !is_valid_utf8(*name))
            return complain("model", "is not a name");
        facts_.model = *name;
        facts_.model_range = {begin, cursor_.position()};
    }

    void flag(std::string_view key, bool& out) {
        const std::optional<bool> value = cursor_.boolean();
        if (!value) return complain(key, "must be true or false");
        out = *value;
    }

    void stream_options() {
        const size_t begin = cursor_.offset();
        const Kind kind = cursor_.kind();
        if (kind != Kind::kNull && kind != Kind::kObject) complain("stream_options", "must be an object");
        bool is_seen = false;
        if (cursor_.enter_object()) {
            while (auto key = cursor_.next_key()) {
                if (*key != "include_usage") {
                    cursor_.skip();
                    continue;
                }
                if (is_seen) complain("stream_options.include_usage", "is given twice");
                is_seen = true;
                facts_.include_usage.begin = cursor_.offset();
                facts_.wants_usage = cursor_.boolean().value_or(false);
                facts_.include_usage.end = cursor_.position();
            }
        }
        facts_.stream_options = {begin, cursor_.position()};
    }

    void output_max(std::string_view key) {
        const std::optional<int64_t> value = cursor_.integer();
        if (!value || *value < 0) return complain(key, "must be a number of tokens");
        facts_.output_max = std::max(facts_.output_max.value_or(0), *value);
    }

    void choices() {
        const std::optional<int64_t> value = cursor_.integer();
        if (!value || *value < 1) return complain("n", "must be a positive number");
        facts_.choices = *value;
    }

    void id(std::string& out) {
        const std::optional<std::string_view> text = cursor_.text();
        if (text && text->size() <= kIdBytesMax) out = to_valid_utf8(*text);
    }

    void tools() {
        const bool is_array = cursor_.kind() == Kind::kArray;
        const std::string_view raw = cursor_.skip();
        text_bytes_ += raw.size();
        if (is_array && raw.find('{') != std::string_view::npos) facts_.has_tools = true;
    }

    void metadata() {
        if (!cursor_.enter_object()) return;
        while (auto key = cursor_.next_key()) {
            if (*key == "session_id") {
                id(facts_.session);
            } else if (*key == "user_id") {
                id(facts_.user);
                session_in_user_id();
            } else {
                cursor_.skip();
            }
        }
    }

    // Claude Code sends "user_…_account_…_session_<uuid>", or the same three as JSON in a text.
    void session_in_user_id() {
        constexpr std::string_view kMark = "_session_";
        if (const size_t mark = facts_.user.rfind(kMark); mark != std::string::npos) {
            facts_.session = facts_.user.substr(mark + kMark.size());
            return;
        }
        if (!facts_.user.starts_with('{')) return;
        JsonCursor inner(facts_.user);
        inner.enter_object();
        while (auto key = inner.next_key()) {
            if (*key == "session_id")
                facts_.session = inner.text().value_or("");
            else
                inner.skip();
        }
    }

    void conversation() {
        if (cursor_.kind() == Kind::kText) return id(facts_.session);
        if (!cursor_.enter_object()) return;
        while (auto key = cursor_.next_key()) {
            if (*key == "id")
                id(facts_.session);
            else
                cursor_.skip();
        }
    }

    void ollama_options() {
        if (!cursor_.enter_object()) return;
        while (auto key = cursor_.next_key()) {
            if (*key != "num_predict") {
                cursor_.skip();
            } else if (const std::optional<int64_t> value = cursor_.integer(); value && *value >= 0) {
                facts_.output_max = *value;  // -1 and -2 mean no limit
            }
        }
    }

    void messages(std::string_view key) {
        if (cursor_.kind() != Kind::kArray) complain(key, "must be an array");
        if (!cursor_.enter_array()) return;
        while (cursor_.next_element()) message();
    }

    // Responses: a text, or items of which some are messages.
    void input() {
        if (cursor_.kind() == Kind::kText) {
            facts_.messages = 1;
            facts_.last_role = Role::kUser;
            text_bytes_ += cursor_.text_size();
            return;
        }
        messages("input");
    }

    // Embeddings: a text, texts, or tokens.
    void texts() {
        if (cursor_.kind() == Kind::kNumber) {
            ++facts_.input_estimate;
            cursor_.skip();
        } else if (cursor_.kind() != Kind::kArray) {
            text_bytes_ += cursor_.text_size();
        } else if (cursor_.enter_array()) {
            while (cursor_.next_element()) texts();
        }
    }

    struct Parts {
        bool has_result = false;  // of a tool, in the turn of a user (Anthropic)
    };

    void message() {
        ++facts_.messages;
        if (!cursor_.enter_object()) return;
        Role role = Role::kNone;
        Parts parts;
        while (auto key = cursor_.next_key()) {
            if (*key == "role") {
                role = role_of(cursor_.text().value_or(""));
            } else if (*key == "type") {
                role = std::max(role, role_of_item(cursor_.text().value_or("")));
            } else if (*key == "content" || *key == "output") {
                content(&parts);
            } else if (*key == "images") {
                images();
            } else if (*key == "tool_calls" || *key == "arguments" || *key == "reasoning" ||
                       *key == "reasoning_content") {
                text_bytes_ += cursor_.skip().size();
            } else {
                cursor_.skip();
            }
        }
        facts_.last_role = parts.has_result ? Role::kTool : role;
    }

    static Role role_of_item(std::string_view type) {
        if (type.ends_with("_output")) return Role::kTool;
        return type.ends_with("_call") || type == "reasoning" ? Role::kAssistant : Role::kNone;
    }

    void images() {
        if (!cursor_.enter_array()) return;
        while (cursor_.next_element()) {
            cursor_.skip();
            count_image();
        }
    }

    void count_image() {
        facts_.has_images = true;
        facts_.input_estimate += kImageTokens;
    }

    // A text, or parts, which may hold parts themselves.
    void content(Parts* parts) {
        if (cursor_.kind() == Kind::kText) {
            text_bytes_ += cursor_.text_size();
            return;
        }
        if (!cursor_.enter_array()) return;
        while (cursor_.next_element()) {
            if (cursor_.kind() == Kind::kObject)
                part(parts);
            else
                text_bytes_ += cursor_.text_size();
        }
    }

    void part(Parts* parts) {
        bool is_image = false;
        cursor_.enter_object();
        while (auto key = cursor_.next_key()) {
            if (*key == "type") {
                const std::string_view type = cursor_.text().value_or("");
                is_image |= type == "image" || type == "image_url" || type == "input_image";
                if (parts != nullptr && type == "tool_result") parts->has_result = true;
            } else if (*key == "text" || *key == "thinking" || *key == "refusal") {
                text_bytes_ += cursor_.text_size();
            } else if (*key == "input") {
                text_bytes_ += cursor_.skip().size();
            } else if (*key == "content") {
                content(nullptr);
            } else {
                cursor_.skip();
            }
        }
        if (is_image) count_image();
    }

    JsonCursor cursor_;
    RequestFacts facts_;
    uint32_t seen_ = 0;
    size_t text_bytes_ = 0;
    std::string problem_;
};

}  // namespace

Result<RequestFacts> read_request(Dialect dialect, std::string_view body) {
    return Reader(dialect, body).read();
}

}  // namespace nightshift::gateway
