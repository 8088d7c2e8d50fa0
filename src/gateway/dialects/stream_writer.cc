#include "base/text.h"
#include "gateway/dialects/error_shape.h"
#include "gateway/dialects/stream_translator.h"

namespace nightshift::gateway {
namespace {

// The API sends the members flat; its SDK raises only what stands in `error`. Both are given.
std::string responses_error(const ClientError& error, int64_t sequence) {
    std::string out = "event: error\ndata: ";
    JsonWriter json(out);
    json.open_object()
        .text("type", "error")
        .integer("sequence_number", sequence)
        .text("message", error.message);
    json.text_or_null("code", error.code).text_or_null("param", error.param).key("error");
    write_openai_error(json, error);
    json.close_object();
    return out += "\n\n";
}

std::string responses_incomplete(const StreamReader& reader, const Usage& usage, int64_t now_s,
                                 int64_t sequence) {
    std::string out = "event: response.incomplete\ndata: ";
    JsonWriter json(out);
    json.open_object().text("type", "response.incomplete").integer("sequence_number", sequence);
    json.key("response").open_object().text("id", reader.response_id()).text("object", "response");
    json.integer("created_at", now_s).text("status", "incomplete").null("error");
    json.key("incomplete_details").open_object().text("reason", "max_output_tokens").close_object();
    json.text("model", reader.model()).key("output").open_array().close_array().key("usage").open_object();
    json.integer("input_tokens", usage.input).key("input_tokens_details").open_object();
    json.integer("cached_tokens", usage.cache_read).close_object().integer("output_tokens", usage.output);
    json.key("output_tokens_details")
        .open_object()
        .integer("reasoning_tokens", usage.reasoning)
        .close_object();
    json.integer("total_tokens", usage.input + usage.output).close_object().close_object().close_object();
    return out += "\n\n";
}

}  // namespace

struct StreamWriter::State {
    Dialect client = Dialect::kChat;
    bool wants_usage = false;
    int64_t now_s = 0;
    int64_t frames = 0;                            // written so far: the next sequence number of kResponses
    std::unique_ptr<StreamTranslator> translator;  // when the dialects differ
};

StreamWriter::StreamWriter(const RequestFacts& facts, Dialect upstream, const AnswerOptions& options)
    : state_(std::make_unique<State>()) {
    state_->client = facts.dialect;
    state_->wants_usage = facts.wants_usage;
    state_->now_s = options.now_s;
    if (upstream == facts.dialect) return;
    state_->translator = std::make_unique<StreamTranslator>(upstream, facts.dialect, options);
}
StreamWriter::~StreamWriter() = default;
StreamWriter::StreamWriter(StreamWriter&&) noexcept = default;
StreamWriter& StreamWriter::operator=(StreamWriter&&) noexcept = default;

Result<void> StreamWriter::write(const Piece& piece, std::string& out) {
    if (piece.kind == PieceKind::kBroken) return {};
    if (state_->translator) return state_->translator->write(piece, out);
    // The client did not ask for the chunk of which usage is all there is; we did.
    if (piece.kind == PieceKind::kUsage && !state_->wants_usage) return {};
    ++state_->frames;
    out += piece.raw;
    return {};
}

void StreamWriter::end(std::string& out) {
    if (state_->translator) state_->translator->end(out);
}

void StreamWriter::write_error(const ClientError& error, std::string& out) {
    switch (state_->client) {
        case Dialect::kOllamaChat:
            out += render_error(state_->client, error) + "\n";
            return;
        case Dialect::kMessages:
            out += "event: error\ndata: " + render_error(state_->client, error) + "\n\n";
            return;
        case Dialect::kResponses:
            out += responses_error(error, state_->frames++);
            return;
        default:
            out += "data: " + render_error(state_->client, error) + "\n\n";
            return;
    }
}

void StreamWriter::write_cut(const StreamReader& reader, const Usage& usage, std::string& out) {
    if (state_->client == Dialect::kResponses) {
        out += responses_incomplete(reader, usage, state_->now_s, state_->frames++);
        return;
    }
    if (!state_->translator) {
        // The head of the answer has passed already: go on from where the upstream stands.
        AnswerOptions options{
            .model = reader.model(), .wants_usage = state_->wants_usage, .now_s = state_->now_s, .id = ""};
        state_->translator = std::make_unique<StreamTranslator>(state_->client, state_->client, options);
        state_->translator->take_over(reader);
    }
    state_->translator->cut(usage, out);
}

std::string_view StreamWriter::keep_alive(Dialect client) {
    return client == Dialect::kOllamaChat ? "" : ": keep-alive\n\n";
}

}  // namespace nightshift::gateway
