#pragma once

#include <memory>

#include "gateway/dialects/answer.h"
#include "gateway/dialects/render.h"

// A streamed answer on its way: read as the upstream wrote it, written as the client reads it.
namespace nightshift::gateway {

enum class PieceKind {
    kMeta,     // role, response.created, ping, a comment: nothing a client could not take back
    kContent,  // text, reasoning, a refusal, a tool call: from here on the answer belongs to the client
    kFinish,   // says why it ended (and may hold the last content)
    kUsage,    // nothing but usage
    kDone,    // the dialect's last word: [DONE], message_stop, response.completed, done:true; nothing follows
    kError,   // an error event; StreamReader::error() has it
    kBroken,  // not a frame of this dialect, or larger than kFrameBytesMax; error() has it; nothing follows
};

struct Piece {
    PieceKind kind = PieceKind::kMeta;
    std::string_view raw;  // the frame as it came, its blank line or newline included

    // Content or an end: the moment to send the head to the client.
    bool commits() const {
        return kind == PieceKind::kContent || kind == PieceKind::kFinish || kind == PieceKind::kDone;
    }
};

// Cuts an upstream's stream into frames and keeps what accounting and breakers need to know of it. SSE for
// kChat, kResponses and kMessages, NDJSON for kOllamaChat. Holds at most one unfinished frame.
//
//     reader.feed(bytes);
//     while (auto piece = reader.next()) …
//
// Pieces point into the bytes fed, or into the reader: they end with the next feed().
class StreamReader {
public:
    static constexpr size_t kFrameBytesMax = 4 << 20;

    StreamReader(ProviderKind kind, Dialect upstream);
    ~StreamReader();
    StreamReader(StreamReader&&) noexcept;
    StreamReader& operator=(StreamReader&&) noexcept;

    // All pieces of the feed before must have been taken.
    void feed(std::string_view bytes);
    std::optional<Piece> next();
    // The upstream closed its stream cleanly: a last frame without its blank line may still come from next().
    void end();

    // After the upstream closed its stream cleanly: whether the dialect's last word was heard, or (kChat) at
    // least a finish reason from servers that send no [DONE]. False means the answer was cut, however clean
    // the transfer looked.
    bool ended_properly() const;

    Usage usage() const;  // as said so far
    // The upstream's, or an estimate from `facts` and what has passed.
    Usage usage_or_estimate(const RequestFacts& facts) const;
    Finish finish() const;
    const std::string& response_id() const;
    const std::string& model() const;
    size_t content_bytes() const;   // text, reasoning and tool arguments so far
    size_t content_pieces() const;  // about one token each
    // kMessages: the content block that has begun and not ended.
    std::optional<int64_t> open_block() const;
    bool has_tool_calls() const;                        // some part of one has passed
    const std::optional<UpstreamError>& error() const;  // of kError and kBroken

private:
    struct State;
    std::unique_ptr<State> state_;
};

// What the client gets of it: the frames themselves, or their translation, and an end that no client takes
// for success when it was none.
//
//     writer.write(piece, out) for each piece; then, by how the stream ended, one of
//     writer.end(out), writer.write_error(error, out) and an aborted transfer, writer.write_cut(reader,
//     usage, out)
class StreamWriter {
public:
    // `client` is that of `facts`; the reader's dialect is `upstream`. Keeps no reference to `facts`.
    StreamWriter(const RequestFacts& facts, Dialect upstream, const AnswerOptions& options);
    ~StreamWriter();
    StreamWriter(StreamWriter&&) noexcept;
    StreamWriter& operator=(StreamWriter&&) noexcept;

    // Appends what this piece is to the client: itself, its translation (of an error too), or nothing (a
    // usage chunk that only we asked for). kBroken writes nothing: write_error() is for it. kCorrupt: the
    // piece cannot be translated; treat it like kBroken.
    Result<void> write(const Piece& piece, std::string& out);

    // The stream ended properly (StreamReader::ended_properly()): what a translation still owes the client,
    // if anything.
    void end(std::string& out);
    // The stream failed after its content began: the dialect's error event. Then abort the transfer.
    void write_error(const ClientError& error, std::string& out);
    // We end a running answer at a hard limit: finish reason length (max_tokens, incomplete …), `usage` as
    // counted so far, and the dialect's last word. The transfer ends cleanly.
    void write_cut(const StreamReader& reader, const Usage& usage, std::string& out);
    // A comment (or nothing, in NDJSON) that keeps the connection warm while the upstream thinks.
    static std::string_view keep_alive(Dialect client);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace nightshift::gateway
