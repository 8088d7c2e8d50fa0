#include "ingest/dialects/common.h"

// OpenTelemetry's GenAI conventions: names up to 1.36 (gen_ai.system, prompt_tokens), 1.41 and the renames
// after it. The span of the model call is the record; metrics, events and the sums on invoke_agent repeat it.
namespace nightshift::ingest::dialects {
namespace {

constexpr std::string_view kModelOperations[] = {
    "chat", "generate_content", "text_completion", "embeddings", "completion", "llm_call", "fetch_response"};

bool is_model_operation(std::string_view operation) {
    for (std::string_view name : kModelOperations) {
        if (operation == name) return true;
    }
    return false;
}

void map_mcp(otlp::SpanView& span, std::string_view method, Draft& draft) {
    constexpr uint32_t kClient = 3;
    const bool is_call = method == "tools/call" && span.kind == kClient;
    if (!is_call) {
        // The server's side of a call, and requests that are no calls.
        draft.event.kind = Kind::kWorkflow;
        draft.event.name = span.name;
        return;
    }
    map_tool(span.attributes, draft);
    if (draft.event.name.empty()) draft.event.name = span.name;
    draft.is_mcp = true;
}

void map_span(const Context&, otlp::SpanView& span, Draft& draft) {
    Attributes& attributes = span.attributes;
    recorder::Event& event = draft.event;
    set_span_status(span, event);
    std::string_view operation = attributes.take(Key::kOperation);
    std::string_view method = attributes.text(Key::kMcpMethod);
    if (is_model_operation(operation) ||
        (operation.empty() && method.empty() && attributes.has(Key::kInputTokens))) {
        event.kind = Kind::kModelCall;
        event.name = operation.empty() ? std::string_view("chat") : operation;
        map_model(attributes, event);
        set_usage(event, gen_ai_usage(attributes));
        set_cost_usd(event, attributes.take_number(Key::kCost));
        return;
    }
    if (operation == "execute_tool" || operation == "tool_call") {
        event.name = span.name;
        map_tool(attributes, draft);
        draft.is_mcp = !method.empty();
        return;
    }
    if (!method.empty()) return map_mcp(span, method, draft);
    map_model(attributes, event);
    gen_ai_usage(attributes);  // a sum over the calls inside: taken, not counted
    attributes.drop(Key::kCost);
    event.name = span.name;
    if (operation == "invoke_agent" || operation == "create_agent") {
        event.kind = operation == "invoke_agent" ? Kind::kTurn : Kind::kWorkflow;
    } else if (operation == "retrieval") {
        event.kind = Kind::kRetrieval;
    } else {
        event.kind = Kind::kWorkflow;  // invoke_workflow, plan, memory operations and what comes
    }
}

void map_log(const Context& context, otlp::LogView& log, Draft& draft) {
    map_plain_log(context, log, draft);
    map_model(log.attributes, draft.event);
    gen_ai_usage(log.attributes);  // repeats the span
}

}  // namespace

const Dialect kOtelGenAi = {"otlp/otel-genai", map_span, map_log, map_plain_point};

}  // namespace nightshift::ingest::dialects
