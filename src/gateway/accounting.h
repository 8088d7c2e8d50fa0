#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "gateway/caller.h"
#include "gateway/dialects/answer.h"
#include "gateway/limit_counter.h"
#include "gateway/loops.h"
#include "gateway/settings.h"
#include "io/loop.h"
#include "live/alarm.h"
#include "recorder/counted_calls.h"
#include "recorder/event.h"

namespace nightshift::gateway {

// What one attempt was and how it ended: one event each.
struct AttemptRecord {
    std::string_view route;
    std::string_view asked_model;
    std::string_view provider;
    std::string_view model;  // as asked of the provider
    size_t target = 0;
    size_t key = 0;
    int number = 1;  // of the call's attempts
    Dialect dialect = Dialect::kChat;
    bool is_stream = false;
    bool is_committed = false;  // its answer, or a part of it, reached the client
    bool was_cut = false;       // by a limit of ours
    bool is_probe = false;      // our own: no agent asked
    ErrorClass error_class = ErrorClass::kNone;
    int status = 0;  // of the upstream's answer; 0: none
    std::string_view error_code;
    std::string_view why;  // the failure before, for which this attempt was made; "" for the first
    std::string_view response_id;
    std::string_view answered_model;
    std::string_view span;
    Finish finish = Finish::kNone;
    Usage usage;
    int64_t cost_nano_usd = 0;
    bool is_priced = false;
    std::string_view price_version;  // of what it was priced by
    int64_t input_estimate = 0;
    Time started;
    std::chrono::microseconds took{0};
    std::chrono::microseconds first_token{-1};  // of a stream
    std::chrono::microseconds overhead{-1};     // ours; of the whole call, on its last attempt
};

// What it costs, in billionths of a dollar. Prices are per million tokens; cached input has its own.
int64_t cost_nano_usd(const PriceSpec& price, const Usage& usage);

// A limit's soft threshold was crossed.
void append_warning(recorder::EventBatch& batch, const Caller& caller, const LimitCounter& counter,
                    int percent, Time now);

// A caller repeats itself; what it repeats is written without secrets.
void append_loop(recorder::EventBatch& batch, const Caller& caller, const LoopEvidence& evidence,
                 LoopAction action, Time now);

// Turns a record into a canonical event inside `batch`.
void append_event(recorder::EventBatch& batch, const Caller& caller, const AttemptRecord& record);

// Gathers the events of one loop and hands them on together, after kDelay or when there are kEventsMax. Used
// and destroyed on its loop, or after it has stopped.
class Ledger {
public:
    using Sink = std::function<void(std::shared_ptr<recorder::EventBatch>)>;
    static constexpr std::chrono::milliseconds kDelay{10};
    static constexpr size_t kEventsMax = 512;

    // `counted` may be null.
    Ledger(io::Loop& loop, Sink sink, recorder::CountedCalls* counted);
    void add(const Caller& caller, const AttemptRecord& record);
    void add_warning(const Caller& caller, const LimitCounter& counter, int percent, Time now);
    void add_loop(const Caller& caller, const LoopEvidence& evidence, LoopAction action, Time now);
    void flush();

private:
    recorder::EventBatch& batch();
    void added();

    Sink sink_;
    recorder::CountedCalls* counted_;
    live::Alarm alarm_;
    std::shared_ptr<recorder::EventBatch> batch_;
};

}  // namespace nightshift::gateway
