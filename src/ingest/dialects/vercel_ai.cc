#include "ingest/dialects/common.h"

// Vercel's AI SDK. `ai.generateText` holds the sum of its `ai.generateText.doGenerate` calls: only the inner
// ones count.
namespace nightshift::ingest::dialects {
namespace {

bool is_model_call(std::string_view operation) {
    return operation.ends_with(".doGenerate") || operation.ends_with(".doStream") ||
           operation.ends_with(".doEmbed");
}

Usage take_usage(Attributes& attributes) {
    Usage usage;
    usage.input = attributes.take_count(Key::kAiInputTokens);
    usage.output = attributes.take_count(Key::kAiOutputTokens);
    Usage same_by_standard_names = gen_ai_usage(attributes);
    if (!usage.input) usage.input = same_by_standard_names.input;
    if (!usage.output) usage.output = same_by_standard_names.output;
    usage.cache_read =
        attributes.take_count(Key::kAiCacheReadTokens).value_or(same_by_standard_names.cache_read);
    usage.cache_write =
        attributes.take_count(Key::kAiCacheWriteTokens).value_or(same_by_standard_names.cache_write);
    usage.reasoning =
        attributes.take_count(Key::kAiReasoningTokens).value_or(same_by_standard_names.reasoning);
    return usage;
}

void map_span(const Context&, otlp::SpanView& span, Draft& draft) {
    Attributes& attributes = span.attributes;
    recorder::Event& event = draft.event;
    set_span_status(span, event);
    std::string_view operation = attributes.take(Key::kAiOperation);
    event.name = first_of(operation, span.name);
    if (operation == "ai.toolCall") {
        event.kind = Kind::kToolCall;
        event.name = first_of(attributes.take(Key::kAiToolName), span.name);
        draft.arguments = attributes.text(Key::kAiToolArguments);
        draft.output = attributes.text(Key::kAiToolResult);
        return;
    }
    map_model(attributes, event);
    event.model = first_of(attributes.take(Key::kAiModel), event.model);
    event.provider = first_of(attributes.take(Key::kAiProvider), event.provider);
    Usage usage = take_usage(attributes);
    if (!is_model_call(operation)) {
        event.kind = Kind::kTurn;
        return;
    }
    event.kind = Kind::kModelCall;
    set_first_token_ms(event, attributes.take_number(Key::kAiFirstChunkMs));
    set_usage(event, usage);
}

}  // namespace

const Dialect kVercelAi = {"otlp/vercel-ai", map_span, map_plain_log, map_plain_point};

}  // namespace nightshift::ingest::dialects
