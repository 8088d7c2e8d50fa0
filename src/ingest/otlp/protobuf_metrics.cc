#include "ingest/otlp/protobuf.h"

namespace nightshift::ingest::otlp::protobuf {
namespace {

constexpr uint64_t kNoRecordedValue = 1;  // DataPointFlags

// What all points of a metric share; a point is read into a copy of it.
struct Metric {
    std::string_view name;
    std::string_view unit;
    PointType type = PointType::kGauge;
    Temporality temporality = Temporality::kUnspecified;
    bool is_monotonic = false;
};

void start_point(PointView& point, const Metric& metric) {
    point.clear();
    point.metric = metric.name;
    point.unit = metric.unit;
    point.type = metric.type;
    point.temporality = metric.temporality;
    point.is_monotonic = metric.is_monotonic;
}

// False for a point that says it has no value.
bool read_number_point(pbf_reader message, PointView& point) {
    bool has_value = true;
    while (message.next()) {
        switch (message.tag_and_type()) {
            case tag_and_type(2, kFixed64):
                point.start_ns = message.get_fixed64();
                break;
            case tag_and_type(3, kFixed64):
                point.time_ns = message.get_fixed64();
                break;
            case tag_and_type(4, kFixed64):
                point.value = message.get_double();
                break;
            case tag_and_type(6, kFixed64):
                point.value = static_cast<double>(message.get_sfixed64());
                break;
            case tag_and_type(7, kBytes):
                read_attribute(message.get_message(), point.attributes);
                break;
            case tag_and_type(8, kVarint):
                has_value = (message.get_uint64() & kNoRecordedValue) == 0;
                break;
            default:
                message.skip();
        }
    }
    return has_value;
}

// The field numbers that differ between histograms, exponential histograms and summaries.
struct HistogramFields {
    uint32_t attributes;
    uint32_t flags;
    uint32_t min;
    uint32_t max;
};

bool read_histogram_point(pbf_reader message, PointView& point, const HistogramFields& fields) {
    bool has_value = true;
    while (message.next()) {
        const uint32_t tag = message.tag();
        const auto type = message.wire_type();
        if (tag == fields.attributes && type == kBytes) {
            read_attribute(message.get_message(), point.attributes);
        } else if (tag == fields.flags && type == kVarint) {
            has_value = (message.get_uint64() & kNoRecordedValue) == 0;
        } else if (type != kFixed64) {
            message.skip();
        } else if (tag == 2) {
            point.start_ns = message.get_fixed64();
        } else if (tag == 3) {
            point.time_ns = message.get_fixed64();
        } else if (tag == 4) {
            point.count = message.get_fixed64();
        } else if (tag == 5) {
            point.sum = message.get_double();
        } else if (tag == fields.min) {
            point.min = message.get_double();
        } else if (tag == fields.max) {
            point.max = message.get_double();
        } else {
            message.skip();
        }
    }
    return has_value;
}

// Gauge, Sum, Histogram, ExponentialHistogram and Summary: points (1), temporality (2), monotonic (3). The
// points come first on the wire, so the rest is read ahead.
template <class ReadPoint>
void read_points(pbf_reader message, Metric metric, PointView& point, Sink& sink, ReadPoint read_point) {
    pbf_reader head = message;
    while (head.next()) {
        switch (head.tag_and_type()) {
            case tag_and_type(2, kVarint): {
                uint64_t temporality = head.get_uint64();
                metric.temporality =
                    temporality <= 2 ? static_cast<Temporality>(temporality) : Temporality::kUnspecified;
                break;
            }
            case tag_and_type(3, kVarint):
                metric.is_monotonic = head.get_bool();
                break;
            default:
                head.skip();
        }
    }
    while (message.next(1, kBytes)) {
        start_point(point, metric);
        if (read_point(message.get_message(), point)) sink.point(point);
    }
}

void read_metric(pbf_reader message, PointView& point, Sink& sink) {
    Metric metric;
    pbf_reader head = message;
    while (head.next()) {
        switch (head.tag_and_type()) {
            case tag_and_type(1, kBytes):
                metric.name = head.get_view();
                break;
            case tag_and_type(3, kBytes):
                metric.unit = head.get_view();
                break;
            default:
                head.skip();
        }
    }
    auto read_histogram = [](const HistogramFields& fields) {
        return [fields](pbf_reader at, PointView& to) { return read_histogram_point(at, to, fields); };
    };
    while (message.next()) {
        switch (message.tag_and_type()) {
            case tag_and_type(5, kBytes):
                metric.type = PointType::kGauge;
                read_points(message.get_message(), metric, point, sink, read_number_point);
                break;
            case tag_and_type(7, kBytes):
                metric.type = PointType::kSum;
                read_points(message.get_message(), metric, point, sink, read_number_point);
                break;
            case tag_and_type(9, kBytes):
                metric.type = PointType::kHistogram;
                read_points(message.get_message(), metric, point, sink, read_histogram({9, 10, 11, 12}));
                break;
            case tag_and_type(10, kBytes):
                metric.type = PointType::kHistogram;
                read_points(message.get_message(), metric, point, sink, read_histogram({1, 10, 12, 13}));
                break;
            case tag_and_type(11, kBytes):
                metric.type = PointType::kHistogram;
                metric.temporality = Temporality::kCumulative;
                read_points(message.get_message(), metric, point, sink, read_histogram({7, 8, 0, 0}));
                break;
            default:
                message.skip();
        }
    }
}

}  // namespace

void read_metrics(pbf_reader request, Sink& sink) {
    PointView point;
    read_resources(request, sink, [&](pbf_reader message) { read_metric(message, point, sink); });
}

}  // namespace nightshift::ingest::otlp::protobuf
