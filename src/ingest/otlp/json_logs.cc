#include "ingest/otlp/json.h"

namespace nightshift::ingest::otlp::json {
namespace {

void read_log(object from, LogView& log) {
    log.clear();
    for (auto member : from) {
        std::string_view name = member.unescaped_key();
        if (name == "timeUnixNano") {
            log.time_ns = read_unsigned(member.value());
        } else if (name == "observedTimeUnixNano") {
            log.observed_ns = read_unsigned(member.value());
        } else if (name == "severityNumber") {
            log.severity = static_cast<uint32_t>(read_unsigned(member.value()));
        } else if (name == "severityText") {
            log.severity_text = read_text(member.value());
        } else if (name == "eventName") {
            log.event_name = read_text(member.value());
        } else if (name == "body") {
            log.body = read_value(member.value(), log.attributes);
        } else if (name == "attributes") {
            read_attributes(member.value(), log.attributes);
        } else if (name == "traceId") {
            log.trace_id = read_id(member.value(), log.attributes);
        } else if (name == "spanId") {
            log.span_id = read_id(member.value(), log.attributes);
        }
    }
}

}  // namespace

void read_logs(object request, Sink& sink) {
    LogView log;
    read_resources(request, {"resourceLogs", "scopeLogs", "logRecords"}, sink, [&](object record) {
        read_log(record, log);
        sink.log(log);
    });
}

}  // namespace nightshift::ingest::otlp::json
