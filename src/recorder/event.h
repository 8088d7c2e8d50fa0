#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nightshift::recorder {

// What an event is. The numbers are on disk: never reuse one.
enum class Kind : uint8_t {
    kLog = 0,
    kSession = 1,  // a session starts, ends or changes state; `name` says which
    kTurn = 2,     // one round of an agent: an invocation that contains model and tool calls
    kModelCall = 3,
    kToolCall = 4,
    kRetrieval = 5,
    kApproval = 6,  // waiting for a person, and the answer
    kHook = 7,
    kWorkflow = 8,
    kMessage = 9,  // something said to or by an agent
    kSample = 10,  // a measurement; `value` holds it
    kJob = 11,     // scheduled work ran somewhere (OpenClaw cron)
};

enum class Status : uint8_t { kUnset = 0, kOk = 1, kError = 2, kTimeout = 3, kCancelled = 4, kRunning = 5 };

enum class CostSource : uint8_t { kNone = 0, kReported = 1, kPriced = 2 };

std::string_view to_string(Kind kind);
std::string_view to_string(Status status);
std::string_view to_string(CostSource source);

// One fact with a time. Views point into the batch that holds the event.
//
// Tokens are set only on the event that is the signal of record for its model call; the same call seen in
// another signal carries none, so that a sum over all events is the truth. `input_tokens` includes what was
// read from and written to caches.
struct Event {
    int64_t time_us = 0;       // start, Unix microseconds
    int64_t duration_us = -1;  // -1: an instant, or not known yet
    int64_t ttft_us = -1;      // time to first token; -1: not known
    Kind kind = Kind::kLog;
    Status status = Status::kUnset;
    CostSource cost_source = CostSource::kNone;
    bool simulated = false;

    std::string_view tenant;
    std::string_view
        id;  // idempotency: a second event of this tenant and id is dropped; empty: derived from content
    std::string_view source;  // who told us: "otlp/claude-code", "openclaw/<name>", "api"
    std::string_view host;
    std::string_view agent;
    std::string_view session;
    std::string_view parent_session;
    std::string_view turn;   // run or prompt id inside the session
    std::string_view trace;  // lower-case hex, 32 digits, or empty
    std::string_view span;   // lower-case hex, 16 digits, or empty
    std::string_view parent_span;
    std::string_view name;  // tool, model operation, log event name
    std::string_view provider;
    std::string_view model;
    std::string_view error_type;  // a class like "rate_limit", never a sentence
    std::string_view signature;   // tool calls: hash of canonical arguments, 16 hex digits; empty: not known
    std::string_view result_signature;  // tool calls: hash of the kind of result; empty: not known

    uint64_t input_tokens = 0;  // with caches
    uint64_t cache_read_tokens = 0;
    uint64_t cache_write_tokens = 0;
    uint64_t output_tokens = 0;  // with reasoning
    uint64_t reasoning_tokens = 0;
    int64_t cost_nano_usd = 0;
    double value = 0;       // kSample
    uint64_t sequence = 0;  // the source's own order, 0: none

    std::string_view attributes;  // a JSON object with the rest, redacted; "" is {}
    std::string_view
        content;  // a JSON object with prompt, output or tool content; kept apart, and only if configured
};

// Events that travel together, with the memory their views point into. Built by one thread, then shared as
// const.
class EventBatch {
public:
    EventBatch() = default;
    EventBatch(EventBatch&&) = default;
    EventBatch& operator=(EventBatch&&) = default;

    // Copies `text` into the batch; the view lives as long as the batch.
    std::string_view keep(std::string_view text);
    // Keeps `buffer` alive as long as the batch, so that views may point into it without a copy.
    void adopt(std::shared_ptr<const std::string> buffer);

    std::vector<Event> events;
    // Whether somebody waits to hear that they are on disk. If not, writing them interrupts nobody.
    bool is_awaited = true;
    // Whether its sender may send it again: then its ids are remembered, and what comes again is dropped.
    bool may_repeat = true;

    // Bytes of text held, for queue budgets.
    size_t bytes() const { return bytes_; }

private:
    std::vector<std::string> blocks_;  // each larger than a small string, so that its text never moves
    std::vector<std::shared_ptr<const std::string>> buffers_;
    size_t block_used_ = 0;
    size_t bytes_ = 0;
};

}  // namespace nightshift::recorder
