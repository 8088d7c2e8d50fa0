#include "gateway/dialects/translate/delta.h"
#include "gateway/dialects/translate/fields.h"
#include "gateway/dialects/translate/words.h"

namespace nightshift::gateway::translate {
namespace {

// Ollama sends tool calls whole: their arguments are gathered until the end.
class OllamaWriter final : public DeltaWriter {
public:
    explicit OllamaWriter(Outgoing& outgoing) : outgoing_(outgoing) {}

    Result<void> write(const Delta& delta, std::string& out) override {
        if (delta.kind == Delta::Kind::kCall) {
            calls_.push_back({delta.name, ""});
            return {};
        }
        if (delta.kind == Delta::Kind::kArguments) {
            if (delta.call >= calls_.size())
                return fail(Code::kCorrupt, "arguments of a tool call that has not begun");
            std::string& arguments = calls_[delta.call].arguments;
            if (arguments.size() + delta.text.size() > kArgumentsBytesMax) {
                return fail(Code::kCorrupt, "the arguments of a tool call are larger than 1 MiB");
            }
            arguments += delta.text;
            return {};
        }
        JsonWriter json = open_line(out);
        json.key("message").open_object().text("role", "assistant");
        json.text("content", delta.kind == Delta::Kind::kText ? std::string_view(delta.text) : "");
        if (delta.kind == Delta::Kind::kReasoning) json.text("thinking", delta.text);
        json.close_object().boolean("done", false).close_object();
        out += '\n';
        return {};
    }

    void finish(Finish finish, const Usage& usage, std::string& out) override {
        if (!calls_.empty()) write_calls(out);
        JsonWriter json = open_line(out);
        json.key("message").open_object().text("role", "assistant").text("content", "").close_object();
        json.boolean("done", true).text("done_reason", ollama_done_reason(finish));
        write_ollama_counts(json, usage);
        json.close_object();
        out += '\n';
    }

private:
    static constexpr size_t kArgumentsBytesMax = 1 << 20;

    struct Call {
        std::string name;
        std::string arguments;
    };

    JsonWriter open_line(std::string& out) {
        JsonWriter json(out);
        json.open_object().text("model", outgoing_.model).text("created_at", moment(outgoing_.created_s));
        return json;
    }

    // A call that a cut left unfinished has no arguments that could be run; it is not passed on.
    void write_calls(std::string& out) {
        JsonWriter json = open_line(out);
        json.key("message")
            .open_object()
            .text("role", "assistant")
            .text("content", "")
            .key("tool_calls")
            .open_array();
        for (const Call& call : calls_) {
            const std::optional<std::string> arguments = json_object_text(call.arguments);
            if (!arguments) continue;
            json.open_object()
                .key("function")
                .open_object()
                .text("name", call.name)
                .raw("arguments", *arguments);
            json.close_object().close_object();
        }
        json.close_array().close_object().boolean("done", false).close_object();
        out += '\n';
    }

    Outgoing& outgoing_;
    std::vector<Call> calls_;
};

}  // namespace

std::unique_ptr<DeltaWriter> make_ollama_writer(Outgoing& outgoing) {
    return std::make_unique<OllamaWriter>(outgoing);
}

}  // namespace nightshift::gateway::translate
