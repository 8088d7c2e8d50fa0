#include "ingest/otlp/json.h"

namespace nightshift::ingest::otlp::json {
namespace {

void read_events(value from, SpanView& span) {
    if (from.is_null()) return;
    Attributes attributes;
    for (object event : from.get_array()) {
        uint64_t time_ns = 0;
        std::string_view name;
        attributes.clear();
        for (auto member : event) {
            std::string_view key = member.unescaped_key();
            if (key == "timeUnixNano") time_ns = read_unsigned(member.value());
            if (key == "name") name = read_text(member.value());
            if (key == "attributes") read_attributes(member.value(), attributes);
        }
        if (name == "exception") {
            span.exception_type = attributes.text(Key::kExceptionType);
        } else {
            span.note_event(name, time_ns);
        }
    }
}

void read_status(value from, SpanView& span) {
    if (from.is_null()) return;
    for (auto member : from.get_object()) {
        std::string_view name = member.unescaped_key();
        if (name == "message") span.status_message = read_text(member.value());
        if (name == "code") {
            uint64_t code = read_unsigned(member.value());
            span.status = code <= 2 ? static_cast<SpanStatus>(code) : SpanStatus::kUnset;
        }
    }
}

void read_span(object from, SpanView& span) {
    span.clear();
    for (auto member : from) {
        std::string_view name = member.unescaped_key();
        if (name == "traceId") {
            span.trace_id = read_id(member.value(), span.attributes);
        } else if (name == "spanId") {
            span.span_id = read_id(member.value(), span.attributes);
        } else if (name == "parentSpanId") {
            span.parent_span_id = read_id(member.value(), span.attributes);
        } else if (name == "name") {
            span.name = read_text(member.value());
        } else if (name == "kind") {
            span.kind = static_cast<uint32_t>(read_unsigned(member.value()));
        } else if (name == "startTimeUnixNano") {
            span.start_ns = read_unsigned(member.value());
        } else if (name == "endTimeUnixNano") {
            span.end_ns = read_unsigned(member.value());
        } else if (name == "attributes") {
            read_attributes(member.value(), span.attributes);
        } else if (name == "events") {
            read_events(member.value(), span);
        } else if (name == "status") {
            read_status(member.value(), span);
        }
    }
}

}  // namespace

void read_traces(object request, Sink& sink) {
    SpanView span;
    read_resources(request, {"resourceSpans", "scopeSpans", "spans"}, sink, [&](object record) {
        read_span(record, span);
        sink.span(span);
    });
}

}  // namespace nightshift::ingest::otlp::json
