#include "ingest/otlp/protobuf.h"

#include <string>

#include "ingest/otlp/decode.h"
#include "ingest/otlp/json_text.h"

namespace nightshift::ingest::otlp {
namespace protobuf {
namespace {

void render_value(pbf_reader message, std::string& out, int depth);

void render_array(pbf_reader message, std::string& out, int depth) {
    out += '[';
    while (message.next(1, kBytes)) {
        if (out.back() != '[') out += ',';
        render_value(message.get_message(), out, depth);
    }
    out += ']';
}

void render_map(pbf_reader message, std::string& out, int depth) {
    out += '{';
    bool is_first = true;
    while (message.next(1, kBytes)) {
        std::string_view key;
        std::string_view value;
        pbf_reader member = message.get_message();
        while (member.next()) {
            switch (member.tag_and_type()) {
                case tag_and_type(1, kBytes):
                    key = member.get_view();
                    break;
                case tag_and_type(2, kBytes):
                    value = member.get_view();
                    break;
                default:
                    member.skip();
            }
        }
        if (!is_first) out += ',';
        is_first = false;
        append_json_text(out, key);
        out += ':';
        render_value(pbf_reader(value), out, depth);
    }
    out += '}';
}

void render_value(pbf_reader message, std::string& out, int depth) {
    Value value;
    pbf_reader nested;
    bool is_array = false;
    bool is_map = false;
    while (message.next()) {
        switch (message.tag_and_type()) {
            case tag_and_type(5, kBytes):
                nested = message.get_message();
                is_array = true;
                break;
            case tag_and_type(6, kBytes):
                nested = message.get_message();
                is_map = true;
                break;
            case tag_and_type(1, kBytes):
                value.type = Value::Type::kString;
                value.text = message.get_view();
                break;
            case tag_and_type(2, kVarint):
                value.type = Value::Type::kBool;
                value.integer = message.get_bool() ? 1 : 0;
                break;
            case tag_and_type(3, kVarint):
                value.type = Value::Type::kInt;
                value.integer = message.get_int64();
                break;
            case tag_and_type(4, kFixed64):
                value.type = Value::Type::kDouble;
                value.number = message.get_double();
                break;
            case tag_and_type(7, kBytes):
                value.type = Value::Type::kBytes;
                value.text = message.get_view();
                break;
            default:
                message.skip();
        }
    }
    if ((is_array || is_map) && depth >= kNestingMax) {
        out += "null";
    } else if (is_array) {
        render_array(nested, out, depth + 1);
    } else if (is_map) {
        render_map(nested, out, depth + 1);
    } else {
        append_json_value(out, value);
    }
}

}  // namespace

Value read_value(pbf_reader message, Attributes& memory) {
    Value value;
    pbf_reader whole = message;
    while (message.next()) {
        switch (message.tag_and_type()) {
            case tag_and_type(1, kBytes):
                value.type = Value::Type::kString;
                value.text = message.get_view();
                break;
            case tag_and_type(2, kVarint):
                value.type = Value::Type::kBool;
                value.integer = message.get_bool() ? 1 : 0;
                break;
            case tag_and_type(3, kVarint):
                value.type = Value::Type::kInt;
                value.integer = message.get_int64();
                break;
            case tag_and_type(4, kFixed64):
                value.type = Value::Type::kDouble;
                value.number = message.get_double();
                break;
            case tag_and_type(5, kBytes):
            case tag_and_type(6, kBytes): {
                std::string rendered;
                render_value(whole, rendered, 0);
                value.type = Value::Type::kJson;
                value.text = memory.keep(std::move(rendered));
                return value;
            }
            case tag_and_type(7, kBytes):
                value.type = Value::Type::kBytes;
                value.text = message.get_view();
                break;
            default:
                message.skip();
        }
    }
    return value;
}

// Most attributes are a short key with a short text, written in the usual order: 0A n key 12 m (0A k text).
// Reads that shape without the general walk; false for anything else.
bool read_short_text(std::string_view message, Attributes& attributes) {
    constexpr size_t kOneByte = 0x80;  // lengths below it take one byte
    const auto* bytes = reinterpret_cast<const uint8_t*>(message.data());
    if (message.size() < 6 || bytes[0] != 0x0A || bytes[1] >= kOneByte) return false;
    const size_t at = 2u + bytes[1];
    if (at + 4 > message.size() || bytes[at] != 0x12 || bytes[at + 1] >= kOneByte || bytes[at + 2] != 0x0A)
        return false;
    const size_t length = bytes[at + 3];
    if (length >= kOneByte || bytes[at + 1] != length + 2 || at + 4 + length != message.size()) return false;
    Value value;
    value.type = Value::Type::kString;
    value.text = message.substr(at + 4);
    attributes.add(message.substr(2, bytes[1]), value);
    return true;
}

void read_attribute(pbf_reader message, Attributes& attributes) {
    if (read_short_text(message.data(), attributes)) return;
    std::string_view key;
    Value value;
    while (message.next()) {
        switch (message.tag_and_type()) {
            case tag_and_type(1, kBytes):
                key = message.get_view();
                break;
            case tag_and_type(2, kBytes):
                value = read_value(message.get_message(), attributes);
                break;
            default:
                message.skip();
        }
    }
    attributes.add(key, value);
}

void read_resource(pbf_reader message, ResourceView& resource) {
    resource.attributes.clear();
    while (message.next(1, kBytes)) {
        pbf_reader head = message.get_message();
        while (head.next(1, kBytes)) read_attribute(head.get_message(), resource.attributes);
    }
}

void read_scope(pbf_reader message, ScopeView& scope) {
    while (message.next(1, kBytes)) {
        pbf_reader head = message.get_message();
        while (head.next()) {
            switch (head.tag_and_type()) {
                case tag_and_type(1, kBytes):
                    scope.name = head.get_view();
                    break;
                case tag_and_type(2, kBytes):
                    scope.version = head.get_view();
                    break;
                default:
                    head.skip();
            }
        }
    }
}

}  // namespace protobuf

Result<void> decode_protobuf(Signal signal, std::string_view body, Sink& sink) {
    try {
        protobuf::pbf_reader request(body);
        switch (signal) {
            case Signal::kTraces:
                protobuf::read_traces(request, sink);
                break;
            case Signal::kMetrics:
                protobuf::read_metrics(request, sink);
                break;
            case Signal::kLogs:
                protobuf::read_logs(request, sink);
                break;
        }
    } catch (const protozero::exception& broken) {
        return fail(Code::kInvalid, "the body is not an OTLP protobuf request: {}", broken.what());
    }
    return {};
}

}  // namespace nightshift::ingest::otlp
