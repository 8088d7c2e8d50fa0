#include "gateway/dialects/translate/delta.h"
#include "gateway/dialects/translate/words.h"

namespace nightshift::gateway::translate {
namespace {

class MessagesWriter final : public DeltaWriter {
public:
    explicit MessagesWriter(Outgoing& outgoing) : outgoing_(outgoing) {
        if (outgoing.open_block) block_ = *outgoing.open_block;
        is_open_ = outgoing.open_block.has_value();
    }

    Result<void> write(const Delta& delta, std::string& out) override {
        begin(out);
        if (delta.kind == Delta::Kind::kCall) {
            open(delta, out);
            return {};
        }
        const bool is_arguments = delta.kind == Delta::Kind::kArguments;
        if (is_arguments && (!is_open_ || open_kind_ != Delta::Kind::kCall || open_call_ != delta.call)) {
            return fail(Code::kCorrupt, "arguments of two tool calls are mixed, which messages cannot hold");
        }
        if (!is_arguments && (!is_open_ || open_kind_ != delta.kind)) open(delta, out);
        JsonWriter json = event("content_block_delta", out);
        json.integer("index", block_).key("delta").open_object();
        if (is_arguments)
            json.text("type", "input_json_delta").text("partial_json", delta.text);
        else if (delta.kind == Delta::Kind::kText)
            json.text("type", "text_delta").text("text", delta.text);
        else
            json.text("type", "thinking_delta").text("thinking", delta.text);
        json.close_object();
        close_event(json, out);
        return {};
    }

    void finish(Finish finish, const Usage& usage, std::string& out) override {
        begin(out);
        close_block(out);
        JsonWriter json = event("message_delta", out);
        json.key("delta")
            .open_object()
            .text("stop_reason", messages_stop_reason(finish))
            .null("stop_sequence");
        json.close_object().key("usage");
        write_messages_usage(json, usage);
        close_event(json, out);
        JsonWriter last = event("message_stop", out);
        close_event(last, out);
    }

private:
    static JsonWriter event(std::string_view type, std::string& out) {
        out += fmt::format("event: {}\ndata: ", type);
        JsonWriter json(out);
        json.open_object().text("type", type);
        return json;
    }

    static void close_event(JsonWriter& json, std::string& out) {
        json.close_object();
        out += "\n\n";
    }

    void begin(std::string& out) {
        if (outgoing_.has_begun) return;
        outgoing_.has_begun = true;
        JsonWriter json = event("message_start", out);
        json.key("message")
            .open_object()
            .text("id", outgoing_.id)
            .text("type", "message")
            .text("role", "assistant");
        json.text("model", outgoing_.model).key("content").open_array().close_array();
        json.null("stop_reason").null("stop_sequence").key("usage");
        Usage usage;
        usage.input = outgoing_.input_tokens;
        write_messages_usage(json, usage);
        json.close_object();
        close_event(json, out);
    }

    void open(const Delta& delta, std::string& out) {
        close_block(out);
        ++block_;
        is_open_ = true;
        open_kind_ = delta.kind;
        open_call_ = delta.call;
        JsonWriter json = event("content_block_start", out);
        json.integer("index", block_).key("content_block").open_object();
        if (delta.kind == Delta::Kind::kCall) {
            json.text("type", "tool_use").text("id", delta.id).text("name", delta.name).raw("input", "{}");
        } else if (delta.kind == Delta::Kind::kText) {
            json.text("type", "text").text("text", "");
        } else {
            json.text("type", "thinking").text("thinking", "").text("signature", "");
        }
        json.close_object();
        close_event(json, out);
    }

    void close_block(std::string& out) {
        if (!is_open_) return;
        is_open_ = false;
        JsonWriter json = event("content_block_stop", out);
        json.integer("index", block_);
        close_event(json, out);
    }

    Outgoing& outgoing_;
    int64_t block_ = -1;
    bool is_open_ = false;
    Delta::Kind open_kind_ = Delta::Kind::kText;
    size_t open_call_ = 0;
};

}  // namespace

std::unique_ptr<DeltaWriter> make_messages_writer(Outgoing& outgoing) {
    return std::make_unique<MessagesWriter>(outgoing);
}

}  // namespace nightshift::gateway::translate
