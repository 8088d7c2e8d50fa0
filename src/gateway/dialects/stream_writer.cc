#include "base/text.h"
#include "gateway/dialects/error_shape.h"
#include "gateway/dialects/stream_translator.h"

namespace nightshift::gateway {
namespace {

std::string responses_incomplete(const StreamReader& reader, const Usage& usage, int64_t now_s, int64_t sequence) {
    std::string id;
    std::string model;
    append_json_string(id, reader.response_id());
    append_json_string(model, reader.model());
    return fmt::format(
        "event: response.incomplete\n"
        "data: {{\"type\":\"response.incomplete\",\"sequence_number\":{},\"response\":{{\"id\":{},\"object\":\"response\","
        "\"created_at\":{},\"status\":\"incomplete\",\"error\":null,"
        "\"incomplete_details\":{{\"reason\":\"max_output_tokens\"}},\"model\":{},\"output\":[],"
        "\"usage\":{{\"input_tokens\":{},\"input_tokens_details\":{{\"cached_tokens\":{}}},\"output_tokens\":{},"
        "\"output_tokens_details\":{{\"reasoning_tokens\":{}}},\"total_tokens\":{}}}}}}}\n\n",
        sequence, id, now_s, model, usage.input, usage.cache_read, usage.output, usage.reasoning,
        usage.input + usage.output);
}

}  // namespace

struct StreamWriter::State {
    Dialect client = Dialect::kChat;
    bool wants_usage = false;
    int64_t now_s = 0;
    int64_t frames = 0;                           // written so far: the next sequence number of kResponses
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
        case Dialect::kOllamaChat: out += render_error(state_->client, error) + "\n"; return;
        case Dialect::kMessages:
            out += "event: error\ndata: " + render_error(state_->client, error) + "\n\n";
            return;
        case Dialect::kResponses: {
            // The API sends the members flat; its SDK raises only what stands in `error`. Both are given.
            std::string flat = openai_error_object(error);
            out += fmt::format("event: error\ndata: {{\"type\":\"error\",\"sequence_number\":{},\"error\":{},{}\n\n",
                               state_->frames++, flat, without_type(flat));
            return;
        }
        default: out += "data: " + render_error(state_->client, error) + "\n\n"; return;
    }
}

void StreamWriter::write_cut(const StreamReader& reader, const Usage& usage, std::string& out) {
    if (state_->client == Dialect::kResponses) {
        out += responses_incomplete(reader, usage, state_->now_s, state_->frames++);
        return;
    }
    if (!state_->translator) {
        // The head of the answer has passed already: go on from where the upstream stands.
        AnswerOptions options{reader.model(), state_->wants_usage, state_->now_s};
        state_->translator = std::make_unique<StreamTranslator>(state_->client, state_->client, options);
        state_->translator->take_over(reader);
    }
    state_->translator->cut(usage, out);
}

std::string_view StreamWriter::keep_alive(Dialect client) {
    return client == Dialect::kOllamaChat ? "" : ": keep-alive\n\n";
}

}  // namespace nightshift::gateway
