#include <algorithm>

#include "ingest/dialects/common.h"

// OpenClaw's diagnostics plugin. The metrics openclaw.tokens and openclaw.cost.usd are the record (the span
// model.usage repeats them); spans name no session, the WebSocket bridge does that better.
namespace nightshift::ingest::dialects {
namespace {

constexpr std::string_view kPrefix = "openclaw.";

void map_names(Attributes& attributes, recorder::Event& event) {
    event.provider = first_of(attributes.take(Key::kClawProvider), attributes.take(Key::kProvider));
    event.model = first_of(attributes.take(Key::kClawModel), attributes.text(Key::kRequestModel));
    attributes.drop(Key::kRequestModel);
    attributes.drop(Key::kProvider);
}

Status outcome_status(std::string_view outcome, Status otherwise) {
    if (outcome == "completed" || outcome == "ok" || outcome == "success") return Status::kOk;
    if (outcome == "timeout" || outcome == "timed_out") return Status::kTimeout;
    if (outcome == "aborted" || outcome == "cancelled") return Status::kCancelled;
    if (outcome == "error" || outcome == "failed") return Status::kError;
    return otherwise;
}

void map_span(const Context&, otlp::SpanView& span, Draft& draft) {
    Attributes& attributes = span.attributes;
    recorder::Event& event = draft.event;
    set_span_status(span, event);
    event.status = outcome_status(attributes.take(Key::kClawOutcome), event.status);
    if (event.error_type.empty()) event.error_type = attributes.take(Key::kClawError);
    map_names(attributes, event);
    std::string_view name = span.name.starts_with(kPrefix) ? span.name.substr(kPrefix.size()) : span.name;
    event.name = name;
    if (name == "run") {
        event.kind = Kind::kTurn;
    } else if (name == "model.call") {
        event.kind = Kind::kModelCall;
        event.name = first_of(attributes.take(Key::kOperation), "chat");
        set_first_token_ms(event, attributes.take_number(Key::kClawFirstByteMs));
    } else if (name == "tool.execution") {
        event.kind = Kind::kToolCall;
        event.name =
            first_of(attributes.take(Key::kClawTool), first_of(attributes.text(Key::kToolName), name));
        attributes.drop(Key::kToolName);
    } else if (name == "message.processed" || name == "message.delivery") {
        event.kind = Kind::kMessage;
    } else {
        event.kind =
            Kind::kWorkflow;  // harness.run, exec, context.assembled, model.usage, liveness.warning, ...
    }
}

// Each kind of token is its own point. "prompt" and "total" are sums of the others.
void set_tokens(recorder::Event& event, std::string_view token, uint64_t count) {
    if (token == "input") {
        event.input_tokens = count;
    } else if (token == "output") {
        event.output_tokens = count;
    } else if (token == "cache_read") {
        event.input_tokens = event.cache_read_tokens = count;
    } else if (token == "cache_write") {
        event.input_tokens = event.cache_write_tokens = count;
    }
}

void map_point(const Context& context, otlp::PointView& point, Draft& draft) {
    map_plain_point(context, point, draft);
    recorder::Event& event = draft.event;
    map_names(point.attributes, event);
    const bool is_count = point.type == otlp::PointType::kSum && point.value > 0;
    if (point.metric == "openclaw.tokens" && is_count) {
        set_tokens(event, point.attributes.text(Key::kClawToken),
                   static_cast<uint64_t>(std::min(point.value, 1e15)));
    } else if (point.metric == "openclaw.cost.usd" && is_count) {
        set_cost_usd(event, point.value);
    }
}

void map_log(const Context& context, otlp::LogView& log, Draft& draft) {
    map_plain_log(context, log, draft);
    map_names(log.attributes, draft.event);
}

}  // namespace

const Dialect kOpenClaw = {"otlp/openclaw", map_span, map_log, map_point};

}  // namespace nightshift::ingest::dialects
