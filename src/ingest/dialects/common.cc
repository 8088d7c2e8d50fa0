#include "ingest/dialects/common.h"

#include <cmath>

#include "base/text.h"

namespace nightshift::ingest::dialects {

void set_usage(recorder::Event& event, const Usage& usage) {
    if (!usage.input && !usage.output) return;
    const uint64_t caches = usage.cache_read + usage.cache_write;
    uint64_t input = usage.input.value_or(0);
    if (usage.input_is == Usage::Input::kWithoutCaches || input < caches) input += caches;
    uint64_t output = usage.output.value_or(0);
    if (usage.output_is == Usage::Output::kWithoutReasoning || output < usage.reasoning)
        output += usage.reasoning;
    event.input_tokens = input;
    event.cache_read_tokens = usage.cache_read;
    event.cache_write_tokens = usage.cache_write;
    event.output_tokens = output;
    event.reasoning_tokens = usage.reasoning;
}

void set_cost_usd(recorder::Event& event, std::optional<double> usd) {
    constexpr double kMax = 1e6;  // dollars for one call
    if (!usd || !std::isfinite(*usd) || *usd < 0 || *usd > kMax) return;
    event.cost_nano_usd = static_cast<int64_t>(std::llround(*usd * 1e9));
    event.cost_source = recorder::CostSource::kReported;
}

namespace {

int64_t to_us(double ms) {
    constexpr double kMax = 1e12;  // thirty years
    return std::isfinite(ms) && ms >= 0 && ms < kMax ? static_cast<int64_t>(std::llround(ms * 1000)) : -1;
}

}  // namespace

void set_duration_ms(recorder::Event& event, std::optional<double> ms) {
    if (ms) event.duration_us = to_us(*ms);
}

void set_first_token_ms(recorder::Event& event, std::optional<double> ms) {
    if (ms) event.ttft_us = to_us(*ms);
}

void set_span_status(otlp::SpanView& span, recorder::Event& event) {
    event.error_type = first_of(span.attributes.take(Key::kErrorType), span.exception_type);
    if (span.status == otlp::SpanStatus::kError) {
        event.status = equals_ignore_case(event.error_type, "timeout") ? Status::kTimeout : Status::kError;
    } else if (!event.error_type.empty()) {
        event.status = Status::kError;
    } else {
        event.status = Status::kOk;  // a span that ended without an error ended well
    }
}

void set_success(Attributes& attributes, recorder::Event& event) {
    std::optional<bool> success = attributes.boolean(Key::kSuccess);
    if (!success) return;
    attributes.drop(Key::kSuccess);
    if (!*success) event.status = Status::kError;
    if (event.status == Status::kUnset) event.status = Status::kOk;  // a span that says error stays one
}

std::string_view error_class(uint64_t http_status) {
    switch (http_status) {
        case 400:
            return "bad_request";
        case 401:
        case 403:
            return "auth";
        case 402:
            return "billing";
        case 404:
            return "not_found";
        case 408:
        case 504:
            return "timeout";
        case 413:
            return "too_large";
        case 429:
            return "rate_limit";
        case 529:
        case 503:
            return "overloaded";
        default:
            return http_status >= 500 ? "server_error" : http_status >= 400 ? "http_error" : "";
    }
}

std::string_view first_of(std::string_view a, std::string_view b) {
    return a.empty() ? b : a;
}

std::string_view log_name(const otlp::LogView& log) {
    constexpr size_t kNameMax = 80;
    std::string_view name = first_of(log.event_name, log.attributes.text(Key::kEventName));
    if (!name.empty()) return name;
    const bool is_name = log.body.type == otlp::Value::Type::kString && log.body.text.size() <= kNameMax &&
                         log.body.text.find(' ') == std::string_view::npos;
    return is_name ? log.body.text : std::string_view();
}

void map_plain_log(const Context&, otlp::LogView& log, Draft& draft) {
    constexpr uint32_t kErrorSeverity = 17;
    draft.event.kind = Kind::kLog;
    draft.event.name = log_name(log);
    if (log.severity >= kErrorSeverity) draft.event.status = Status::kError;
    draft.event.error_type =
        first_of(log.attributes.take(Key::kErrorType), log.attributes.text(Key::kExceptionType));
    log.attributes.drop(Key::kEventName);
}

void map_plain_point(const Context&, otlp::PointView& point, Draft& draft) {
    draft.event.kind = Kind::kSample;
    draft.event.name = point.metric;
    draft.event.provider = point.attributes.take(Key::kProvider);
    draft.event.model =
        first_of(point.attributes.take(Key::kRequestModel), point.attributes.take(Key::kModel));
    draft.event.error_type = point.attributes.take(Key::kErrorType);
}

void map_model(Attributes& attributes, recorder::Event& event) {
    event.provider = attributes.take(Key::kProvider);
    std::string_view asked = attributes.take(Key::kRequestModel);
    event.model = first_of(attributes.text(Key::kResponseModel), asked);
    if (event.model == asked || asked.empty()) attributes.drop(Key::kResponseModel);
    if (!asked.empty() && event.model != asked) {
        event.model =
            asked;  // what was asked for groups better than a dated snapshot; the snapshot stays an attribute
    }
    std::optional<double> first_chunk_s = attributes.take_number(Key::kTimeToFirstChunk);
    if (first_chunk_s) set_first_token_ms(event, *first_chunk_s * 1000);
}

Usage gen_ai_usage(Attributes& attributes) {
    Usage usage;
    usage.input = attributes.take_count(Key::kInputTokens);
    usage.output = attributes.take_count(Key::kOutputTokens);
    usage.cache_read = attributes.take_count(Key::kCacheReadTokens).value_or(0);
    usage.cache_write = attributes.take_count(Key::kCacheWriteTokens).value_or(0);
    usage.reasoning = attributes.take_count(Key::kReasoningTokens).value_or(0);
    return usage;
}

void map_tool(Attributes& attributes, Draft& draft) {
    draft.event.kind = Kind::kToolCall;
    std::string_view tool = attributes.take(Key::kToolName);
    if (!tool.empty()) draft.event.name = tool;
    draft.arguments = attributes.text(Key::kToolArguments);
    draft.output = attributes.text(Key::kToolResult);
    set_success(attributes, draft.event);
}

}  // namespace nightshift::ingest::dialects
