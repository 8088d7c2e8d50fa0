#include "gateway/dialects/conversation.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "gateway/dialects/json_cursor.h"
#include "recorder/signature.h"

namespace nightshift::gateway {
namespace {

using Kind = JsonCursor::Kind;

constexpr size_t kTextMax = 16u << 10;  // of one answer, more is not looked at

struct Call {
    std::string id;
    std::string tool;
    std::string arguments;
};

struct Result {
    std::string id;  // "": the results answer the calls in their order
    std::string output;
};

// A message of any dialect, taken apart.
struct Message {
    Role role = Role::kNone;
    std::string text;
    std::vector<Call> calls;
    std::vector<Result> results;
};

Role role_of(std::string_view word) {
    if (word == "user") return Role::kUser;
    if (word == "assistant") return Role::kAssistant;
    return word == "tool" ? Role::kTool : Role::kSystem;
}

void append(std::string& out, std::string_view text) {
    out += text.substr(0, kTextMax - std::min(out.size(), kTextMax));
}

class MessageReader {
public:
    explicit MessageReader(JsonCursor& cursor) : cursor_(cursor) {}

    Message read() {
        if (!cursor_.enter_object()) return {};
        while (auto key = cursor_.next_key()) member(*key);
        return finish();
    }

private:
    void member(std::string_view key) {
        if (key == "role")
            message_.role = role_of(cursor_.text().value_or(""));
        else if (key == "type")
            type_ = cursor_.text().value_or("");
        else if (key == "content")
            content();
        else if (key == "tool_calls")
            tool_calls();
        else if (key == "tool_call_id" || key == "call_id")
            call_id_ = cursor_.text().value_or("");
        else if (key == "name")
            name_ = cursor_.text().value_or("");
        else if (key == "arguments")
            arguments_ = value_text();
        else if (key == "output")
            output_ = value_text();
        else
            cursor_.skip();
    }

    // A text as it is meant, anything else as it stands.
    std::string value_text() {
        if (cursor_.kind() == Kind::kText) return std::string(cursor_.text().value_or(""));
        return std::string(cursor_.skip());
    }

    void content() {
        if (cursor_.kind() == Kind::kText) return append(message_.text, cursor_.text().value_or(""));
        if (!cursor_.enter_array()) return;
        while (cursor_.next_element()) block();
    }

    // A part of a chat's content, or a block of a message: text, tool_use, tool_result.
    void block() {
        std::string type;
        Call call;
        Result result;
        if (!cursor_.enter_object()) return;
        while (auto key = cursor_.next_key()) {
            if (*key == "type")
                type = cursor_.text().value_or("");
            else if (*key == "text")
                append(message_.text, cursor_.text().value_or(""));
            else if (*key == "id")
                call.id = cursor_.text().value_or("");
            else if (*key == "name")
                call.tool = cursor_.text().value_or("");
            else if (*key == "input")
                call.arguments = cursor_.skip();
            else if (*key == "tool_use_id")
                result.id = cursor_.text().value_or("");
            else if (*key == "content")
                result.output = value_text();
            else
                cursor_.skip();
        }
        if (type == "tool_use") message_.calls.push_back(std::move(call));
        if (type == "tool_result") message_.results.push_back(std::move(result));
    }

    void tool_calls() {
        if (!cursor_.enter_array()) return;
        while (cursor_.next_element()) {
            Call call;
            if (!cursor_.enter_object()) continue;
            while (auto key = cursor_.next_key()) {
                if (*key == "id")
                    call.id = cursor_.text().value_or("");
                else if (*key == "function")
                    function(call);
                else
                    cursor_.skip();
            }
            message_.calls.push_back(std::move(call));
        }
    }

    void function(Call& call) {
        if (!cursor_.enter_object()) return;
        while (auto key = cursor_.next_key()) {
            if (*key == "name")
                call.tool = cursor_.text().value_or("");
            else if (*key == "arguments")
                call.arguments = value_text();
            else
                cursor_.skip();
        }
    }

    Message finish() {
        if (type_.ends_with("_call_output")) {
            message_.role = Role::kTool;
            message_.results.push_back({call_id_, output_});
        } else if (type_.ends_with("_call")) {
            message_.role = Role::kAssistant;
            message_.calls.push_back({call_id_, name_, arguments_});
        } else if (message_.role == Role::kTool) {
            message_.results.push_back({call_id_, message_.text});
        } else if (!message_.results.empty()) {
            message_.role = Role::kTool;
        }
        return std::move(message_);
    }

