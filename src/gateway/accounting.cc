#include "gateway/accounting.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/redact.h"
#include "base/text.h"

namespace nightshift::gateway {
namespace {

recorder::Status status_of(ErrorClass error_class) {
    using enum ErrorClass;
    switch (error_class) {
        case kNone:
            return recorder::Status::kOk;
        case kClientGone:
            return recorder::Status::kCancelled;
        case kConnectTimeout:
        case kFirstTokenTimeout:
        case kIdleTimeout:
        case kTotalTimeout:
            return recorder::Status::kTimeout;
        default:
            return recorder::Status::kError;
    }
}

// "chat" and so on, as OpenTelemetry's GenAI conventions name operations.
std::string_view operation(Dialect dialect) {
    return dialect == Dialect::kEmbeddings ? "embeddings" : "chat";
}

class Members {
public:
    explicit Members(std::string& out) : out_(out) { out_ += '{'; }
    void text(std::string_view name, std::string_view value) {
        if (value.empty()) return;
        start(name);
        append_json_string(out_, value);
    }
    void number(std::string_view name, int64_t value) {
        start(name);
        out_ += fmt::format_int(value).c_str();
    }
    void flag(std::string_view name, bool value) {
        if (!value) return;
        start(name);
        out_ += "true";
    }
    void end() { out_ += '}'; }

private:
    void start(std::string_view name) {
        if (!is_first_) out_ += ',';
        is_first_ = false;
        out_ += '"';
        out_ += name;
        out_ += "\":";
    }
    std::string& out_;
    bool is_first_ = true;
};

std::string attributes_of(const Caller& caller, const AttemptRecord& record) {
    std::string out;
    out.reserve(384);
    Members members(out);
    members.text("request_id", caller.request_id);
    members.text("route", record.route);
    if (record.asked_model != record.route) members.text("asked_model", record.asked_model);
    members.text("dialect", to_string(record.dialect));
    members.number("target", static_cast<int64_t>(record.target));
    members.number("key", static_cast<int64_t>(record.key));
    members.number("attempt", record.number);
    if (record.status != 0) members.number("http_status", record.status);
    members.text("error_code", record.error_code);
    members.text("fallback_reason", record.why);
    members.text("response_id", record.response_id);
    if (record.answered_model != record.model) members.text("answered_model", record.answered_model);
    members.text("finish", to_string(record.finish));
    members.text("team", caller.team);
    members.flag("stream", record.is_stream);
    members.flag("committed", record.is_committed);
    members.flag("cut_by_limit", record.was_cut);
    members.flag("failed", record.error_class != ErrorClass::kNone);
    members.flag("usage_estimated", record.usage.is_estimated);
    if (record.overhead.count() >= 0) members.number("overhead_us", record.overhead.count());
    members.end();
    return out;
}

uint64_t count(int64_t tokens) {
    return static_cast<uint64_t>(std::max<int64_t>(tokens, 0));
}

}  // namespace

int64_t cost_nano_usd(const PriceSpec& price, const Usage& usage) {
    const int64_t cached = usage.cache_read + usage.cache_write;
    const int64_t plain = std::max<int64_t>(usage.input - cached, 0);
    const int64_t reasoning = price.reasoning < 0 ? 0 : std::min(usage.reasoning, usage.output);
    const double millionths = static_cast<double>(plain) * price.input +
                              static_cast<double>(usage.cache_read) * price.cache_read +
                              static_cast<double>(usage.cache_write) * price.cache_write +
                              static_cast<double>(usage.output - reasoning) * price.output +
                              static_cast<double>(reasoning) * std::max(price.reasoning, 0.0);
    return std::llround(millionths *
                        1e3);  // a dollar per million tokens is a thousand nano-dollars per token
}

void append_event(recorder::EventBatch& batch, const Caller& caller, const AttemptRecord& record) {
    recorder::Event event;
    event.time_us = unix_us(record.started);
    event.duration_us = record.took.count();
    event.ttft_us = record.first_token.count();
    event.kind = recorder::Kind::kModelCall;
    event.status = status_of(record.error_class);
    event.tenant = batch.keep(caller.tenant);
    event.id = batch.keep(fmt::format("gw/{}/{}/{}", caller.request_id, record.span, record.number));
    event.source = "gateway";
    event.agent = batch.keep(caller.agent);
    event.session = batch.keep(caller.session);
    event.trace = batch.keep(caller.trace);
    event.span = batch.keep(record.span);
    event.parent_span = batch.keep(caller.parent_span);
    event.name = operation(record.dialect);
    event.provider = batch.keep(record.provider);
    event.model = batch.keep(record.model);
    if (record.error_class != ErrorClass::kNone) event.error_type = to_string(record.error_class);
    event.input_tokens = count(record.usage.input);
    event.output_tokens = count(record.usage.output);
    event.cache_read_tokens = count(record.usage.cache_read);
    event.cache_write_tokens = count(record.usage.cache_write);
    event.reasoning_tokens = count(record.usage.reasoning);
    event.cost_nano_usd = record.cost_nano_usd;
    event.cost_source = record.is_priced ? recorder::CostSource::kPriced : recorder::CostSource::kNone;
    event.attributes = batch.keep(attributes_of(caller, record));
    batch.events.push_back(event);
}

void append_warning(recorder::EventBatch& batch, const Caller& caller, const LimitCounter& counter,
                    int percent, Time now) {
    recorder::Event event;
    event.time_us = unix_us(now);
    event.kind = recorder::Kind::kLog;
    event.status = recorder::Status::kOk;
    event.tenant = batch.keep(caller.tenant);
    event.id = batch.keep(fmt::format("gw/limit/{}/{}/{}/{}", counter.spec().name, counter.subject(),
                                      unix_us(counter.start()), percent));
    event.source = "gateway";
    event.agent = batch.keep(caller.agent);
    event.session = batch.keep(caller.session);
    event.name = "budget_threshold";
    std::string attributes;
    Members members(attributes);
    members.text("limit", counter.spec().name);
    members.text("subject", counter.subject());
    members.text("window", to_string(counter.spec().window));
    members.number("percent", percent);
    members.number("tokens", counter.used().tokens);
    members.number("requests", counter.used().requests);
    members.number("nano_usd", counter.used().nano_usd);
    members.end();
    event.attributes = batch.keep(attributes);
    batch.events.push_back(event);
}

void append_loop(recorder::EventBatch& batch, const Caller& caller, const LoopEvidence& evidence,
                 LoopAction action, Time now) {
    recorder::Event event;
    event.time_us = unix_us(now);
    event.kind = recorder::Kind::kLog;
    event.status = recorder::Status::kError;
    event.tenant = batch.keep(caller.tenant);
    event.id = batch.keep(fmt::format("gw/loop/{}", caller.request_id));
    event.source = "gateway";
    event.agent = batch.keep(caller.agent);
    event.session = batch.keep(caller.session);
    event.trace = batch.keep(caller.trace);
    event.name = "loop_seen";
    event.error_type = "loop";
    std::string attributes;
    Members members(attributes);
    members.text("kind", to_string(evidence.kind));
    members.text("action", to_string(action));
    members.number("count", static_cast<int64_t>(evidence.count));
    members.text("score", fmt::format("{:.2f}", evidence.score));
    members.text("signature", evidence.signature);
    members.text("what", Redactor().redact(explain(evidence)));
    members.text("request_id", caller.request_id);
    members.end();
    event.attributes = batch.keep(attributes);
    batch.events.push_back(event);
}

Ledger::Ledger(io::Loop& loop, Sink sink) : sink_(std::move(sink)), alarm_(loop, [this] { flush(); }) {}

void Ledger::add(const Caller& caller, const AttemptRecord& record) {
    if (batch_ == nullptr) batch_ = std::make_shared<recorder::EventBatch>();
    append_event(*batch_, caller, record);
    added();
}

void Ledger::add_warning(const Caller& caller, const LimitCounter& counter, int percent, Time now) {
    if (batch_ == nullptr) batch_ = std::make_shared<recorder::EventBatch>();
    append_warning(*batch_, caller, counter, percent, now);
    added();
}

void Ledger::add_loop(const Caller& caller, const LoopEvidence& evidence, LoopAction action, Time now) {
    if (batch_ == nullptr) batch_ = std::make_shared<recorder::EventBatch>();
    append_loop(*batch_, caller, evidence, action, now);
    added();
}

void Ledger::added() {
    if (batch_->events.size() >= kEventsMax) return flush();
    if (!alarm_.is_set()) alarm_.set(std::chrono::steady_clock::now() + kDelay);
}

void Ledger::flush() {
    if (batch_ == nullptr) return;
    sink_(std::exchange(batch_, nullptr));
}

}  // namespace nightshift::gateway
