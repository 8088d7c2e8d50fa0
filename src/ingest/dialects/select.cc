#include "ingest/dialects/dialect.h"

namespace nightshift::ingest::dialects {
namespace {

// Vendors that are known by the scope or the service of what they send.
struct Vendor {
    std::string_view scope;    // prefix of the scope's name
    std::string_view service;  // prefix of service.name
    std::string_view record;   // prefix of a span's, an event's or a metric's name
    const Dialect& dialect;
};

const Vendor kVendors[] = {
    {"com.anthropic.claude_code", "claude-code", "claude_code.", kClaudeCode},
    {"codex_", "codex", "codex.", kCodex},
    {"gemini-cli", "gemini-cli", "gemini_cli.", kGeminiCli},
    {"openclaw", "openclaw", "openclaw.", kOpenClaw},
};

bool starts(std::string_view text, std::string_view prefix) {
    return !prefix.empty() && text.starts_with(prefix);
}

// Codex names its spans freely, so its scope or service is enough; the others' names start with their prefix.
const Vendor* find_vendor(const Context& context, std::string_view record) {
    std::string_view service = context.resource.attributes.text(Key::kServiceName);
    for (const Vendor& vendor : kVendors) {
        const bool is_theirs = starts(context.scope.name, vendor.scope) || starts(service, vendor.service);
        if (starts(record, vendor.record)) return &vendor;
        if (is_theirs && &vendor.dialect == &kCodex) return &vendor;
    }
    return nullptr;
}

bool is_theirs(const Context& context, const Vendor& vendor) {
    return starts(context.scope.name, vendor.scope) ||
           starts(context.resource.attributes.text(Key::kServiceName), vendor.service);
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

bool has_gen_ai(const Attributes& attributes) {
    return attributes.has(Key::kOperation) || attributes.has(Key::kProvider) ||
           attributes.has(Key::kRequestModel) || attributes.has(Key::kInputTokens) ||
           attributes.has(Key::kToolName) || attributes.has(Key::kMcpMethod);
}

}  // namespace

const Dialect& select_span(const Context& context, const otlp::SpanView& span) {
    if (const Vendor* vendor = find_vendor(context, span.name)) return vendor->dialect;
    const Attributes& attributes = span.attributes;
    // From here on in the order in which Langfuse looks, which has seen most mixtures.
    if (attributes.has(Key::kLangfuseType)) return kLangfuse;
    if (attributes.has(Key::kOpenInferenceKind)) return kOpenInference;
    if (attributes.text(Key::kAiOperation).starts_with("ai.")) return kVercelAi;
    if (attributes.has(Key::kTraceloopKind) || contains(context.scope.name, "traceloop")) return kOpenLlmetry;
    if (attributes.has(Key::kLlmRequestType)) return kOpenLlmetry;
    if (has_gen_ai(attributes)) {
        return is_theirs(context, kVendors[2]) ? kGeminiCli : kOtelGenAi;
    }
    if (attributes.has(Key::kLangfuseModel) || starts(context.scope.name, "langfuse")) return kLangfuse;
    return kGeneric;
}

const Dialect& select_log(const Context& context, const otlp::LogView& log) {
    std::string_view name = log.event_name;
    if (name.empty()) name = log.attributes.text(Key::kEventName);
    if (name.empty()) name = log.body.text;
    if (const Vendor* vendor = find_vendor(context, name)) return vendor->dialect;
    for (const Vendor& vendor : kVendors) {
        if (is_theirs(context, vendor)) return vendor.dialect;
    }
    return name.starts_with("gen_ai.") || has_gen_ai(log.attributes) ? kOtelGenAi : kGeneric;
}

const Dialect& select_point(const Context& context, const otlp::PointView& point) {
    if (const Vendor* vendor = find_vendor(context, point.metric)) return vendor->dialect;
    for (const Vendor& vendor : kVendors) {
        if (is_theirs(context, vendor)) return vendor.dialect;
    }
    const bool is_gen_ai = point.metric.starts_with("gen_ai.") || point.metric.starts_with("mcp.");
    return is_gen_ai ? kOtelGenAi : kGeneric;
}

}  // namespace nightshift::ingest::dialects
