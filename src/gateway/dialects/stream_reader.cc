#include "base/text.h"
#include "gateway/dialects/error_body.h"
#include "gateway/dialects/frame_cutter.h"
#include "gateway/dialects/stream_facts.h"

namespace nightshift::gateway {

struct StreamReader::State {
    State(ProviderKind kind, Dialect upstream)
        : dialect(upstream),
          cutter(
              upstream == Dialect::kOllamaChat ? FrameCutter::Format::kLines : FrameCutter::Format::kEvents,
              kFrameBytesMax) {
        facts.kind = kind;
    }

    Dialect dialect;
    FrameCutter cutter;
    StreamFacts facts;
    bool is_broken = false;
    std::string event_buffer;

    PieceKind kind_of(std::string_view frame);
    PieceKind kind_of_json(std::string_view json);
    Piece broken(std::string_view frame, std::string_view why);
};

PieceKind StreamReader::State::kind_of(std::string_view frame) {
    if (dialect == Dialect::kOllamaChat) {
        const std::string_view line = trim(frame);
        return line.empty() ? PieceKind::kMeta : read_ollama_frame(line, facts);
    }
    const SseEvent event = parse_event(frame, event_buffer);
    if (!event.is_sse) return PieceKind::kBroken;
    if (!event.has_data || event.data.empty()) return PieceKind::kMeta;
    if (event.data == "[DONE]") {
        if (dialect != Dialect::kChat) return PieceKind::kMeta;
        facts.is_done = true;
        return PieceKind::kDone;
    }
    return kind_of_json(event.data);
}

PieceKind StreamReader::State::kind_of_json(std::string_view json) {
    switch (dialect) {
        case Dialect::kResponses:
            return read_responses_frame(json, facts);
        case Dialect::kMessages:
            return read_messages_frame(json, facts);
        default:
            return read_chat_frame(json, facts);
    }
}

Piece StreamReader::State::broken(std::string_view frame, std::string_view why) {
    is_broken = true;
    facts.error = bad_answer(why, frame);
    return {PieceKind::kBroken, frame};
}

StreamReader::StreamReader(ProviderKind kind, Dialect upstream)
    : state_(std::make_unique<State>(kind, upstream)) {}
StreamReader::~StreamReader() = default;
StreamReader::StreamReader(StreamReader&&) noexcept = default;
StreamReader& StreamReader::operator=(StreamReader&&) noexcept = default;

void StreamReader::feed(std::string_view bytes) {
    if (!state_->facts.is_done) state_->cutter.feed(bytes);
}

void StreamReader::end() {
    state_->cutter.end();
}

std::optional<Piece> StreamReader::next() {
    State& state = *state_;
    // Nothing belongs to the answer after its last word.
    if (state.is_broken || state.facts.is_done) return std::nullopt;
    const std::optional<std::string_view> frame = state.cutter.next();
    if (!frame) {
        if (!state.cutter.is_overflown()) return std::nullopt;
        return state.broken("", "a frame of the stream is larger than 4 MiB");
    }
    const PieceKind kind = state.kind_of(*frame);
    if (kind == PieceKind::kBroken)
        return state.broken(*frame, "the stream holds what is no event of its kind");
    return Piece{kind, *frame};
}

bool StreamReader::ended_properly() const {
    const StreamFacts& facts = state_->facts;
    if (state_->is_broken || facts.error) return false;
    // Many servers that follow OpenAI end without [DONE]; a finish reason is word enough.
    return facts.is_done || (state_->dialect == Dialect::kChat && facts.finish != Finish::kNone);
}

Usage StreamReader::usage() const {
    return state_->facts.counts.usage(state_->dialect == Dialect::kMessages);
}

Usage StreamReader::usage_or_estimate(const RequestFacts& facts) const {
    Usage known = usage();
    const std::optional<int64_t> output = state_->facts.counts.output;
    // Anthropic tells the input first, and a placeholder of output: until the end only the size of what
    // passed is true.
    const bool is_final = state_->facts.finish != Finish::kNone && output;
    if (is_final && state_->facts.counts.input) return known;
    if (!state_->facts.counts.input) known.input = facts.input_estimate;
    if (!is_final) known.output = std::max(output.value_or(0), estimate_tokens(state_->facts.content_bytes));
    known.is_estimated = true;
    return known;
}

Finish StreamReader::finish() const {
    return state_->facts.finish;
}
const std::string& StreamReader::response_id() const {
    return state_->facts.response_id;
}
const std::string& StreamReader::model() const {
    return state_->facts.model;
}
size_t StreamReader::content_bytes() const {
    return state_->facts.content_bytes;
}
size_t StreamReader::content_pieces() const {
    return state_->facts.content_pieces;
}
bool StreamReader::has_tool_calls() const {
    return state_->facts.has_tool_calls;
}
std::optional<int64_t> StreamReader::open_block() const {
    return state_->facts.open_block;
}
const std::optional<UpstreamError>& StreamReader::error() const {
    return state_->facts.error;
}

}  // namespace nightshift::gateway
