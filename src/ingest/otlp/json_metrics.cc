#include "ingest/otlp/json.h"

namespace nightshift::ingest::otlp::json {
namespace {

constexpr uint64_t kNoRecordedValue = 1;  // DataPointFlags

// False for a point that says it has no value.
bool read_point(object from, PointView& point) {
    bool has_value = true;
    for (auto member : from) {
        std::string_view name = member.unescaped_key();
        if (name == "startTimeUnixNano") {
            point.start_ns = read_unsigned(member.value());
        } else if (name == "timeUnixNano") {
            point.time_ns = read_unsigned(member.value());
        } else if (name == "asDouble" || name == "asInt") {
            point.value = read_double(member.value());
        } else if (name == "count") {
            point.count = read_unsigned(member.value());
        } else if (name == "sum") {
            point.sum = read_double(member.value());
        } else if (name == "min") {
            point.min = read_double(member.value());
        } else if (name == "max") {
            point.max = read_double(member.value());
        } else if (name == "flags") {
            has_value = (read_unsigned(member.value()) & kNoRecordedValue) == 0;
        } else if (name == "attributes") {
            read_attributes(member.value(), point.attributes);
        }
    }
    return has_value;
}

struct Metric {
    std::string_view name;
    std::string_view unit;
};

void read_points(object from, const Metric& metric, PointType type, Temporality fixed, PointView& point,
                 Sink& sink) {
    Temporality temporality = fixed;
    bool is_monotonic = false;
    auto found = from.find_field_unordered("aggregationTemporality");
    if (!found.error()) {
        uint64_t number = read_unsigned(found.value());
        temporality = number <= 2 ? static_cast<Temporality>(number) : Temporality::kUnspecified;
    }
    found = from.find_field_unordered("isMonotonic");
    if (!found.error() && !found.is_null()) is_monotonic = found.get_bool();
    found = from.find_field_unordered("dataPoints");
    if (found.error() == simdjson::NO_SUCH_FIELD || found.is_null()) return;
    for (object record : found.get_array()) {
        point.clear();
        point.metric = metric.name;
        point.unit = metric.unit;
        point.type = type;
        point.temporality = temporality;
        point.is_monotonic = is_monotonic;
        if (read_point(record, point)) sink.point(point);
    }
}

void read_metric(object from, PointView& point, Sink& sink) {
    struct Part {
        std::string_view name;
        PointType type;
        Temporality temporality;
    };
    constexpr Part kParts[] = {{"gauge", PointType::kGauge, Temporality::kUnspecified},
                               {"sum", PointType::kSum, Temporality::kUnspecified},
                               {"histogram", PointType::kHistogram, Temporality::kUnspecified},
                               {"exponentialHistogram", PointType::kHistogram, Temporality::kUnspecified},
                               {"summary", PointType::kHistogram, Temporality::kCumulative}};
    Metric metric;
    auto text = from.find_field_unordered("name");
    if (!text.error()) metric.name = read_text(text.value());
    text = from.find_field_unordered("unit");
    if (!text.error()) metric.unit = read_text(text.value());
    for (const Part& part : kParts) {
        auto found = from.find_field_unordered(part.name);
        if (found.error() == simdjson::NO_SUCH_FIELD || found.is_null()) continue;
        read_points(found.get_object(), metric, part.type, part.temporality, point, sink);
    }
}

}  // namespace

void read_metrics(object request, Sink& sink) {
    PointView point;
    read_resources(request, {"resourceMetrics", "scopeMetrics", "metrics"}, sink,
                   [&](object record) { read_metric(record, point, sink); });
}

}  // namespace nightshift::ingest::otlp::json
