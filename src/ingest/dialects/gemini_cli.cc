#include "ingest/dialects/common.h"

// Gemini CLI. The log `gemini_cli.api_response` is the record. Thoughts are counted beside the output, tool
// prompts beside the input; cached content is part of the input.
namespace nightshift::ingest::dialects {
namespace {

constexpr std::string_view kPrefix = "gemini_cli.";

void map_api_response(Attributes& attributes, Draft& draft) {
    recorder::Event& event = draft.event;
    event.kind = Kind::kModelCall;
    event.name = "generate_content";
    event.provider = "gcp.gemini";
    event.status = Status::kOk;
    Usage usage;
    usage.input = attributes.take_count(Key::kInputCount);
    usage.output = attributes.take_count(Key::kOutputCount);
    usage.cache_read = attributes.take_count(Key::kCachedCount).value_or(0);
    usage.reasoning = attributes.take_count(Key::kReasoningCount).value_or(0);
    usage.output_is = Usage::Output::kWithoutReasoning;
    if (usage.input) *usage.input += attributes.take_count(Key::kToolCount).value_or(0);
    set_usage(event, usage);
}

void map_api_error(Attributes& attributes, Draft& draft) {
    recorder::Event& event = draft.event;
    event.kind = Kind::kModelCall;
    event.name = "generate_content";
    event.provider = "gcp.gemini";
    event.status = Status::kError;
    uint64_t http_status = attributes.count(Key::kStatusCode).value_or(0);
    event.error_type =
        first_of(error_class(http_status), first_of(attributes.take(Key::kErrorType), "api_error"));
}

void map_tool_call(Attributes& attributes, Draft& draft) {
    recorder::Event& event = draft.event;
    event.kind = Kind::kToolCall;
    event.name = first_of(attributes.take(Key::kFunctionName), "tool");
    set_success(attributes, event);
    event.error_type = attributes.take(Key::kErrorType);
    draft.arguments = attributes.text(Key::kFunctionArguments);
    draft.output_bytes = attributes.count(Key::kToolResultBytes).value_or(0);
    if (attributes.text(Key::kDecision) == "reject") event.status = Status::kCancelled;
}

void map_log(const Context& context, otlp::LogView& log, Draft& draft) {
    Attributes& attributes = log.attributes;
    recorder::Event& event = draft.event;
    std::string_view name = first_of(attributes.take(Key::kEventName), log_name(log));
    if (name.starts_with(kPrefix)) name.remove_prefix(kPrefix.size());
    attributes.drop(Key::kEventTime);
    event.model = first_of(attributes.take(Key::kModel), attributes.take(Key::kRequestModel));
    set_duration_ms(event, attributes.take_number(Key::kDurationMs));
    if (event.duration_us > 0) draft.starts_before_us = event.duration_us;
    if (name == "api_response") return map_api_response(attributes, draft);
    if (name == "api_error") return map_api_error(attributes, draft);
    if (name == "tool_call") return map_tool_call(attributes, draft);
    const int64_t duration_us = event.duration_us;
    map_plain_log(context, log, draft);
    gen_ai_usage(attributes);  // inference.operation.details repeats api_response
    event.name = name;
    event.duration_us = duration_us;
    if (name == "user_prompt") event.kind = Kind::kMessage;
    if (name == "config") event.kind = Kind::kSession;
    if (name == "hook_call") event.kind = Kind::kHook;
    if (name == "agent.start" || name == "agent.finish") event.kind = Kind::kWorkflow;
}

// Spans repeat the logs: they show when things were, and count as nothing.
void map_span(const Context&, otlp::SpanView& span, Draft& draft) {
    recorder::Event& event = draft.event;
    set_span_status(span, event);
    map_model(span.attributes, event);
    gen_ai_usage(span.attributes);
    std::string_view operation = span.attributes.take(Key::kOperation);
    event.kind = operation == "invoke_agent" || operation == "user_prompt" ? Kind::kTurn : Kind::kWorkflow;
    event.name = first_of(span.attributes.take(Key::kToolName), span.name);
}

}  // namespace

const Dialect kGeminiCli = {"otlp/gemini-cli", map_span, map_log, map_plain_point};

}  // namespace nightshift::ingest::dialects
