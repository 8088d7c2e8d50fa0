#pragma once

#include <cstdint>
#include <string_view>

#include "ingest/otlp/attributes.h"

// What a decoder sees, the same for protobuf and JSON, so that dialects are written once. Everything is a
// view that lives until the sink's method returns; with Body::kStable it lives as long as the request's body.
namespace nightshift::ingest::otlp {

enum class Signal : uint8_t { kTraces, kMetrics, kLogs };

struct ResourceView {
    Attributes attributes;
};

struct ScopeView {
    std::string_view name;
    std::string_view version;
};

enum class SpanStatus : uint8_t { kUnset = 0, kOk = 1, kError = 2 };

// Ids are raw bytes; the mapper checks their length.
struct SpanFields {
    std::string_view trace_id;
    std::string_view span_id;
    std::string_view parent_span_id;
    std::string_view name;
    uint32_t kind =
        0;  // SpanKind of the specification: 1 internal, 2 server, 3 client, 4 producer, 5 consumer
    uint64_t start_ns = 0;
    uint64_t end_ns = 0;
    SpanStatus status = SpanStatus::kUnset;
    std::string_view status_message;
    std::string_view exception_type;  // of its last "exception" event
    uint64_t first_token_ns = 0;  // of the event with which SDKs mark the first piece of an answer; 0: none
};

struct SpanView : SpanFields {
    Attributes attributes;

    // Makes it empty, and keeps the memory of the attributes.
    void clear();
    // Takes note of a span event that says when the first token came.
    void note_event(std::string_view event, uint64_t at_ns);
};

struct LogFields {
    uint64_t time_ns = 0;
    uint64_t observed_ns = 0;
    uint32_t severity = 0;  // SeverityNumber; 17 and above is an error
    std::string_view severity_text;
    std::string_view event_name;
    Value body;
    std::string_view trace_id;
    std::string_view span_id;
};

struct LogView : LogFields {
    Attributes attributes;

    void clear();
};

enum class PointType : uint8_t { kGauge, kSum, kHistogram };
enum class Temporality : uint8_t { kUnspecified = 0, kDelta = 1, kCumulative = 2 };

// One data point of a metric. Histograms of both kinds are reduced to count and sum, min and max; summaries
// too.
struct PointFields {
    std::string_view metric;
    std::string_view unit;
    PointType type = PointType::kGauge;
    Temporality temporality = Temporality::kUnspecified;
    bool is_monotonic = false;
    uint64_t start_ns = 0;
    uint64_t time_ns = 0;
    double value = 0;    // gauges and sums
    uint64_t count = 0;  // histograms
    double sum = 0;
    double min = 0;
    double max = 0;
};

struct PointView : PointFields {
    Attributes attributes;

    void clear();
};

// Takes what a decoder finds, in the order of the request: a resource, a scope of it, its records, the next
// scope, ... Records may be changed by the sink (it marks what it used).
class Sink {
public:
    virtual ~Sink() = default;
    virtual void resource(ResourceView& resource) = 0;
    virtual void scope(const ScopeView& scope) = 0;
    virtual void span(SpanView& span) = 0;
    virtual void log(LogView& log) = 0;
    virtual void point(PointView& point) = 0;
};

}  // namespace nightshift::ingest::otlp
