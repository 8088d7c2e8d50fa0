#include <algorithm>

#include "base/text.h"
#include "ingest/dialects/common.h"

// Langfuse's SDK. The order in which it decides what an observation is (its own type, OpenInference, GenAI,
// Vercel, a model's presence) is followed by select_span() and here. Usage and cost are free-form maps in
// JSON.
namespace nightshift::ingest::dialects {
namespace {

// Calls `see(name, number)` for each `"name": number` in JSON text, at any depth.
template <class See>
void for_each_number(std::string_view json, See see) {
    size_t at = 0;
    while ((at = json.find('"', at)) != std::string_view::npos) {
        size_t end = json.find('"', at + 1);
        if (end == std::string_view::npos) return;
        std::string_view name = json.substr(at + 1, end - at - 1);
        at = end + 1;
        size_t colon = json.find_first_not_of(" \t\r\n", at);
        if (colon == std::string_view::npos || json[colon] != ':') continue;
        size_t from = json.find_first_not_of(" \t\r\n", colon + 1);
        if (from == std::string_view::npos) return;
        size_t to = json.find_first_of(",}] \t\r\n", from);
        std::optional<double> number =
            parse_double(json.substr(from, to == std::string_view::npos ? to : to - from));
        if (number) see(name, *number);
    }
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

// Names with a prefix are parts beside "input" and "output"; OpenAI's own names hold their details.
Usage usage_of(std::string_view json) {
    Usage inclusive;
    Usage parts;
    uint64_t input = 0;
    uint64_t output = 0;
    bool is_inclusive = false;
    for_each_number(json, [&](std::string_view name, double number) {
        const auto count = static_cast<uint64_t>(std::max(0.0, std::min(number, 1e15)));
        if (name == "prompt_tokens" || name == "completion_tokens") {
            is_inclusive = true;
            (name == "prompt_tokens" ? inclusive.input : inclusive.output) = count;
        } else if (name == "cached_tokens") {
            inclusive.cache_read = count;
        } else if (name == "reasoning_tokens") {
            inclusive.reasoning = count;
        } else if (contains(name, "cache") && (contains(name, "creation") || contains(name, "write"))) {
            parts.cache_write += count;
        } else if (contains(name, "cache")) {
            parts.cache_read += count;
        } else if (contains(name, "reasoning")) {
            parts.reasoning += count;
        } else if (name.starts_with("input")) {
            input += count;
        } else if (name.starts_with("output")) {
            output += count;
        }
    });
    if (is_inclusive) return inclusive;
    parts.input = input;
    parts.output = output;
    parts.input_is = Usage::Input::kWithoutCaches;
    parts.output_is = Usage::Output::kWithoutReasoning;
    return parts;
}

std::optional<double> cost_of(std::string_view json) {
    std::optional<double> total;
    double sum = 0;
    bool has_parts = false;
    for_each_number(json, [&](std::string_view name, double number) {
        if (name == "total") {
            total = number;
        } else {
            sum += number;
            has_parts = true;
        }
    });
    if (total) return total;
    return has_parts ? std::optional(sum) : std::nullopt;
}

void map_generation(otlp::SpanView& span, Draft& draft) {
    Attributes& attributes = span.attributes;
    recorder::Event& event = draft.event;
    event.kind = Kind::kModelCall;
    map_model(attributes, event);
    event.model = first_of(attributes.take(Key::kLangfuseModel), event.model);
    Usage standard = gen_ai_usage(attributes);
    std::string_view details = attributes.take(Key::kLangfuseUsage);
    set_usage(event, details.empty() ? standard : usage_of(details));
    set_cost_usd(event, attributes.take_number(Key::kCost));
    std::string_view costs = attributes.take(Key::kLangfuseCost);
    if (!costs.empty()) set_cost_usd(event, cost_of(costs));
}

void map_span(const Context&, otlp::SpanView& span, Draft& draft) {
    Attributes& attributes = span.attributes;
    recorder::Event& event = draft.event;
    set_span_status(span, event);
    event.name = span.name;
    std::string_view type = attributes.take(Key::kLangfuseType);
    if (attributes.take(Key::kLangfuseLevel) == "ERROR") event.status = Status::kError;
    if (type == "generation" || type == "embedding" ||
        (type.empty() && attributes.has(Key::kLangfuseModel))) {
        map_generation(span, draft);
    } else if (type == "tool") {
        event.kind = Kind::kToolCall;
        event.name = first_of(attributes.take(Key::kToolName), span.name);
        draft.arguments = attributes.text(Key::kLangfuseInput);
        draft.output = attributes.text(Key::kLangfuseOutput);
    } else if (type == "agent") {
        event.kind = Kind::kTurn;
    } else if (type == "retriever") {
        event.kind = Kind::kRetrieval;
    } else if (type == "guardrail") {
        event.kind = Kind::kHook;
    } else if (type == "event") {
        event.kind = Kind::kLog;
    } else {
        event.kind = Kind::kWorkflow;  // span, chain, evaluator
    }
}

}  // namespace

const Dialect kLangfuse = {"otlp/langfuse", map_span, map_plain_log, map_plain_point};

}  // namespace nightshift::ingest::dialects
