#include "ingest/dialects/common.h"

// Traceloop's OpenLLMetry. Model calls carry gen_ai names, old or new; its own spans say workflow, task,
// agent or tool.
namespace nightshift::ingest::dialects {
namespace {

void map_span(const Context& context, otlp::SpanView& span, Draft& draft) {
    Attributes& attributes = span.attributes;
    recorder::Event& event = draft.event;
    // Instrumentations of model SDKs set traceloop.* on their spans too: what is a call by GenAI names is
    // one.
    if (attributes.has(Key::kOperation) || attributes.has(Key::kInputTokens) ||
        attributes.has(Key::kRequestModel)) {
        attributes.drop(Key::kLlmRequestType);
        kOtelGenAi.span(context, span, draft);
        if (event.kind != Kind::kWorkflow || !attributes.has(Key::kLlmRequestType)) return;
        event.kind = Kind::kModelCall;  // the old names have no operation
        event.name = "chat";
        return;
    }
    set_span_status(span, event);
    std::string_view kind = attributes.take(Key::kTraceloopKind);
    event.name = first_of(attributes.take(Key::kTraceloopEntity), span.name);
    if (kind == "tool") {
        event.kind = Kind::kToolCall;
        draft.arguments = attributes.text(Key::kTraceloopInput);
        draft.output = attributes.text(Key::kTraceloopOutput);
    } else if (kind == "agent") {
        event.kind = Kind::kTurn;
    } else {
        event.kind = Kind::kWorkflow;
    }
}

}  // namespace

const Dialect kOpenLlmetry = {"otlp/openllmetry", map_span, map_plain_log, map_plain_point};

}  // namespace nightshift::ingest::dialects