    JsonCursor& cursor_;
    Message message_;
    std::string type_;
    std::string call_id_;
    std::string name_;
    std::string arguments_;
    std::string output_;
};

class Gatherer {
public:
    void add(Message message) {
        if (message.role == Role::kNone || message.role == Role::kSystem) return;
        conversation_.last_role = message.role;
        if (message.role == Role::kUser) {
            // A person spoke: what went on before is settled.
            conversation_.calls.clear();
            conversation_.turns.clear();
            sources_.clear();
        } else if (message.role == Role::kAssistant) {
            add_answer(message);
        }
        for (Result& result : message.results) add_result(std::move(result));
    }

    Conversation take() {
        std::unordered_map<std::string_view, int> times;
        for (const ToolUse& use : conversation_.calls) ++times[use.call];
        for (size_t i = 0; i < conversation_.calls.size(); ++i) {
            ToolUse& use = conversation_.calls[i];
            if (!sources_[i].has_output || times[use.call] < 2) continue;
            recorder::CallResult kind;
            kind.output = sources_[i].output;
            use.result = recorder::result_signature(kind).view();
        }
        return std::move(conversation_);
    }

private:
    void add_answer(const Message& message) {
        const AssistantTurn turn{message.text.empty() ? 0 : simhash(message.text), message.text.size(),
                                 message.calls.size()};
        conversation_.turns.push_back(turn);
        for (const Call& call : message.calls) {
            conversation_.calls.push_back(
                {std::string(recorder::call_signature(call.tool, call.arguments).view()), "", call.tool,
                 recorder::call_text(call.tool, call.arguments)});
            sources_.push_back({call.id, "", false});
        }
        if (conversation_.turns.size() > Conversation::kTurnsMax)
            conversation_.turns.erase(conversation_.turns.begin());
        while (conversation_.calls.size() > Conversation::kCallsMax) {
            conversation_.calls.erase(conversation_.calls.begin());
            sources_.erase(sources_.begin());
        }
    }

    // The call of that id, else the first that has no result yet.
    void add_result(Result result) {
        for (Source& source : sources_) {
            if (source.has_output || (!result.id.empty() && source.id != result.id)) continue;
            source.has_output = true;
            source.output = std::move(result.output);
            return;
        }
    }

    // Beside each of conversation_.calls: its id and what came of it.
    struct Source {
        std::string id;
        std::string output;
        bool has_output = false;
    };

    Conversation conversation_;
    std::vector<Source> sources_;
};

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<uint8_t>(c) >= 0x80;
}

}  // namespace

uint64_t simhash(std::string_view text) {
    std::array<int, 64> weights{};
    uint64_t previous = 0;
    for (size_t at = 0; at < text.size();) {
        if (!is_letter(text[at])) {
            ++at;
            continue;
        }
        const size_t begin = at;
        while (at < text.size() && is_letter(text[at])) ++at;
        const uint64_t word = XXH3_64bits(text.data() + begin, at - begin);
        const uint64_t pair[2] = {previous, word};
        const uint64_t hash = XXH3_64bits(pair, sizeof pair);
        for (size_t bit = 0; bit < 64; ++bit) weights[bit] += (hash >> bit & 1) != 0 ? 1 : -1;
        previous = word;
    }
    uint64_t bits = 0;
    for (size_t bit = 0; bit < 64; ++bit) bits |= static_cast<uint64_t>(weights[bit] > 0) << bit;
    return bits;
}

Conversation read_conversation(Dialect dialect, std::string_view body) {
    const bool has_items = dialect == Dialect::kResponses;
    const bool has_messages =
        dialect == Dialect::kChat || dialect == Dialect::kMessages || dialect == Dialect::kOllamaChat;
    if (!has_items && !has_messages) return {};
    JsonCursor cursor(body);
    if (!cursor.enter_object()) return {};
    Gatherer gatherer;
    while (auto key = cursor.next_key()) {
        if (*key != (has_items ? "input" : "messages") || !cursor.enter_array()) {
            if (*key != (has_items ? "input" : "messages")) cursor.skip();
            continue;
        }
        while (cursor.next_element()) gatherer.add(MessageReader(cursor).read());
    }
    return cursor.finish() ? gatherer.take() : Conversation{};
}

}  // namespace nightshift::gateway
