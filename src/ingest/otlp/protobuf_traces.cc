#include "ingest/otlp/protobuf.h"

namespace nightshift::ingest::otlp::protobuf {
namespace {

// Of a span's events only two kinds matter: exceptions, and the mark of the first token.
void read_event(pbf_reader message, SpanView& span) {
    uint64_t time_ns = 0;
    std::string_view name;
    pbf_reader whole = message;
    while (message.next()) {
        switch (message.tag_and_type()) {
            case tag_and_type(1, kFixed64):
                time_ns = message.get_fixed64();
                break;
            case tag_and_type(2, kBytes):
                name = message.get_view();
                break;
            default:
                message.skip();
        }
    }
    if (name != "exception") {
        span.note_event(name, time_ns);
        return;
    }
    while (whole.next(3, kBytes)) {
        std::string_view key;
        std::string_view value;
        pbf_reader attribute = whole.get_message();
        while (attribute.next()) {
            switch (attribute.tag_and_type()) {
                case tag_and_type(1, kBytes):
                    key = attribute.get_view();
                    break;
                case tag_and_type(2, kBytes):
                    value = attribute.get_view();
                    break;
                default:
                    attribute.skip();
            }
        }
        if (key != "exception.type") continue;
        pbf_reader any(value);
        while (any.next(1, kBytes)) span.exception_type = any.get_view();
    }
}

void read_status(pbf_reader message, SpanView& span) {
    while (message.next()) {
        switch (message.tag_and_type()) {
            case tag_and_type(2, kBytes):
                span.status_message = message.get_view();
                break;
            case tag_and_type(3, kVarint): {
                uint64_t code = message.get_uint64();
                span.status = code <= 2 ? static_cast<SpanStatus>(code) : SpanStatus::kUnset;
                break;
            }
            default:
                message.skip();
        }
    }
}

void read_span(pbf_reader message, SpanView& span) {
    span.clear();
    while (message.next()) {
        switch (message.tag_and_type()) {
            case tag_and_type(1, kBytes):
                span.trace_id = message.get_view();
                break;
            case tag_and_type(2, kBytes):
                span.span_id = message.get_view();
                break;
            case tag_and_type(4, kBytes):
                span.parent_span_id = message.get_view();
                break;
            case tag_and_type(5, kBytes):
                span.name = message.get_view();
                break;
            case tag_and_type(6, kVarint):
                span.kind = message.get_uint32();
                break;
            case tag_and_type(7, kFixed64):
                span.start_ns = message.get_fixed64();
                break;
            case tag_and_type(8, kFixed64):
                span.end_ns = message.get_fixed64();
                break;
            case tag_and_type(9, kBytes):
                read_attribute(message.get_message(), span.attributes);
                break;
            case tag_and_type(11, kBytes):
                read_event(message.get_message(), span);
                break;
            case tag_and_type(15, kBytes):
                read_status(message.get_message(), span);
                break;
            default:
                message.skip();
        }
    }
}

}  // namespace

void read_traces(pbf_reader request, Sink& sink) {
    SpanView span;
    read_resources(request, sink, [&](pbf_reader message) {
        read_span(message, span);
        sink.span(span);
    });
}

}  // namespace nightshift::ingest::otlp::protobuf
