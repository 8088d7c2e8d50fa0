#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace nightshift::ingest::otlp {

// The attribute names that dialects ask for. Names that mean the same are one key (keys.cc has the list).
enum class Key : uint8_t {
    kUnknown = 0,

    // who and where
    kServiceName,
    kHostName,
    kSimulated,
    kAgentId,
    kAgentName,
    kGenAiAgentId,
    kGenAiAgentName,
    kSubagentName,
    kSession,
    kConversation,
    kParentSession,
    kPrompt,
    kTurn,

    // OpenTelemetry GenAI and MCP, old names and new
    kOperation,
    kProvider,
    kRequestModel,
    kResponseModel,
    kResponseId,
    kInputTokens,
    kOutputTokens,
    kCacheReadTokens,
    kCacheWriteTokens,
    kReasoningTokens,
    kCost,
    kTimeToFirstChunk,
    kToolName,
    kToolCallId,
    kErrorType,
    kExceptionType,
    kHttpStatus,
    kMcpMethod,
    kWorkflowName,
    kDataSource,
    kTokenType,

    // OpenInference
    kOpenInferenceKind,
    kLlmModel,
    kLlmProvider,
    kLlmPromptTokens,
    kLlmCompletionTokens,
    kLlmCacheReadTokens,
    kLlmCacheWriteTokens,
    kLlmReasoningTokens,
    kLlmCost,
    kOpenInferenceTool,

    // OpenLLMetry
    kTraceloopKind,
    kTraceloopEntity,
    kLlmRequestType,

    // Vercel AI
    kAiOperation,
    kAiModel,
    kAiProvider,
    kAiInputTokens,
    kAiOutputTokens,
    kAiCacheReadTokens,
    kAiCacheWriteTokens,
    kAiReasoningTokens,
    kAiToolName,
    kAiToolCallId,
    kAiFirstChunkMs,
    kAiFunction,

    // Langfuse
    kLangfuseType,
    kLangfuseModel,
    kLangfuseUsage,
    kLangfuseCost,
    kLangfuseLevel,
    kLangfuseFirstToken,

    // Claude Code, Codex and Gemini CLI
    kEventName,
    kEventKind,
    kEventSequence,
    kEventTime,
    kSpanType,
    kModel,
    kPlainInputTokens,
    kPlainOutputTokens,
    kPlainCacheReadTokens,
    kPlainCacheWriteTokens,
    kCostMicros,
    kDurationMs,
    kTtftMs,
    kRequestId,
    kSuccess,
    kPlainToolName,
    kToolUseId,
    kToolResultBytes,
    kDecision,
    kDecisionSource,
    kErrorText,
    kStatusCode,
    kProviderName,
    kInputCount,
    kOutputCount,
    kCachedCount,
    kCacheWriteCount,
    kReasoningCount,
    kToolCount,
    kFunctionName,
    kMcpServer,
    kCodeModule,

    // OpenClaw
    kClawProvider,
    kClawModel,
    kClawOutcome,
    kClawError,
    kClawTool,
    kClawFirstByteMs,
    kClawToken,
    kClawAgent,
    kClawSession,
    kClawTrigger,
    kClawChannel,
    kClawExitCode,

    // content: prompts, answers, tool arguments and results; never among an event's attributes
    kToolArguments,
    kToolResult,
    kOpenInferenceArguments,
    kOpenInferenceInput,
    kOpenInferenceOutput,
    kTraceloopInput,
    kTraceloopOutput,
    kAiToolArguments,
    kAiToolResult,
    kLangfuseInput,
    kLangfuseOutput,
    kPlainToolInput,
    kToolParameters,
    kFullCommand,
    kArguments,
    kOutput,
    kFunctionArguments,
    kContent,  // any other name of content
    kCount,
};

inline constexpr size_t kKeys = static_cast<size_t>(Key::kCount);

inline bool is_content(Key key) {
    return key >= Key::kToolArguments;
}

// The key of a name, Key::kContent for content that nobody asks for by name, Key::kUnknown otherwise.
Key find_key(std::string_view name);

}  // namespace nightshift::ingest::otlp
