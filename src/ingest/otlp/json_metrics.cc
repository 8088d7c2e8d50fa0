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
    if (std::optional<value> found = find_member(from, "aggregationTemporality")) {
        uint64_t number = read_unsigned(*found);
        temporality = number <= 2 ? static_cast<Temporality>(number) : Temporality::kUnspecified;
    }
    if (std::optional<value> found = find_member(from, "isMonotonic")) is_monotonic = found->get_bool();
    std::optional<value> points = find_member(from, "dataPoints");
    if (!points) return;
    for (object record : points->get_array()) {
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
    if (std::optional<value> name = find_member(from, "name")) metric.name = read_text(*name);
    if (std::optional<value> unit = find_member(from, "unit")) metric.unit = read_text(*unit);
    for (const Part& part : kParts) {
        std::optional<value> found = find_member(from, part.name);
        if (found) read_points(found->get_object(), metric, part.type, part.temporality, point, sink);
    }
}

}  // namespace

void read_metrics(object request, Sink& sink) {
    PointView point;
    read_resources(request, {"resourceMetrics", "scopeMetrics", "metrics"}, sink,
                   [&](object record) { read_metric(record, point, sink); });
}

}  // namespace nightshift::ingest::otlp::json
