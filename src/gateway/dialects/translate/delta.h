#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/dialects/dialect.h"

// A stream in no dialect's words: what one frame adds, and who writes it down.
namespace nightshift::gateway::translate {

struct Delta {
    enum class Kind {
        kText,
        kReasoning,
        kCall,       // a tool call begins: id and name
        kArguments,  // more of its arguments
    };
    Kind kind = Kind::kText;
    std::string text;
    size_t call = 0;  // which of the answer's calls, from 0
    std::string id;
    std::string name;
};

// Reads one stream's frames (their JSON, not their SSE lines) in order. kCorrupt on JSON of another shape.
class DeltaReader {
public:
    explicit DeltaReader(Dialect dialect) : dialect_(dialect) {}
    Result<std::vector<Delta>> read(std::string_view json);

private:
    Dialect dialect_;
    std::vector<int64_t> calls_;  // the upstream's index of each call
};

// What every frame of an answer says, and what its writer starts from.
struct Outgoing {
    std::string id;
    std::string model;
    int64_t created_s = 0;
    int64_t input_tokens = 0;  // as far as known when the answer begins
    bool wants_usage = false;
    bool has_begun = false;             // the client has the head of the answer
    std::optional<int64_t> open_block;  // kMessages, when it has begun
};

// Writes frames of one dialect, three implementations. `outgoing` outlives it.
class DeltaWriter {
public:
    virtual ~DeltaWriter() = default;
    // kCorrupt when the dialect cannot hold it there.
    virtual Result<void> write(const Delta& delta, std::string& out) = 0;
    // The end and the dialect's last word.
    virtual void finish(Finish finish, const Usage& usage, std::string& out) = 0;
};

std::unique_ptr<DeltaWriter> make_chat_writer(Outgoing& outgoing);
std::unique_ptr<DeltaWriter> make_messages_writer(Outgoing& outgoing);
std::unique_ptr<DeltaWriter> make_ollama_writer(Outgoing& outgoing);

}  // namespace nightshift::gateway::translate
