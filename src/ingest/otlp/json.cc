#include "ingest/otlp/json.h"

#include <cmath>
#include <limits>
#include <string>

#include "base/text.h"
#include "ingest/otlp/decode.h"
#include "ingest/otlp/json_text.h"

namespace nightshift::ingest::otlp {
namespace json {
namespace {

using simdjson::ondemand::array;
using simdjson::ondemand::json_type;

int64_t read_signed(value from) {
    if (from.type() != json_type::string) {
        simdjson::ondemand::number number = from.get_number();
        return number.is_int64() ? number.get_int64() : static_cast<int64_t>(number.as_double());
    }
    std::optional<int64_t> parsed = parse_int(std::string_view(from.get_string()));
    if (!parsed) throw simdjson::simdjson_error(simdjson::NUMBER_ERROR);
    return *parsed;
}

void render_value(value from, std::string& out, int depth);

void render_members(value from, std::string& out, int depth, bool is_map) {
    out += is_map ? '{' : '[';
    bool is_first = true;
    for (auto member : from.get_object()) {
        if (std::string_view(member.unescaped_key()) != "values") continue;
        for (value item : member.value().get_array()) {
            if (!is_first) out += ',';
            is_first = false;
            if (!is_map) {
                render_value(item, out, depth);
                continue;
            }
            object pair = item.get_object();
            std::optional<value> key = find_member(pair, "key");
            append_json_text(out, key ? read_text(*key) : std::string_view());
            out += ':';
            std::optional<value> inner = find_member(pair, "value");
            if (inner) {
                render_value(*inner, out, depth);
            } else {
                out += "null";
            }
        }
    }
    out += is_map ? '}' : ']';
}

// Reads the one member of an AnyValue. Nested values go to `out` as JSON and are reported as kJson.
Value read_member(std::string_view name, value from, Attributes* memory, std::string& out, int depth) {
    Value result;
    if (from.is_null()) return result;
    if (name == "stringValue") {
        result.type = Value::Type::kString;
        result.text = from.get_string();
    } else if (name == "intValue") {
        result.type = Value::Type::kInt;
        result.integer = read_signed(from);
    } else if (name == "doubleValue") {
        result.type = Value::Type::kDouble;
        result.number = read_double(from);
    } else if (name == "boolValue") {
        result.type = Value::Type::kBool;
        result.integer = from.get_bool() ? 1 : 0;
    } else if (name == "arrayValue" || name == "kvlistValue") {
        result.type = Value::Type::kJson;
        if (depth >= kNestingMax) {
            out += "null";
        } else {
            render_members(from, out, depth + 1, name == "kvlistValue");
        }
    } else if (name == "bytesValue") {
        std::string_view text = from.get_string();
        std::optional<std::string> bytes = base64_decode(text);
        result.type = memory != nullptr && bytes ? Value::Type::kBytes : Value::Type::kString;
        result.text = memory != nullptr && bytes ? memory->keep(std::move(*bytes)) : text;
    }
    return result;
}

void render_value(value from, std::string& out, int depth) {
    Value found;
    for (auto member : from.get_object()) {
        Value read = read_member(member.unescaped_key(), member.value(), nullptr, out, depth);
        if (read.type != Value::Type::kNone) found = read;
    }
    if (found.type != Value::Type::kJson) append_json_value(out, found);
}

}  // namespace

// Not find_field_unordered(): where its second search meets what is no JSON, it takes that for impossible.
std::optional<value> find_member(object& from, std::string_view name) {
    if (from.reset().value()) {
        for (auto each : from) {
            simdjson::ondemand::raw_json_string key = each.key();
            if (!(key == name)) continue;
            value member = each.value();
            if (member.is_null()) return std::nullopt;
            return member;
        }
    }
    return std::nullopt;
}

std::string_view read_text(value from) {
    if (from.is_null()) return {};
    return from.get_string();
}

uint64_t read_unsigned(value from) {
    if (from.is_null()) return 0;
    if (from.type() == json_type::string) {
        std::optional<uint64_t> parsed = parse_uint(std::string_view(from.get_string()));
        if (!parsed) throw simdjson::simdjson_error(simdjson::NUMBER_ERROR);
        return *parsed;
    }
    simdjson::ondemand::number number = from.get_number();
    if (number.is_uint64()) return number.get_uint64();
    if (number.is_int64()) return number.get_int64() < 0 ? 0 : static_cast<uint64_t>(number.get_int64());
    double real = number.as_double();
    return real > 0 && real < 1.8e19 ? static_cast<uint64_t>(real) : 0;
}

double read_double(value from) {
    if (from.is_null()) return 0;
    if (from.type() == json_type::string) {
        std::string_view text = from.get_string();
        return parse_double(text).value_or(std::numeric_limits<double>::quiet_NaN());  // "NaN", "Infinity"
    }
    simdjson::ondemand::number number = from.get_number();
    return number.as_double();
}

std::string_view read_id(value from, Attributes& memory) {
    std::string_view text = read_text(from);
    std::optional<std::string> bytes = from_hex(text);
    return bytes && !bytes->empty() ? memory.keep(std::move(*bytes)) : text;
}

Value read_value(value from, Attributes& memory) {
    std::string rendered;
    Value found;
    if (from.is_null()) return found;
    for (auto member : from.get_object()) {
        Value read = read_member(member.unescaped_key(), member.value(), &memory, rendered, 0);
        if (read.type != Value::Type::kNone) found = read;
    }
    if (found.type == Value::Type::kJson) found.text = memory.keep(std::move(rendered));
    return found;
}

void read_attributes(value from, Attributes& attributes) {
    if (from.is_null()) return;
    for (object pair : from.get_array()) {
        std::string_view key;
        Value found;
        for (auto member : pair) {
            std::string_view name = member.unescaped_key();
            if (name == "key") key = read_text(member.value());
            if (name == "value") found = read_value(member.value(), attributes);
        }
        attributes.add(key, found);
    }
}

void read_resource(object& from, ResourceView& resource) {
    resource.attributes.clear();
    std::optional<value> found = find_member(from, "resource");
    if (!found) return;
    for (auto member : found->get_object()) {
        if (std::string_view(member.unescaped_key()) == "attributes") {
            read_attributes(member.value(), resource.attributes);
        }
    }
}

void read_scope(object& from, ScopeView& scope) {
    std::optional<value> found = find_member(from, "scope");
    if (!found) return;
    for (auto member : found->get_object()) {
        std::string_view name = member.unescaped_key();
        if (name == "name") scope.name = read_text(member.value());
        if (name == "version") scope.version = read_text(member.value());
    }
}

}  // namespace json

Result<void> decode_json(Signal signal, std::string& body, Sink& sink) {
    body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
    try {
        simdjson::ondemand::parser parser;
        simdjson::padded_string_view padded(body.data(), body.size(), body.capacity());
        simdjson::ondemand::document document = parser.iterate(padded);
        simdjson::ondemand::object request = document.get_object();
        switch (signal) {
            case Signal::kTraces:
                json::read_traces(request, sink);
                break;
            case Signal::kMetrics:
                json::read_metrics(request, sink);
                break;
            case Signal::kLogs:
                json::read_logs(request, sink);
                break;
        }
    } catch (const simdjson::simdjson_error& broken) {
        return fail(Code::kInvalid, "the body is not an OTLP JSON request: {}", broken.what());
    }
    return {};
}

}  // namespace nightshift::ingest::otlp
