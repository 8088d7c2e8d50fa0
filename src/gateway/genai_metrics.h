#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "recorder/event.h"

// Model calls in the words of OpenTelemetry's GenAI conventions (semconv 1.41), as OTLP/JSON. Pure.
namespace nightshift::gateway {

// Histograms since the start, by operation, provider, model and error. At most kSeriesMax of them: calls of
// further ones are counted under the model "other".
class GenAiMetrics {
public:
    static constexpr size_t kSeriesMax = 2'000;

    explicit GenAiMetrics(Time started) : started_(started) {}
    // Ignores events that are no model calls.
    void add(const recorder::Event& event);
    bool is_empty() const { return series_.empty(); }
    // An ExportMetricsServiceRequest.
    std::string encode(Time now) const;

private:
    static constexpr size_t kBucketsMax = 16;
    struct Series {
        std::vector<uint64_t> counts;
        uint64_t count = 0;
        double sum = 0;
    };
    // name of the metric, then its attributes as JSON: the order in which they are written.
    using Key = std::pair<size_t, std::string>;
    void record(size_t metric, const std::string& attributes, double value);

    Time started_;
    std::map<Key, Series> series_;
};

// An ExportTraceServiceRequest: one CLIENT span a call, without its content.
std::string encode_spans(const std::vector<const recorder::Event*>& calls);

}  // namespace nightshift::gateway
