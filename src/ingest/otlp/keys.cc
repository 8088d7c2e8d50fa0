#include "ingest/otlp/keys.h"

#include <array>
#include <cstring>

namespace nightshift::ingest::otlp {
namespace {

struct Name {
    std::string_view text;
    Key key;
};

constexpr Name kNames[] = {
    {"service.name", Key::kServiceName},
    {"host.name", Key::kHostName},
    {"nightshift.simulated", Key::kSimulated},
    {"agent.id", Key::kAgentId},
    {"agent.name", Key::kAgentName},
    {"gen_ai.agent.id", Key::kGenAiAgentId},
    {"gen_ai.agent.name", Key::kGenAiAgentName},
    {"agent_name", Key::kSubagentName},
    {"session.id", Key::kSession},
    {"session_id", Key::kSession},
    {"langfuse.session.id", Key::kSession},
    {"traceloop.association.properties.session_id", Key::kSession},
    {"traceloop.association.properties.session.id", Key::kSession},
    {"ai.telemetry.metadata.sessionId", Key::kSession},
    {"ai.telemetry.metadata.session_id", Key::kSession},
    {"gen_ai.conversation.id", Key::kConversation},
    {"conversation.id", Key::kConversation},
    {"traceloop.association.properties.conversation_id", Key::kConversation},
    {"traceloop.association.properties.thread_id", Key::kConversation},
    {"traceloop.association.properties.chat_id", Key::kConversation},
    {"ai.telemetry.metadata.chatId", Key::kConversation},
    {"ai.telemetry.metadata.threadId", Key::kConversation},
    {"parent.session.id", Key::kParentSession},
    {"parent_session_id", Key::kParentSession},
    {"session.parent_id", Key::kParentSession},
    {"gen_ai.conversation.parent_id", Key::kParentSession},
    {"prompt.id", Key::kPrompt},
    {"prompt_id", Key::kPrompt},
    {"turn.id", Key::kTurn},

    {"gen_ai.operation.name", Key::kOperation},
    {"gen_ai.provider.name", Key::kProvider},
    {"gen_ai.system", Key::kProvider},
    {"gen_ai.request.model", Key::kRequestModel},
    {"gen_ai.response.model", Key::kResponseModel},
    {"gen_ai.response.id", Key::kResponseId},
    {"gen_ai.usage.input_tokens", Key::kInputTokens},
    {"gen_ai.usage.prompt_tokens", Key::kInputTokens},
    {"gen_ai.usage.output_tokens", Key::kOutputTokens},
    {"gen_ai.usage.completion_tokens", Key::kOutputTokens},
    {"gen_ai.usage.cache_read.input_tokens", Key::kCacheReadTokens},
    {"gen_ai.usage.cache_read_input_tokens", Key::kCacheReadTokens},
    {"gen_ai.usage.cache_creation.input_tokens", Key::kCacheWriteTokens},
    {"gen_ai.usage.cache_creation_input_tokens", Key::kCacheWriteTokens},
    {"gen_ai.usage.reasoning.output_tokens", Key::kReasoningTokens},
    {"gen_ai.usage.reasoning_tokens", Key::kReasoningTokens},
    {"gen_ai.usage.cost", Key::kCost},
    {"cost_usd", Key::kCost},
    {"gen_ai.response.time_to_first_chunk", Key::kTimeToFirstChunk},
    {"gen_ai.server.time_to_first_token", Key::kTimeToFirstChunk},
    {"gen_ai.tool.name", Key::kToolName},
    {"gen_ai.tool.call.id", Key::kToolCallId},
    {"gen_ai.tool.call_id", Key::kToolCallId},
    {"error.type", Key::kErrorType},
    {"exception.type", Key::kExceptionType},
    {"http.response.status_code", Key::kHttpStatus},
    {"http.status_code", Key::kHttpStatus},
    {"mcp.method.name", Key::kMcpMethod},
    {"gen_ai.workflow.name", Key::kWorkflowName},
    {"gen_ai.data_source.id", Key::kDataSource},
    {"gen_ai.token.type", Key::kTokenType},

    {"openinference.span.kind", Key::kOpenInferenceKind},
    {"llm.model_name", Key::kLlmModel},
    {"llm.response.model_name", Key::kLlmModel},
    {"llm.request.model_name", Key::kLlmModel},
    {"embedding.model_name", Key::kLlmModel},
    {"llm.provider", Key::kLlmProvider},
    {"llm.system", Key::kLlmProvider},
    {"llm.token_count.prompt", Key::kLlmPromptTokens},
    {"llm.token_count.completion", Key::kLlmCompletionTokens},
    {"llm.token_count.prompt_details.cache_read", Key::kLlmCacheReadTokens},
    {"llm.token_count.prompt_details.cache_input", Key::kLlmCacheReadTokens},
    {"llm.token_count.prompt_details.cache_write", Key::kLlmCacheWriteTokens},
    {"llm.token_count.completion_details.reasoning", Key::kLlmReasoningTokens},
    {"llm.cost.total", Key::kLlmCost},
    {"tool.name", Key::kOpenInferenceTool},
    {"tool_call.function.name", Key::kOpenInferenceTool},

    {"traceloop.span.kind", Key::kTraceloopKind},
    {"traceloop.entity.name", Key::kTraceloopEntity},
    {"llm.request.type", Key::kLlmRequestType},

    {"ai.operationId", Key::kAiOperation},
    {"ai.model.id", Key::kAiModel},
    {"ai.model.provider", Key::kAiProvider},
    {"ai.usage.promptTokens", Key::kAiInputTokens},
    {"ai.usage.inputTokens", Key::kAiInputTokens},
    {"ai.usage.tokens", Key::kAiInputTokens},
    {"ai.usage.completionTokens", Key::kAiOutputTokens},
    {"ai.usage.outputTokens", Key::kAiOutputTokens},
    {"ai.usage.cachedInputTokens", Key::kAiCacheReadTokens},
    {"ai.usage.inputTokenDetails.cacheReadTokens", Key::kAiCacheReadTokens},
    {"ai.usage.inputTokenDetails.cacheWriteTokens", Key::kAiCacheWriteTokens},
    {"ai.usage.reasoningTokens", Key::kAiReasoningTokens},
    {"ai.usage.outputTokenDetails.reasoningTokens", Key::kAiReasoningTokens},
    {"ai.toolCall.name", Key::kAiToolName},
    {"ai.toolCall.id", Key::kAiToolCallId},
    {"ai.response.msToFirstChunk", Key::kAiFirstChunkMs},
    {"ai.stream.msToFirstChunk", Key::kAiFirstChunkMs},
    {"ai.telemetry.functionId", Key::kAiFunction},

    {"langfuse.observation.type", Key::kLangfuseType},
    {"langfuse.observation.model.name", Key::kLangfuseModel},
    {"langfuse.observation.usage_details", Key::kLangfuseUsage},
    {"langfuse.observation.cost_details", Key::kLangfuseCost},
    {"langfuse.observation.level", Key::kLangfuseLevel},
    {"langfuse.observation.completion_start_time", Key::kLangfuseFirstToken},

    {"event.name", Key::kEventName},
    {"event.kind", Key::kEventKind},
    {"event.sequence", Key::kEventSequence},
    {"event.timestamp", Key::kEventTime},
    {"span.type", Key::kSpanType},
    {"model", Key::kModel},
    {"input_tokens", Key::kPlainInputTokens},
    {"output_tokens", Key::kPlainOutputTokens},
    {"cache_read_tokens", Key::kPlainCacheReadTokens},
    {"cache_creation_tokens", Key::kPlainCacheWriteTokens},
    {"cost_usd_micros", Key::kCostMicros},
    {"duration_ms", Key::kDurationMs},
    {"ttft_ms", Key::kTtftMs},
    {"request_id", Key::kRequestId},
    {"success", Key::kSuccess},
    {"tool_name", Key::kPlainToolName},
    {"tool_use_id", Key::kToolUseId},
    {"call_id", Key::kToolUseId},
    {"tool_result_size_bytes", Key::kToolResultBytes},
    {"content_length", Key::kToolResultBytes},
    {"decision", Key::kDecision},
    {"source", Key::kDecisionSource},
    {"error", Key::kErrorText},
    {"error.message", Key::kErrorText},
    {"error_type", Key::kErrorType},
    {"status_code", Key::kStatusCode},
    {"provider_name", Key::kProviderName},
    {"input_token_count", Key::kInputCount},
    {"output_token_count", Key::kOutputCount},
    {"cached_token_count", Key::kCachedCount},
    {"cached_content_token_count", Key::kCachedCount},
    {"cache_write_token_count", Key::kCacheWriteCount},
    {"reasoning_token_count", Key::kReasoningCount},
    {"thoughts_token_count", Key::kReasoningCount},
    {"tool_token_count", Key::kToolCount},
    {"function_name", Key::kFunctionName},
    {"mcp_server", Key::kMcpServer},
    {"code.module.name", Key::kCodeModule},

    {"openclaw.provider", Key::kClawProvider},
    {"openclaw.model", Key::kClawModel},
    {"openclaw.outcome", Key::kClawOutcome},
    {"openclaw.errorCategory", Key::kClawError},
    {"openclaw.toolName", Key::kClawTool},
    {"openclaw.model_call.time_to_first_byte_ms", Key::kClawFirstByteMs},
    {"openclaw.token", Key::kClawToken},
    {"openclaw.agent", Key::kClawAgent},
    {"openclaw.agentId", Key::kClawAgent},
    {"openclaw.sessionKey", Key::kClawSession},
    {"openclaw.trigger", Key::kClawTrigger},
    {"openclaw.channel", Key::kClawChannel},
    {"openclaw.exec.exit_code", Key::kClawExitCode},

    {"gen_ai.tool.call.arguments", Key::kToolArguments},
    {"gen_ai.tool.call.result", Key::kToolResult},
    {"tool.output", Key::kToolResult},
    {"tool.parameters", Key::kOpenInferenceArguments},
    {"tool_call.function.arguments", Key::kOpenInferenceArguments},
    {"input.value", Key::kOpenInferenceInput},
    {"output.value", Key::kOpenInferenceOutput},
    {"traceloop.entity.input", Key::kTraceloopInput},
    {"traceloop.entity.output", Key::kTraceloopOutput},
    {"ai.toolCall.args", Key::kAiToolArguments},
    {"ai.toolCall.result", Key::kAiToolResult},
    {"langfuse.observation.input", Key::kLangfuseInput},
    {"langfuse.observation.output", Key::kLangfuseOutput},
    {"tool_input", Key::kPlainToolInput},
    {"tool_parameters", Key::kToolParameters},
    {"full_command", Key::kFullCommand},
    {"arguments", Key::kArguments},
    {"output", Key::kOutput},
    {"function_args", Key::kFunctionArguments},

    {"prompt", Key::kContent},
    {"prompt_text", Key::kContent},
    {"user_prompt", Key::kContent},
    {"response", Key::kContent},
    {"request_text", Key::kContent},
    {"response_text", Key::kContent},
    {"system_prompt", Key::kContent},
    {"body", Key::kContent},
    {"gen_ai.input.messages", Key::kContent},
    {"gen_ai.output.messages", Key::kContent},
    {"gen_ai.system_instructions", Key::kContent},
    {"gen_ai.tool.definitions", Key::kContent},
    {"gen_ai.retrieval.documents", Key::kContent},
    {"gen_ai.retrieval.query.text", Key::kContent},
    {"gen_ai.prompt", Key::kContent},
    {"gen_ai.prompt.name", Key::kUnknown},  // of the family of prompts by its looks only
    {"gen_ai.completion", Key::kContent},
    {"llm.prompts", Key::kContent},
    {"llm.completions", Key::kContent},
    {"llm.tools", Key::kContent},
    {"ai.prompt", Key::kContent},
    {"ai.prompt.messages", Key::kContent},
    {"ai.prompt.tools", Key::kContent},
    {"ai.response.text", Key::kContent},
    {"ai.response.object", Key::kContent},
    {"ai.response.toolCalls", Key::kContent},
    {"ai.response.reasoning", Key::kContent},
    {"ai.values", Key::kContent},
    {"ai.value", Key::kContent},
    {"ai.embedding", Key::kContent},
    {"ai.embeddings", Key::kContent},
    {"langfuse.trace.input", Key::kContent},
    {"langfuse.trace.output", Key::kContent},
    {"mcp.request.argument", Key::kContent},
    {"mcp.response.value", Key::kContent},
    {"gcp.vertex.agent.llm_request", Key::kContent},
    {"gcp.vertex.agent.llm_response", Key::kContent},
    {"gcp.vertex.agent.tool_call_args", Key::kContent},
    {"gcp.vertex.agent.tool_response", Key::kContent},
    {"mlflow.spanInputs", Key::kContent},
    {"mlflow.spanOutputs", Key::kContent},
};

// Families with an index in the name: "llm.input_messages.0.message.content".
constexpr std::string_view kContentFamilies[] = {
    "gen_ai.prompt.",
    "gen_ai.completion.",
    "llm.input_messages.",
    "llm.output_messages.",
    "llm.prompts.",
    "llm.completions.",
    "llm.tools.",
    "embedding.embeddings.",
    "retrieval.documents.",
    "reranker.input_documents.",
    "reranker.output_documents.",
    "llm.request.functions.",
};

constexpr size_t kSlots = 1024;  // a power of two, at most a quarter full
static_assert(std::size(kNames) * 4 <= kSlots && std::size(kNames) < 255);

constexpr uint64_t load8(const char* p) {
    uint64_t word = 0;
    for (size_t i = 0; i < 8; ++i) word |= static_cast<uint64_t>(static_cast<uint8_t>(p[i])) << (8 * i);
    return word;
}

// Names differ mostly at their ends and in their lengths.
constexpr size_t slot_of(std::string_view name) {
    constexpr uint64_t kMix = 0x9E3779B97F4A7C15ull;
    uint64_t tail = 0;
    uint64_t head = 0;
    if (name.size() >= 8) {
        tail = load8(name.data() + name.size() - 8);
        head = load8(name.data() + (name.size() - 8) / 2);
    } else {
        for (char c : name) tail = tail << 8 | static_cast<uint8_t>(c);
    }
    uint64_t hash = (tail ^ (head * kMix) ^ name.size()) * kMix;
    return (hash >> 48) & (kSlots - 1);
}

// Open addressing: 0 is empty, otherwise an index in kNames plus one.
constexpr auto kTable = [] {
    std::array<uint8_t, kSlots> table{};
    for (size_t i = 0; i < std::size(kNames); ++i) {
        size_t slot = slot_of(kNames[i].text);
        while (table[slot] != 0) slot = (slot + 1) & (kSlots - 1);
        table[slot] = static_cast<uint8_t>(i + 1);
    }
    return table;
}();

}  // namespace

Key find_key(std::string_view name) {
    for (size_t slot = slot_of(name); kTable[slot] != 0; slot = (slot + 1) & (kSlots - 1)) {
        const Name& candidate = kNames[kTable[slot] - 1u];
        if (candidate.text == name) return candidate.key;
    }
    // Few names start like a family.
    if (name.size() < 12 || std::string_view("gler").find(name.front()) == std::string_view::npos)
        return Key::kUnknown;
    for (std::string_view family : kContentFamilies) {
        if (name.starts_with(family)) return Key::kContent;
    }
    return Key::kUnknown;
}

}  // namespace nightshift::ingest::otlp
