#include "gateway/genai_metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/text.h"

namespace nightshift::gateway {
namespace {

struct Metric {
    std::string_view name;
    std::string_view unit;
    std::span<const double> bounds;
};

// The bounds that the conventions advise.
constexpr double kTokenBounds[] = {1,     4,      16,      64,      256,       1'024,      4'096,
                                   16384, 65'536, 262'144, 1048576, 4'194'304, 16'777'216, 67'108'864};
constexpr double kSecondBounds[] = {0.01, 0.02, 0.04, 0.08,  0.16,  0.32,  0.64,
                                    1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92};
constexpr double kFirstTokenBounds[] = {0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1,
                                        0.25,  0.5,   0.75, 1,    2.5,  5,    7.5,  10};

enum MetricIndex : size_t { kTokens, kDuration, kFirstChunk, kFirstToken, kMetrics };
const Metric kAll[kMetrics] = {
    {"gen_ai.client.token.usage", "{token}", kTokenBounds},
    {"gen_ai.client.operation.duration", "s", kSecondBounds},
    {"gen_ai.client.operation.time_to_first_chunk", "s", kSecondBounds},
    {"gen_ai.server.time_to_first_token", "s", kFirstTokenBounds},
};

void add_text(std::string& out, std::string_view key, std::string_view value) {
    if (value.empty()) return;
    if (out.back() != '[') out += ',';
    out += fmt::format(R"({{"key":"{}","value":{{"stringValue":)", key);
    append_json_string(out, value);
    out += "}}";
}

void add_number(std::string& out, std::string_view key, uint64_t value) {
    if (value == 0) return;
    if (out.back() != '[') out += ',';
    out += fmt::format(R"({{"key":"{}","value":{{"intValue":"{}"}}}})", key, value);
}

// Without its closing bracket, so that more can follow.
std::string common_attributes(const recorder::Event& event, std::string_view model) {
    std::string out = "[";
    add_text(out, "gen_ai.operation.name", event.name);
    add_text(out, "gen_ai.provider.name", event.provider);
    add_text(out, "gen_ai.request.model", model);
    add_text(out, "error.type", event.error_type);
    return out;
}

std::string_view resource() {
    return R"({"attributes":[{"key":"service.name","value":{"stringValue":"nightshift-gateway"}}]})";
}

int64_t unix_ns(Time time) {
    return unix_us(time) * 1'000;
}

}  // namespace

void GenAiMetrics::record(size_t metric, const std::string& attributes, double value) {
    const std::span<const double> bounds = kAll[metric].bounds;
    Series& series = series_[{metric, attributes}];
    series.counts.resize(bounds.size() + 1);
    const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), value) - bounds.begin();
    ++series.counts[static_cast<size_t>(bucket)];
    ++series.count;
    series.sum += value;
}

void GenAiMetrics::add(const recorder::Event& event) {
    if (event.kind != recorder::Kind::kModelCall) return;
    const bool is_full = series_.size() >= kSeriesMax;
    const std::string attributes = common_attributes(event, is_full ? "other" : event.model);
    if (event.duration_us >= 0)
        record(kDuration, attributes + "]", static_cast<double>(event.duration_us) / 1e6);
    if (event.ttft_us >= 0) {
        record(kFirstChunk, attributes + "]", static_cast<double>(event.ttft_us) / 1e6);
        record(kFirstToken, attributes + "]", static_cast<double>(event.ttft_us) / 1e6);
    }
    for (auto [type, tokens] : {std::pair{"input", event.input_tokens}, {"output", event.output_tokens}}) {
        if (tokens == 0) continue;
        std::string with_type = attributes;
        add_text(with_type, "gen_ai.token.type", type);
        record(kTokens, with_type + "]", static_cast<double>(tokens));
    }
}

std::string GenAiMetrics::encode(Time now) const {
    std::string out = fmt::format(
        R"({{"resourceMetrics":[{{"resource":{},"scopeMetrics":[{{"scope":{{"name":"nightshift"}},"metrics":[)",
        resource());
    bool is_first_metric = true;
    for (size_t metric = 0; metric < kMetrics; ++metric) {
        std::string points;
        for (auto at = series_.lower_bound({metric, ""}); at != series_.end() && at->first.first == metric;
             ++at) {
            const Series& series = at->second;
            if (!points.empty()) points += ',';
            points += fmt::format(
                R"({{"attributes":{},"startTimeUnixNano":"{}","timeUnixNano":"{}","count":"{}","sum":{},"bucketCounts":["{}"],"explicitBounds":[{}]}})",
                at->first.second, unix_ns(started_), unix_ns(now), series.count, series.sum,
                fmt::join(series.counts, "\",\""), fmt::join(kAll[metric].bounds, ","));
        }
        if (points.empty()) continue;
        if (!is_first_metric) out += ',';
        is_first_metric = false;
        out += fmt::format(
            R"({{"name":"{}","unit":"{}","histogram":{{"aggregationTemporality":2,"dataPoints":[{}]}}}})",
            kAll[metric].name, kAll[metric].unit, points);
    }
    out += "]}]}]}";
    return out;
}

std::string encode_spans(const std::vector<const recorder::Event*>& calls) {
    std::string out = fmt::format(
        R"({{"resourceSpans":[{{"resource":{},"scopeSpans":[{{"scope":{{"name":"nightshift"}},"spans":[)",
        resource());
    bool is_first = true;
    for (const recorder::Event* call : calls) {
        if (!is_first) out += ',';
        is_first = false;
        // A call without a trace of its client's is one of its own.
        const std::string trace = call->trace.empty() ? std::string(call->span) + std::string(call->span)
                                                      : std::string(call->trace);
        out += fmt::format(R"({{"traceId":"{}","spanId":"{}",)", trace, call->span);
        if (!call->parent_span.empty()) out += fmt::format(R"("parentSpanId":"{}",)", call->parent_span);
        out += R"("name":)";
        append_json_string(out, std::string(call->name) + " " + std::string(call->model));
        const int64_t end_us = call->time_us + std::max<int64_t>(call->duration_us, 0);
        out += fmt::format(R"(,"kind":3,"startTimeUnixNano":"{}","endTimeUnixNano":"{}","attributes":)",
                           call->time_us * 1'000, end_us * 1'000);
        std::string attributes = common_attributes(*call, call->model);
        add_text(attributes, "gen_ai.conversation.id", call->session);
        add_text(attributes, "gen_ai.agent.name", call->agent);
        add_number(attributes, "gen_ai.usage.input_tokens", call->input_tokens);
        add_number(attributes, "gen_ai.usage.output_tokens", call->output_tokens);
        add_number(attributes, "gen_ai.usage.cache_read.input_tokens", call->cache_read_tokens);
        add_number(attributes, "gen_ai.usage.cache_creation.input_tokens", call->cache_write_tokens);
        add_number(attributes, "gen_ai.usage.reasoning.output_tokens", call->reasoning_tokens);
        out += attributes + "]";
        const bool is_good =
            call->status == recorder::Status::kOk || call->status == recorder::Status::kCancelled;
        out += fmt::format(R"(,"status":{{"code":{}}}}})", is_good ? 0 : 2);
    }
    out += "]}]}]}";
    return out;
}

}  // namespace nightshift::gateway
