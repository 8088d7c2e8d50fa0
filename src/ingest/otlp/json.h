#pragma once

// Only for the .cc files here: simdjson is a heavy header.
#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "ingest/otlp/view.h"

// OTLP/JSON: ids are hex, enumerations are numbers, 64-bit integers are text or numbers, unknown members are
// ignored and null is the default. All functions throw simdjson::simdjson_error on what is not such JSON.
namespace nightshift::ingest::otlp::json {

using simdjson::ondemand::object;
using simdjson::ondemand::value;

// A member, or nothing when there is none or it is null. Any other failure leaves the document unusable and
// throws.
std::optional<value> find_member(object& from, std::string_view name);

std::string_view read_text(value from);
uint64_t read_unsigned(value from);
double read_double(value from);

// Hex to raw bytes, kept in `memory`. What is not hex comes back as it is, so that its length gives it away.
std::string_view read_id(value from, Attributes& memory);

// One AnyValue; nested values are rendered into `memory`.
Value read_value(value from, Attributes& memory);
// An array of KeyValues, added to `attributes`.
void read_attributes(value from, Attributes& attributes);

// One file a signal.
void read_traces(object request, Sink& sink);
void read_metrics(object request, Sink& sink);
void read_logs(object request, Sink& sink);

void read_resource(object& from, ResourceView& resource);
void read_scope(object& from, ScopeView& scope);

// Calls `read_record(object)` for each record. `names` are "resourceSpans", "scopeSpans" and "spans" or their
// like. Members may come in any order.
struct Names {
    std::string_view resources;
    std::string_view scopes;
    std::string_view records;
};
template <class ReadRecord>
void read_resources(object request, const Names& names, Sink& sink, ReadRecord read_record) {
    ResourceView resource;
    std::optional<value> resources = find_member(request, names.resources);
    if (!resources) return;
    for (object by_resource : resources->get_array()) {
        read_resource(by_resource, resource);
        sink.resource(resource);
        std::optional<value> scopes = find_member(by_resource, names.scopes);
        if (!scopes) continue;
        for (object by_scope : scopes->get_array()) {
            ScopeView scope;
            read_scope(by_scope, scope);
            sink.scope(scope);
            std::optional<value> records = find_member(by_scope, names.records);
            if (!records) continue;
            for (object record : records->get_array()) read_record(record);
        }
    }
}

}  // namespace nightshift::ingest::otlp::json
