#include "base/text.h"
#include "ingest/dialects/common.h"

// Claude Code. It says each model call three times: the log `api_request` is the record; the metrics and the
// span `llm_request` repeat it. input_tokens leaves the caches out. Tool calls are the log `tool_result`; the
// spans show when they waited for a person.
namespace nightshift::ingest::dialects {
namespace {

constexpr std::string_view kPrefix = "claude_code.";

std::string_view without_prefix(std::string_view name) {
    return name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name;
}

Usage take_usage(Attributes& attributes) {
    Usage usage;
    usage.input = attributes.take_count(Key::kPlainInputTokens);
    usage.output = attributes.take_count(Key::kPlainOutputTokens);
    usage.cache_read = attributes.take_count(Key::kPlainCacheReadTokens).value_or(0);
    usage.cache_write = attributes.take_count(Key::kPlainCacheWriteTokens).value_or(0);
    usage.input_is = Usage::Input::kWithoutCaches;
    return usage;
}

void map_model_names(Attributes& attributes, recorder::Event& event) {
    event.provider = first_of(attributes.take(Key::kProvider), "anthropic");
    event.model = first_of(attributes.take(Key::kRequestModel), attributes.text(Key::kModel));
    attributes.drop(Key::kModel);
}

void map_api_request(Attributes& attributes, Draft& draft) {
    recorder::Event& event = draft.event;
    event.kind = Kind::kModelCall;
    event.name = "chat";
    event.status = Status::kOk;
    map_model_names(attributes, event);
    set_usage(event, take_usage(attributes));
    std::optional<double> micros = attributes.take_number(Key::kCostMicros);
    std::optional<double> usd = attributes.take_number(Key::kCost);
    set_cost_usd(event, usd ? usd : micros ? std::optional(*micros / 1e6) : std::nullopt);
    set_first_token_ms(event, attributes.take_number(Key::kTtftMs));
}

void map_api_error(Attributes& attributes, Draft& draft) {
    recorder::Event& event = draft.event;
    event.kind = Kind::kModelCall;
    event.name = "chat";
    event.status = Status::kError;
    map_model_names(attributes, event);
    uint64_t http_status = attributes.count(Key::kStatusCode).value_or(0);
    event.error_type =
        first_of(attributes.take(Key::kErrorType), first_of(error_class(http_status), "api_error"));
    if (event.error_type == "timeout") event.status = Status::kTimeout;
}

void map_tool_result(Attributes& attributes, Draft& draft) {
    recorder::Event& event = draft.event;
    event.kind = Kind::kToolCall;
    event.name = first_of(attributes.take(Key::kPlainToolName), "tool");
    set_success(attributes, event);
    event.error_type = attributes.take(Key::kErrorType);
    draft.arguments = first_of(attributes.text(Key::kPlainToolInput), attributes.text(Key::kToolParameters));
    draft.output_bytes = attributes.count(Key::kToolResultBytes).value_or(0);
}

void map_log(const Context& context, otlp::LogView& log, Draft& draft) {
    Attributes& attributes = log.attributes;
    recorder::Event& event = draft.event;
    std::string_view name = without_prefix(first_of(attributes.take(Key::kEventName), log_name(log)));
    event.sequence = attributes.take_count(Key::kEventSequence).value_or(0);
    attributes.drop(Key::kEventTime);
    std::optional<double> duration_ms = attributes.take_number(Key::kDurationMs);
    if (name == "api_request") {
        map_api_request(attributes, draft);
    } else if (name == "api_error" || name == "api_retries_exhausted") {
        map_api_error(attributes, draft);
        if (name != "api_error") event.kind = Kind::kLog;  // each of its attempts was an api_error
    } else if (name == "tool_result") {
        map_tool_result(attributes, draft);
    } else {
        map_plain_log(context, log, draft);
        event.model = attributes.take(Key::kModel);
        const bool is_message = name == "user_prompt" || name == "assistant_response";
        event.kind = is_message ? Kind::kMessage : name.starts_with("hook_") ? Kind::kHook : Kind::kLog;
        event.name = name;
        if (name == "internal_error") event.status = Status::kError;
        if (name == "tool_decision" && attributes.text(Key::kDecision) == "reject")
            event.status = Status::kCancelled;
    }
    set_duration_ms(event, duration_ms);
    // A log is written when the work is done: its start lies before.
    if (duration_ms && event.duration_us > 0) draft.starts_before_us = event.duration_us;
}

void map_span(const Context&, otlp::SpanView& span, Draft& draft) {
    Attributes& attributes = span.attributes;
    recorder::Event& event = draft.event;
    set_span_status(span, event);
    std::string_view type = without_prefix(span.name);
    event.name = type;
    map_model_names(attributes, event);
    take_usage(attributes);  // repeats the log
    attributes.drop(Key::kOperation);
    attributes.drop(Key::kDurationMs);
    attributes.drop(Key::kSpanType);
    if (type == "interaction") {
        event.kind = Kind::kTurn;
    } else if (type == "tool.blocked_on_user") {
        event.kind = Kind::kApproval;
        std::string_view decision = attributes.text(Key::kDecision);
        if (decision == "reject") event.status = Status::kCancelled;
    } else if (type == "hook") {
        event.kind = Kind::kHook;
    } else {
        event.kind =
            Kind::kWorkflow;  // llm_request, tool, tool.execution, subagent.spawn, compaction, mcp.rpc
        std::string_view tool = attributes.take(Key::kPlainToolName);
        if (!tool.empty()) event.name = tool;
        set_success(attributes, event);
    }
    if (type == "llm_request") set_first_token_ms(event, attributes.take_number(Key::kTtftMs));
}

}  // namespace

const Dialect kClaudeCode = {"otlp/claude-code", map_span, map_log, map_plain_point};

}  // namespace nightshift::ingest::dialects
