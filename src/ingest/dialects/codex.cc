#include "base/text.h"
#include "ingest/dialects/common.h"

// Codex CLI. The log `codex.sse_event` of kind response.completed with counts is the record; the turn's span
// and metrics repeat it. A turn comes with hundreds of spans of the program's inner life, which are not kept.
namespace nightshift::ingest::dialects {
namespace {

void map_completed(Attributes& attributes, Draft& draft) {
    recorder::Event& event = draft.event;
    event.kind = Kind::kModelCall;
    event.name = "chat";
    event.status = Status::kOk;
    Usage usage;
    usage.input = attributes.take_count(Key::kInputCount);
    usage.output = attributes.take_count(Key::kOutputCount);
    usage.cache_read = attributes.take_count(Key::kCachedCount).value_or(0);
    usage.cache_write = attributes.take_count(Key::kCacheWriteCount).value_or(0);
    usage.reasoning = attributes.take_count(Key::kReasoningCount).value_or(0);
    attributes.drop(Key::kToolCount);  // the sum of input and output
    set_usage(event, usage);
}

// Codex starts its outputs with lines that differ in each call.
std::string_view without_wrapper(std::string_view output) {
    constexpr std::string_view kWrapper[] = {"Chunk ID:", "Wall time:"};
    for (std::string_view start : kWrapper) {
        if (!output.starts_with(start)) continue;
        size_t line = output.find('\n');
        output.remove_prefix(line == std::string_view::npos ? output.size() : line + 1);
    }
    return output;
}

void map_tool_result(Attributes& attributes, Draft& draft) {
    recorder::Event& event = draft.event;
    event.kind = Kind::kToolCall;
    event.name = first_of(attributes.take(Key::kPlainToolName), "tool");
    set_success(attributes, event);
    draft.arguments = attributes.text(Key::kArguments);
    draft.output = without_wrapper(attributes.text(Key::kOutput));
}

void map_api_request(Attributes& attributes, Draft& draft) {
    recorder::Event& event = draft.event;
    uint64_t http_status = attributes.count(Key::kHttpStatus).value_or(0);
    const bool has_failed = http_status >= 400 || !attributes.text(Key::kErrorText).empty();
    event.kind = has_failed ? Kind::kModelCall : Kind::kLog;  // a good one ends in response.completed
    if (!has_failed) return;
    event.name = "chat";
    event.status = Status::kError;
    event.error_type = first_of(error_class(http_status), "api_error");
}

void map_log(const Context& context, otlp::LogView& log, Draft& draft) {
    Attributes& attributes = log.attributes;
    recorder::Event& event = draft.event;
    map_plain_log(context, log, draft);
    std::string_view name = attributes.take(Key::kEventName);
    if (!name.empty()) event.name = name;
    std::string_view kind = attributes.text(Key::kEventKind);
    event.model = attributes.take(Key::kModel);
    event.provider = attributes.take(Key::kProviderName);
    attributes.drop(Key::kEventTime);
    std::optional<double> duration_ms = attributes.take_number(Key::kDurationMs);
    set_duration_ms(event, duration_ms);
    if (event.duration_us > 0) draft.starts_before_us = event.duration_us;
    if (name == "codex.sse_event") {
        if (kind == "response.completed" && attributes.has(Key::kInputCount)) {
            map_completed(attributes, draft);
        } else if (kind != "response.failed") {
            draft.is_filtered = true;  // one for each piece of the stream
        } else {
            event.status = Status::kError;
        }
    } else if (name == "codex.tool_result") {
        map_tool_result(attributes, draft);
    } else if (name == "codex.api_request") {
        map_api_request(attributes, draft);
    } else if (name == "codex.user_prompt") {
        event.kind = Kind::kMessage;
    } else if (name == "codex.conversation_starts") {
        event.kind = Kind::kSession;
        event.name = "start";
    } else if (name == "codex.tool_decision") {
        const bool by_person = equals_ignore_case(attributes.text(Key::kDecisionSource), "user");
        event.kind = by_person ? Kind::kApproval : Kind::kLog;
        const bool denied = attributes.text(Key::kDecision).starts_with("denied");
        event.status = denied ? Status::kCancelled : Status::kOk;
    }
}

bool is_kept(std::string_view name) {
    constexpr std::string_view kWhole[] = {"session_task.turn", "exec_command", "handle_tool_call",
                                           "shell_snapshot"};
    constexpr std::string_view kStarts[] = {"codex.", "run_turn", "run_sampling_request",
                                            "dispatch_tool_call"};
    for (std::string_view whole : kWhole) {
        if (name == whole) return true;
    }
    for (std::string_view start : kStarts) {
        if (name.starts_with(start)) return true;
    }
    return false;
}

void map_span(const Context&, otlp::SpanView& span, Draft& draft) {
    Attributes& attributes = span.attributes;
    recorder::Event& event = draft.event;
    set_span_status(span, event);
    if (!is_kept(span.name) && event.status != Status::kError) {
        draft.is_filtered = true;
        return;
    }
    event.kind = span.name == "session_task.turn" ? Kind::kTurn : Kind::kWorkflow;
    event.name = span.name;
    event.model = attributes.take(Key::kModel);
}

}  // namespace

const Dialect kCodex = {"otlp/codex", map_span, map_log, map_plain_point};

}  // namespace nightshift::ingest::dialects
