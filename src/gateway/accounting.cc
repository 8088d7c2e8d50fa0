#include "gateway/accounting.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>

#include "base/json_members.h"
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

// How fast a stream's tokens came once they came; of a whole answer, all of them in all of its time.
std::optional<double> tokens_per_s(const AttemptRecord& record) {
    const bool has_first = record.first_token.count() >= 0;
    const std::chrono::duration<double> time =
        has_first ? record.took - record.first_token : std::chrono::microseconds(record.took);
    const int64_t tokens = record.usage.output - (has_first ? 1 : 0);
    const bool is_known = tokens > 0 && time.count() > 0 && record.is_stream == has_first;
    if (!is_known) return std::nullopt;
    return std::round(static_cast<double>(tokens) / time.count() * 10) / 10;
}

std::string attributes_of(const Caller& caller, const AttemptRecord& record) {
    std::string out;
    out.reserve(384);
    JsonMembers members(out);
    members.text_if("request_id", caller.request_id);
    members.text_if("route", record.route);
    if (record.asked_model != record.route) members.text_if("asked_model", record.asked_model);
    members.text_if("dialect", to_string(record.dialect));
    members.integer("target", static_cast<int64_t>(record.target));
    members.integer("key", static_cast<int64_t>(record.key));
    members.integer("attempt", record.number);
    if (record.status != 0) members.integer("http_status", record.status);
    members.text_if("error_code", record.error_code);
    members.text_if("fallback_reason", record.why);
    members.text_if("response_id", record.response_id);
    if (record.answered_model != record.model) members.text_if("answered_model", record.answered_model);
    members.text_if("finish", to_string(record.finish));
    if (record.is_priced) members.text_if("price_version", record.price_version);
    members.text_if("team", caller.team);
    members.flag("probe", record.is_probe);
    members.flag("stream", record.is_stream);
    members.flag("committed", record.is_committed);
    members.flag("cut_by_limit", record.was_cut);
    members.flag("failed", record.error_class != ErrorClass::kNone);
    members.flag("usage_estimated", record.usage.is_estimated);
    if (auto rate = tokens_per_s(record)) members.number("tokens_per_s", *rate);
    if (record.overhead.count() >= 0) members.integer("overhead_us", record.overhead.count());
    members.close();
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
    std::string id = "gw/";
    id += caller.request_id;  // the client's own may come twice, the span does not
    id += '/';
    id += record.span;
    event.id = batch.keep(id);
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
    JsonMembers members(attributes);
    members.text_if("limit", counter.spec().name);
    members.text_if("subject", counter.subject());
    members.text_if("window", to_string(counter.spec().window));
    members.integer("percent", percent);
    members.integer("tokens", counter.used().tokens);
    members.integer("requests", counter.used().requests);
    members.integer("nano_usd", counter.used().nano_usd);
    members.close();
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
    JsonMembers members(attributes);
    members.text_if("kind", to_string(evidence.kind));
    members.text_if("action", to_string(action));
    members.integer("count", static_cast<int64_t>(evidence.count));
    members.text_if("score", fmt::format("{:.2f}", evidence.score));
    members.text_if("signature", evidence.signature);
    members.text_if("what", Redactor().redact(explain(evidence)));
    members.text_if("request_id", caller.request_id);
    members.close();
    event.attributes = batch.keep(attributes);
    batch.events.push_back(event);
}

Ledger::Ledger(io::Loop& loop, Sink sink, recorder::CountedCalls* counted)
    : sink_(std::move(sink)), counted_(counted), alarm_(loop, [this] { flush(); }) {}

recorder::EventBatch& Ledger::batch() {
    if (batch_ == nullptr) {
        batch_ = std::make_shared<recorder::EventBatch>();
        batch_->is_awaited = false;  // and the next calls must not be interrupted for it
        batch_->may_repeat = false;
    }
    return *batch_;
}

void Ledger::add(const Caller& caller, const AttemptRecord& record) {
    append_event(batch(), caller, record);
    // At once: the caller may tell of its call before these events are on disk.
    if (counted_ != nullptr && record.is_committed) counted_->add(batch_->events.back());
    added();
}

void Ledger::add_warning(const Caller& caller, const LimitCounter& counter, int percent, Time now) {
    append_warning(batch(), caller, counter, percent, now);
    added();
}

void Ledger::add_loop(const Caller& caller, const LoopEvidence& evidence, LoopAction action, Time now) {
    append_loop(batch(), caller, evidence, action, now);
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
