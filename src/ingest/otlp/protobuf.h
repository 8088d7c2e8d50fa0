#pragma once

// protozero with string views. Wire types are checked in each switch: protozero asserts on a wrong one.
#define PROTOZERO_USE_VIEW std::string_view

#include <protozero/pbf_reader.hpp>
#include <string_view>

#include "ingest/otlp/view.h"

namespace nightshift::ingest::otlp::protobuf {

using protozero::pbf_reader;
using protozero::tag_and_type;
inline constexpr auto kVarint = protozero::pbf_wire_type::varint;
inline constexpr auto kFixed64 = protozero::pbf_wire_type::fixed64;
inline constexpr auto kBytes = protozero::pbf_wire_type::length_delimited;

// One KeyValue message, added to `attributes`.
void read_attribute(pbf_reader message, Attributes& attributes);
// One AnyValue message; nested values are rendered into `memory`.
Value read_value(pbf_reader message, Attributes& memory);

// One file a signal. They throw protozero::exception on damaged bytes.
void read_traces(pbf_reader request, Sink& sink);
void read_metrics(pbf_reader request, Sink& sink);
void read_logs(pbf_reader request, Sink& sink);

// The parts of every request: ResourceX holds a resource (1) and ScopeXs (2); ScopeX holds a scope (1) and
// records (2). Fields may come in any order, so the head is read first. `message` is taken by value: reading
// advances a copy.
void read_resource(pbf_reader message, ResourceView& resource);
void read_scope(pbf_reader message, ScopeView& scope);

// Calls `read_record(pbf_reader)` for each record of the request.
template <class ReadRecord>
void read_resources(pbf_reader request, Sink& sink, ReadRecord read_record) {
    ResourceView resource;
    while (request.next(1, kBytes)) {
        pbf_reader by_resource = request.get_message();
        read_resource(by_resource, resource);
        sink.resource(resource);
        while (by_resource.next(2, kBytes)) {
            pbf_reader by_scope = by_resource.get_message();
            ScopeView scope;
            read_scope(by_scope, scope);
            sink.scope(scope);
            while (by_scope.next(2, kBytes)) read_record(by_scope.get_message());
        }
    }
}

}  // namespace nightshift::ingest::otlp::protobuf
