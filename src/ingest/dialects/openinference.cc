#include "ingest/dialects/common.h"

#include "base/text.h"

// Arize's conventions (openinference.span.kind, llm.*). The span of kind LLM is the record; its prompt count
// holds the cached tokens.
namespace nightshift::ingest::dialects {
namespace {

void map_llm(Attributes& attributes, Draft& draft) {
    recorder::Event& event = draft.event;
    event.model = first_of(attributes.take(Key::kLlmModel), attributes.take(Key::kRequestModel));
    event.provider = first_of(attributes.take(Key::kLlmProvider), attributes.take(Key::kProvider));
    Usage usage;
    usage.input = attributes.take_count(Key::kLlmPromptTokens);
    usage.output = attributes.take_count(Key::kLlmCompletionTokens);
    usage.cache_read = attributes.take_count(Key::kLlmCacheReadTokens).value_or(0);
    usage.cache_write = attributes.take_count(Key::kLlmCacheWriteTokens).value_or(0);
    usage.reasoning = attributes.take_count(Key::kLlmReasoningTokens).value_or(0);
    set_usage(event, usage);
    set_cost_usd(event, attributes.take_number(Key::kLlmCost));
}

void map_span(const Context&, otlp::SpanView& span, Draft& draft) {
    Attributes& attributes = span.attributes;
    recorder::Event& event = draft.event;
    set_span_status(span, event);
    event.name = span.name;
    std::string_view kind = attributes.take(Key::kOpenInferenceKind);
    if (kind == "LLM" || kind == "EMBEDDING") {
        event.kind = Kind::kModelCall;
        event.name = kind == "LLM" ? "chat" : "embeddings";
        map_llm(attributes, draft);
    } else if (kind == "TOOL") {
        event.kind = Kind::kToolCall;
        std::string_view tool =
            first_of(attributes.take(Key::kOpenInferenceTool), attributes.take(Key::kToolName));
        if (!tool.empty()) event.name = tool;
        draft.arguments = first_of(attributes.text(Key::kOpenInferenceArguments),
                                   attributes.text(Key::kOpenInferenceInput));
        draft.output = attributes.text(Key::kOpenInferenceOutput);
    } else if (kind == "AGENT") {
        event.kind = Kind::kTurn;
    } else if (kind == "RETRIEVER" || kind == "RERANKER") {
        event.kind = Kind::kRetrieval;
    } else if (kind == "GUARDRAIL") {
        event.kind = Kind::kHook;
    } else {
        event.kind = Kind::kWorkflow;  // CHAIN, EVALUATOR, PROMPT
    }
}

}  // namespace

const Dialect kOpenInference = {"otlp/openinference", map_span, map_plain_log, map_plain_point};

}  // namespace nightshift::ingest::dialects
