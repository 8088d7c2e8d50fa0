#include "gateway/dialects/translate/delta.h"
#include "gateway/dialects/translate/words.h"

namespace nightshift::gateway::translate {
namespace {

class ChatWriter final : public DeltaWriter {
public:
    explicit ChatWriter(Outgoing& outgoing) : outgoing_(outgoing) {}

    Result<void> write(const Delta& delta, std::string& out) override {
        begin(out);
        JsonWriter json = open_choice(out);
        json.key("delta").open_object();
        switch (delta.kind) {
            case Delta::Kind::kText:
                json.text("content", delta.text);
                break;
            case Delta::Kind::kReasoning:
                json.text("reasoning_content", delta.text);
                break;
            case Delta::Kind::kCall:
                json.key("tool_calls")
                    .open_array()
                    .open_object()
                    .integer("index", static_cast<int64_t>(delta.call));
                json.text("id", delta.id).text("type", "function").key("function").open_object();
                json.text("name", delta.name)
                    .text("arguments", "")
                    .close_object()
                    .close_object()
                    .close_array();
                break;
            case Delta::Kind::kArguments:
                json.key("tool_calls")
                    .open_array()
                    .open_object()
                    .integer("index", static_cast<int64_t>(delta.call));
                json.key("function").open_object().text("arguments", delta.text).close_object();
                json.close_object().close_array();
                break;
        }
        json.close_object();
        close_choice(json, "", out);
        return {};
    }

    void finish(Finish finish, const Usage& usage, std::string& out) override {
        begin(out);
        JsonWriter json = open_choice(out);
        json.key("delta").open_object().close_object();
        close_choice(json, chat_finish_word(finish), out);
        if (outgoing_.wants_usage) {
            JsonWriter last = open_chunk(out);
            last.key("choices").open_array().close_array().key("usage");
            write_chat_usage(last, usage);
            last.close_object();
            out += "\n\n";
        }
        out += "data: [DONE]\n\n";
    }

private:
    void begin(std::string& out) {
        if (outgoing_.has_begun) return;
        outgoing_.has_begun = true;
        JsonWriter json = open_choice(out);
        json.key("delta").open_object().text("role", "assistant").text("content", "").close_object();
        close_choice(json, "", out);
    }

    JsonWriter open_chunk(std::string& out) {
        out += "data: ";
        JsonWriter json(out);
        json.open_object().text("id", outgoing_.id).text("object", "chat.completion.chunk");
        json.integer("created", outgoing_.created_s).text("model", outgoing_.model);
        return json;
    }

    JsonWriter open_choice(std::string& out) {
        JsonWriter json = open_chunk(out);
        json.key("choices").open_array().open_object().integer("index", 0);
        return json;
    }

    static void close_choice(JsonWriter& json, std::string_view finish_reason, std::string& out) {
        json.null("logprobs").text_or_null("finish_reason", finish_reason);
        json.close_object().close_array().close_object();
        out += "\n\n";
    }

    Outgoing& outgoing_;
};

}  // namespace

std::unique_ptr<DeltaWriter> make_chat_writer(Outgoing& outgoing) {
    return std::make_unique<ChatWriter>(outgoing);
}

}  // namespace nightshift::gateway::translate
