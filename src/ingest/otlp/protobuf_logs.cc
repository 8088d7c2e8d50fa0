#include "ingest/otlp/protobuf.h"

namespace nightshift::ingest::otlp::protobuf {
namespace {

void read_log(pbf_reader message, LogView& log) {
    log.clear();
    while (message.next()) {
        switch (message.tag_and_type()) {
            case tag_and_type(1, kFixed64):
                log.time_ns = message.get_fixed64();
                break;
            case tag_and_type(2, kVarint):
                log.severity = message.get_uint32();
                break;
            case tag_and_type(3, kBytes):
                log.severity_text = message.get_view();
                break;
            case tag_and_type(5, kBytes):
                log.body = read_value(message.get_message(), log.attributes);
                break;
            case tag_and_type(6, kBytes):
                read_attribute(message.get_message(), log.attributes);
                break;
            case tag_and_type(9, kBytes):
                log.trace_id = message.get_view();
                break;
            case tag_and_type(10, kBytes):
                log.span_id = message.get_view();
                break;
            case tag_and_type(11, kFixed64):
                log.observed_ns = message.get_fixed64();
                break;
            case tag_and_type(12, kBytes):
                log.event_name = message.get_view();
                break;
            default:
                message.skip();
        }
    }
}

}  // namespace

void read_logs(pbf_reader request, Sink& sink) {
    LogView log;
    read_resources(request, sink, [&](pbf_reader message) {
        read_log(message, log);
        sink.log(log);
    });
}

}  // namespace nightshift::ingest::otlp::protobuf
