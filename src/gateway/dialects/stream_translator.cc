#include "gateway/dialects/stream_translator.h"

#include "base/text.h"
#include "gateway/dialects/error_body.h"
#include "gateway/dialects/frame_cutter.h"

namespace nightshift::gateway {
namespace {

PieceKind read_frame(Dialect from, std::string_view json, StreamFacts& facts) {
    switch (from) {
        case Dialect::kMessages:
            return read_messages_frame(json, facts);
        case Dialect::kOllamaChat:
            return read_ollama_frame(json, facts);
        default:
            return read_chat_frame(json, facts);
    }
}

std::unique_ptr<translate::DeltaWriter> make_writer(Dialect to, translate::Outgoing& outgoing) {
    switch (to) {
        case Dialect::kMessages:
            return translate::make_messages_writer(outgoing);
        case Dialect::kOllamaChat:
            return translate::make_ollama_writer(outgoing);
        default:
            return translate::make_chat_writer(outgoing);
    }
}

// A status for an error that came inside a 200, when it says none.
int status_of(const UpstreamError& error) {
    if (error.status != 0) return error.status;
    switch (error.error_class) {
        case ErrorClass::kCallerError:
        case ErrorClass::kContextTooLong:
        case ErrorClass::kContentPolicy:
            return 400;
        case ErrorClass::kRateLimit:
        case ErrorClass::kQuotaExhausted:
            return 429;
        case ErrorClass::kOverloaded:
            return 529;
        default:
            return 502;
    }
}

}  // namespace

StreamTranslator::StreamTranslator(Dialect from, Dialect to, const AnswerOptions& options)
    : from_(from), to_(to), model_(options.model), reader_(from) {
    outgoing_.created_s = options.now_s;
    made_up_id_ = made_up_id(options);
    outgoing_.wants_usage = options.wants_usage;
}

void StreamTranslator::take_over(const StreamReader& reader) {
    outgoing_.id = reader.response_id();
    outgoing_.model = reader.model();
    outgoing_.has_begun = true;
    outgoing_.open_block = reader.open_block();
    writer_ = make_writer(to_, outgoing_);
}

void StreamTranslator::begin() {
    if (writer_) return;
    outgoing_.id = facts_.response_id.empty() ? made_up_id_ : facts_.response_id;
    outgoing_.model = model_.empty() ? facts_.model : model_;
    outgoing_.input_tokens = facts_.counts.usage(from_ == Dialect::kMessages).input;
    writer_ = make_writer(to_, outgoing_);
}

Result<void> StreamTranslator::write(const Piece& piece, std::string& out) {
    std::string_view json = trim(piece.raw);
    if (from_ != Dialect::kOllamaChat) {
        const SseEvent event = parse_event(piece.raw, event_buffer_);
        json = event.has_data ? event.data : std::string_view();
    }
    if (piece.kind == PieceKind::kDone && json == "[DONE]") {
        end(out);
        return {};
    }
    if (json.empty() || is_ended_) return {};
    const PieceKind kind = read_frame(from_, json, facts_);
    if (kind == PieceKind::kError) {
        write_upstream_error(json, out);
        return {};
    }
    NS_TRY(const std::vector<translate::Delta> deltas, reader_.read(json));
    for (const translate::Delta& delta : deltas) {
        begin();
        const Result<void> written = writer_->write(delta, out);
        if (!written) return written;
    }
    if (kind == PieceKind::kDone) end(out);
    return {};
}

void StreamTranslator::write_upstream_error(std::string_view json, std::string& out) {
    const UpstreamError error = error_inside_answer(facts_.kind, read_error_body(json).value_or(ErrorBody{}));
    const ClientError told{status_of(error), error.code, error.message, "", ""};
    is_ended_ = true;
    if (to_ == Dialect::kOllamaChat)
        out += render_error(to_, told) + "\n";
    else
        out += (to_ == Dialect::kMessages ? "event: error\ndata: " : "data: ") + render_error(to_, told) +
               "\n\n";
}

void StreamTranslator::end(std::string& out) {
    if (is_ended_) return;
    is_ended_ = true;
    begin();
    Finish finish = facts_.finish;
    if (finish == Finish::kStop && facts_.has_tool_calls) finish = Finish::kToolCalls;
    writer_->finish(finish, facts_.counts.usage(from_ == Dialect::kMessages), out);
}

void StreamTranslator::cut(const Usage& usage, std::string& out) {
    if (is_ended_) return;
    is_ended_ = true;
    begin();
    writer_->finish(Finish::kLength, usage, out);
}

}  // namespace nightshift::gateway
