#pragma once

#include "gateway/dialects/stream_facts.h"
#include "gateway/dialects/translate/delta.h"

namespace nightshift::gateway {

// One stream from one dialect into another: chat, messages and Ollama's chat, any to any.
class StreamTranslator {
public:
    StreamTranslator(Dialect from, Dialect to, const AnswerOptions& options);
    StreamTranslator(const StreamTranslator&) = delete;
    StreamTranslator& operator=(const StreamTranslator&) = delete;

    // The client has had the stream so far as the upstream wrote it; from here on we write. Before the first
    // write.
    void take_over(const StreamReader& reader);
    Result<void> write(const Piece& piece, std::string& out);
    // What is owed at a proper end; nothing when it has been written.
    void end(std::string& out);
    void cut(const Usage& usage, std::string& out);

private:
    void begin();
    void write_upstream_error(std::string_view json, std::string& out);

    Dialect from_;
    Dialect to_;
    std::string model_;
    std::string made_up_id_;
    StreamFacts facts_;
    translate::DeltaReader reader_;
    translate::Outgoing outgoing_;
    std::unique_ptr<translate::DeltaWriter> writer_;
    std::string event_buffer_;
    bool is_ended_ = false;
};

}  // namespace nightshift::gateway
