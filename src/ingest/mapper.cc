#include "ingest/mapper.h"

#define XXH_INLINE_ALL
#include <fmt/core.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <unordered_map>

#include "base/text.h"
#include "ingest/limits.h"
#include "ingest/otlp/json_text.h"
#include "recorder/signature.h"

namespace nightshift::ingest {
namespace {

using otlp::Key;
using recorder::Event;
using recorder::Kind;
using recorder::Status;

constexpr size_t kTraceBytes = 16;
constexpr size_t kSpanBytes = 8;

uint64_t hash_of(std::string_view text, uint64_t seed = 0) {
    return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}

bool is_id(std::string_view id, size_t size) {
    return id.size() == size && id.find_first_not_of('\0') != std::string_view::npos;
}

// Of a resource's attributes only what tells machines, deployments and owners apart is repeated in every
// event.
bool is_noise(std::string_view key) {
    constexpr std::string_view kFamilies[] = {"telemetry.", "process.", "os.", "host.", "webengine."};
    auto has = [&](std::string_view family) { return key.starts_with(family); };
    return std::any_of(std::begin(kFamilies), std::end(kFamilies), has);
}

std::string_view text_of(const otlp::Attributes& attributes, std::initializer_list<Key> keys) {
    for (Key key : keys) {
        std::string_view text = attributes.text(key);
        if (!text.empty()) return text;
    }
    return {};
}

int64_t span_duration_us(const otlp::SpanView& span) {
    if (span.end_ns == 0) return -1;
    if (span.end_ns < span.start_ns) return 0;
    return std::min(static_cast<int64_t>((span.end_ns - span.start_ns) / 1000), limits::kDurationMaxUs);
}

}  // namespace

Mapper::Mapper(const MapperParts& parts, std::string_view tenant, Time now, std::string_view adopted,
               recorder::EventBatch& batch)
    : parts_(parts),
      now_(now),
      adopted_(adopted),
      batch_(batch),
      tenant_(batch.keep(tenant)),
      json_(parts.redactor, limits::kAttributesBytesMax),
      content_(parts.redactor, limits::kContentBytesMax) {}

void Mapper::reject(std::string reason) {
    if (counts_.rejected++ == 0) counts_.reason = std::move(reason);
}

bool Mapper::has_room(size_t records_max) {
    if (counts_.accepted < records_max) return true;
    reject(fmt::format("one request may hold {} records; send the rest in another", records_max));
    return false;
}

std::string_view Mapper::hex(std::string_view id) {
    constexpr char kDigits[] = "0123456789abcdef";
    char digits[2 * kTraceBytes];
    for (size_t i = 0; i < id.size(); ++i) {
        digits[2 * i] = kDigits[static_cast<uint8_t>(id[i]) >> 4];
        digits[2 * i + 1] = kDigits[static_cast<uint8_t>(id[i]) & 15];
    }
    return batch_.keep({digits, 2 * id.size()});
}

std::string_view Mapper::clean(std::string_view text, Memo& memo) {
    if (text.empty()) return {};
    if (text == memo) return memo;
    const bool is_adopted =
        text.data() >= adopted_.data() && text.data() + text.size() <= adopted_.data() + adopted_.size();
    const bool is_plain = text.size() <= limits::kColumnBytesMax && otlp::is_plain_ascii(text) &&
                          !parts_.redactor.may_hold_secret(text);
    if (is_plain) {
        memo = is_adopted ? text : batch_.keep(text);
        return memo;
    }
    std::string valid = to_valid_utf8(truncate_utf8(text, limits::kColumnBytesMax));
    return batch_.keep(truncate_utf8(parts_.redactor.redact(valid), limits::kColumnBytesMax));
}

void Mapper::resource(otlp::ResourceView& resource) {
    resource_ = &resource;
    otlp::Attributes& attributes = resource.attributes;
    Memo none;
    host_ = clean(attributes.text(Key::kHostName), none);
    is_simulated_ = attributes.boolean(Key::kSimulated).value_or(false);
    resource_agent_ =
        text_of(attributes, {Key::kAgentId, Key::kGenAiAgentName, Key::kGenAiAgentId, Key::kAgentName});
    std::string_view service = attributes.text(Key::kServiceName);
    const bool is_named = !service.empty() && !service.starts_with("unknown_service");
    std::string fallback(is_named ? service : std::string_view("unknown"));
    if (!host_.empty()) fallback.append("@").append(host_);
    Memo kept;
    fallback_agent_ = clean(batch_.keep(fallback), kept);

    resource_hash_ = hash_of(fallback);
    json_.begin();
    for (const otlp::Attribute& attribute : attributes.items()) {
        resource_hash_ += hash_of(attribute.value.text, hash_of(attribute.key));
        const bool is_column = attribute.known == Key::kHostName || attribute.known == Key::kSimulated ||
                               attribute.known == Key::kAgentId;
        if (is_column || is_noise(attribute.key) || otlp::is_content(attribute.known)) continue;
        json_.add(attribute.key, attribute.value);
    }
    resource_members_ = json_.members();
}

void Mapper::scope(const otlp::ScopeView& scope) {
    scope_ = scope;
}

void Mapper::start(const dialects::Dialect& dialect) {
    dialect_ = &dialect;
    draft_.reset();
    Event& event = draft_.event;
    event.tenant = tenant_;
    event.source = dialect.source;
    event.host = host_;
    event.simulated = is_simulated_;
    is_clamped_ = false;
}

void Mapper::set_time(uint64_t time_ns) {
    const int64_t now_us = unix_us(now_);
    const auto time_us = static_cast<int64_t>(time_ns / 1000);
    is_clamped_ = time_us < limits::kPastMinUs || time_us > now_us + limits::kFutureMaxUs;
    draft_.event.time_us = is_clamped_ ? now_us : time_us;
}

void Mapper::set_identity(otlp::Attributes& attributes) {
    Event& event = draft_.event;
    const bool is_agent = dialect_ != &dialects::kGeneric;
    if (event.agent.empty()) event.agent = attributes.take(Key::kAgentId);
    if (event.agent.empty()) event.agent = resource_agent_;
    for (Key key : {Key::kGenAiAgentName, Key::kGenAiAgentId, Key::kAgentName, Key::kClawAgent}) {
        if (event.agent.empty()) event.agent = attributes.take(key);
    }
    if (event.agent.empty() && is_agent) event.agent = fallback_agent_;

    std::string_view conversation = attributes.take(Key::kConversation);
    std::string_view session = attributes.text(Key::kSession);
    if (conversation.empty() || conversation == session) attributes.drop(Key::kSession);
    if (event.session.empty()) event.session = conversation.empty() ? session : conversation;
    if (event.session.empty()) event.session = attributes.take(Key::kClawSession);
    const bool is_work =
        event.kind == Kind::kTurn || event.kind == Kind::kModelCall || event.kind == Kind::kToolCall;
    if (event.session.empty() && is_agent && is_work) event.session = event.trace;
    if (event.parent_session.empty()) event.parent_session = attributes.take(Key::kParentSession);

    if (event.turn.empty()) event.turn = attributes.take(Key::kTurn);
    if (event.turn.empty() && is_agent) {
        event.turn = event.trace.empty() ? attributes.take(Key::kPrompt) : event.trace;
    }
}

void Mapper::set_tool_call() {
    Event& event = draft_.event;
    if (event.kind != Kind::kToolCall) return;
    if (!draft_.arguments.empty()) {
        event.signature = batch_.keep(recorder::call_signature(event.name, draft_.arguments).view());
    }
    if (event.status != Status::kUnset && event.status != Status::kRunning) {
        const recorder::CallResult result = {event.status, event.error_type, draft_.output,
                                             draft_.output_bytes};
        event.result_signature = batch_.keep(recorder::result_signature(result).view());
    }
}

void Mapper::set_price() {
    Event& event = draft_.event;
    const bool has_tokens = event.input_tokens + event.output_tokens > 0;
    if (event.kind != Kind::kModelCall || event.cost_source != recorder::CostSource::kNone || !has_tokens)
        return;
    if (event.model != priced_model_) {
        priced_model_ = event.model;
        price_ = parts_.pricing.find(event.model);
    }
    if (price_ == nullptr) return;
    const TokenCounts tokens = {event.input_tokens, event.cache_read_tokens, event.cache_write_tokens,
                                event.output_tokens};
    event.cost_nano_usd = cost_nano_usd(*price_, tokens);
    event.cost_source = recorder::CostSource::kPriced;
}

void Mapper::clean_columns() {
    Event& event = draft_.event;
    event.agent = clean(event.agent, agent_);
    event.session = clean(event.session, session_);
    event.parent_session = clean(event.parent_session, parent_session_);
    event.turn = clean(event.turn, turn_);
    event.name = clean(event.name, name_);
    event.provider = clean(event.provider, provider_);
    event.model = clean(event.model, model_);
    event.error_type = clean(event.error_type, error_);
}

bool Mapper::repeats_resource(const otlp::Attribute& attribute) const {
    for (const otlp::Attribute& known : resource_->attributes.items()) {
        if (known.key == attribute.key) return known.value.text == attribute.value.text;
    }
    return false;
}

void Mapper::start_attributes(const otlp::Attributes& attributes) {
    json_.begin(resource_members_);
    for (const otlp::Attribute& attribute : attributes.items()) {
        if (attribute.is_taken || otlp::is_content(attribute.known) || repeats_resource(attribute)) continue;
        json_.add(attribute.key, attribute.value);
    }
    const Event& event = draft_.event;
    if (event.kind == Kind::kToolCall)
        json_.add_text("call", recorder::call_text(event.name, draft_.arguments));
    if (is_clamped_) json_.add_text("clock", "clamped");
}

void Mapper::finish_attributes() {
    draft_.event.attributes = batch_.keep(json_.finish());
}

void Mapper::keep_content(const otlp::Attributes& attributes, const otlp::Value* body) {
    if (!parts_.keep_content) return;
    content_.begin();
    if (body != nullptr) content_.add("body", *body);
    for (const otlp::Attribute& attribute : attributes.items()) {
        if (otlp::is_content(attribute.known)) content_.add(attribute.key, attribute.value);
    }
    draft_.event.content = batch_.keep(content_.finish());
}

void Mapper::push() {
    batch_.events.push_back(draft_.event);
    ++counts_.accepted;
}

void Mapper::span(otlp::SpanView& span) {
    if (!has_room(limits::kRecordsMax)) return;
    if (!is_id(span.trace_id, kTraceBytes)) {
        return reject(fmt::format("a span has a trace id of {} bytes; 16 that are not all zero are needed",
                                  span.trace_id.size()));
    }
    if (!is_id(span.span_id, kSpanBytes)) {
        return reject(fmt::format("a span has a span id of {} bytes; 8 that are not all zero are needed",
                                  span.span_id.size()));
    }
    const dialects::Context context = {*resource_, scope_};
    start(dialects::select_span(context, span));
    dialect_->span(context, span, draft_);
    if (draft_.is_filtered) {
        ++counts_.filtered;
        return;
    }
    Event& event = draft_.event;
    set_time(span.start_ns);
    event.duration_us = span_duration_us(span);
    if (event.duration_us < 0 && event.status != Status::kError) event.status = Status::kRunning;
    if (event.ttft_us < 0 && span.first_token_ns > span.start_ns) {
        event.ttft_us = static_cast<int64_t>((span.first_token_ns - span.start_ns) / 1000);
    }
    if (span.trace_id != trace_raw_) {
        trace_hex_ = hex(span.trace_id);
        const auto* bytes = reinterpret_cast<const uint8_t*>(span.trace_id.data());
        std::memcpy(trace_bytes_.data(), bytes, kTraceBytes);
        trace_raw_ = {trace_bytes_.data(), kTraceBytes};
    }
    event.trace = trace_hex_;
    event.span = hex(span.span_id);
    if (is_id(span.parent_span_id, kSpanBytes)) event.parent_span = hex(span.parent_span_id);
    // A retry comes at another time, so an event that got the time of receipt needs an id that does not hold
    // it.
    if (is_clamped_) event.id = batch_.keep(fmt::format("{}-{}", event.trace, event.span));
    set_identity(span.attributes);
    set_tool_call();
    set_price();
    clean_columns();
    start_attributes(span.attributes);
    if (!span.status_message.empty()) json_.add_text("status_message", span.status_message);
    finish_attributes();
    keep_content(span.attributes, nullptr);
    if (draft_.is_mcp) mcp_events_.push_back(static_cast<uint32_t>(batch_.events.size()));
    push();
}

void Mapper::log(otlp::LogView& log) {
    if (!has_room(limits::kRecordsMax)) return;
    const dialects::Context context = {*resource_, scope_};
    start(dialects::select_log(context, log));
    dialect_->log(context, log, draft_);
    if (draft_.is_filtered) {
        ++counts_.filtered;
        return;
    }
    Event& event = draft_.event;
    set_time(log.time_ns != 0 ? log.time_ns : log.observed_ns);
    if (!is_clamped_) event.time_us -= std::min(draft_.starts_before_us, limits::kDurationMaxUs);
    if (is_id(log.trace_id, kTraceBytes)) event.trace = hex(log.trace_id);
    // A log is written inside a span; it is not that span.
    if (is_id(log.span_id, kSpanBytes)) event.parent_span = hex(log.span_id);
    set_identity(log.attributes);
    set_tool_call();
    set_price();
    clean_columns();
    start_attributes(log.attributes);
    const bool is_gen_ai = dialect_ == &dialects::kOtelGenAi;  // their bodies are prompts and answers
    const bool is_name = !event.name.empty() && log.body.text.ends_with(event.name);
    const bool has_message = log.body.type != otlp::Value::Type::kNone && !is_name;
    if (has_message && !is_gen_ai) json_.add("message", log.body);
    if (!log.severity_text.empty()) json_.add_text("severity", log.severity_text);
    if (is_clamped_) {
        event.id = batch_.keep(
            fmt::format("{:016x}", hash_of(json_.members(), hash_of(event.session, hash_of(event.name)))));
    }
    finish_attributes();
    keep_content(log.attributes, has_message && is_gen_ai ? &log.body : nullptr);
    push();
}

uint64_t Mapper::series_of(const otlp::PointView& point) const {
    uint64_t hash = hash_of(tenant_, resource_hash_) + hash_of(point.metric, hash_of(scope_.name));
    for (const otlp::Attribute& attribute : point.attributes.items()) {
        std::string_view text = attribute.value.text;
        const int64_t number = attribute.value.integer;
        // Added up: an exporter may change the order of attributes.
        hash += hash_of(text, hash_of(attribute.key) ^ static_cast<uint64_t>(number));
    }
    return hash;
}

std::optional<double> Mapper::counted_value(otlp::PointView& point) {
    using otlp::PointType;
    const bool is_histogram = point.type == PointType::kHistogram;
    const bool is_counter = is_histogram || (point.type == PointType::kSum && point.is_monotonic);
    if (is_counter && point.temporality == otlp::Temporality::kCumulative) {
        const SeriesState now = {point.start_ns, point.time_ns, is_histogram ? point.sum : point.value,
                                 point.count};
        std::optional<SeriesTable::Undo> undo;
        std::optional<SeriesChange> change = parts_.series.observe(series_of(point), now, undo);
        if (undo) undo_.push_back(*undo);
        if (!change) return std::nullopt;
        point.sum = point.value = change->sum;
        point.count = change->count;
    } else if (is_counter && (is_histogram ? point.count == 0 : point.value == 0)) {
        return std::nullopt;
    }
    double value = point.value;
    if (is_histogram) value = point.count > 0 ? point.sum / static_cast<double>(point.count) : 0;
    return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

void Mapper::point(otlp::PointView& point) {
    if (!has_room(limits::kPointsMax)) return;
    std::optional<double> value = counted_value(point);
    if (!value) {
        ++counts_.accepted;  // understood: nothing was added since the last time
        return;
    }
    const dialects::Context context = {*resource_, scope_};
    start(dialects::select_point(context, point));
    dialect_->point(context, point, draft_);
    Event& event = draft_.event;
    event.value = *value;
    if (dialect_ == &dialects::kOpenClaw && !parts_.count_openclaw_tokens) {
        event.input_tokens = event.output_tokens = event.cache_read_tokens = event.cache_write_tokens = 0;
        event.cost_nano_usd = 0;
        event.cost_source = recorder::CostSource::kNone;
    }
    set_time(point.time_ns);
    set_identity(point.attributes);
    clean_columns();
    start_attributes(point.attributes);
    if (!point.unit.empty()) json_.add_text("unit", point.unit);
    if (point.type == otlp::PointType::kHistogram) {
        json_.add_number("count", static_cast<double>(point.count));
        json_.add_number("sum", point.sum);
    }
    finish_attributes();
    push();
}

// The client of an MCP server and the agent around it may both report one tool call; the outer one stays.
void Mapper::finish() {
    if (mcp_events_.empty()) return;
    std::unordered_map<std::string_view, size_t> calls;
    for (size_t i = 0; i < batch_.events.size(); ++i) {
        if (batch_.events[i].kind == Kind::kToolCall) calls.emplace(batch_.events[i].span, i);
    }
    for (uint32_t position : mcp_events_) {
        Event& inner = batch_.events[position];
        auto outer = calls.find(inner.parent_span);
        if (inner.kind != Kind::kToolCall || outer == calls.end()) continue;
        const Event& call = batch_.events[outer->second];
        if (call.trace != inner.trace || call.name != inner.name || outer->second == position) continue;
        inner.kind = Kind::kWorkflow;
        inner.signature = inner.result_signature = {};
    }
}

}  // namespace nightshift::ingest
