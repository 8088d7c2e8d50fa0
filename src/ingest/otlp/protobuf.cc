#include "ingest/otlp/protobuf.h"

#include <bit>
#include <cstring>
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

// A length below 16384 at `at`, stepping over it; npos when it is longer or cut.
size_t read_length(std::string_view bytes, size_t& at) {
    if (at + 1 >= bytes.size()) return std::string_view::npos;
    const auto first = static_cast<uint8_t>(bytes[at]);
    const auto second = static_cast<uint8_t>(bytes[at + 1]);
    if (first < 0x80) {
        ++at;
        return first;
    }
    if (second >= 0x80) return std::string_view::npos;
    at += 2;
    return (first & 0x7Fu) | static_cast<size_t>(second) << 7;
}

// The value in an AnyValue of one text, one whole number or one floating number; false for anything else.
bool read_plain_value(std::string_view bytes, Value& value) {
    if (bytes.size() < 2) return false;
    size_t at = 1;
    if (bytes[0] == 0x0A) {
        const size_t length = bytes.size() == 2 ? static_cast<uint8_t>(bytes[1]) : read_length(bytes, at);
        if (bytes.size() == 2) at = 2;
        if (length != bytes.size() - at) return false;
        value.type = Value::Type::kString;
        value.text = bytes.substr(at);
        return true;
    }
    if (bytes[0] == 0x18 && bytes.size() <= 10) {
        uint64_t number = 0;
        for (; at < bytes.size(); ++at) {
            const auto byte = static_cast<uint8_t>(bytes[at]);
            number |= static_cast<uint64_t>(byte & 0x7F) << (7 * (at - 1));
            if (byte < 0x80) break;
        }
        value.type = Value::Type::kInt;
        value.integer = static_cast<int64_t>(number);
        return at + 1 == bytes.size();
    }
    if (bytes[0] != 0x21 || bytes.size() != 9) return false;
    value.type = Value::Type::kDouble;
    std::memcpy(&value.number, bytes.data() + 1, sizeof(value.number));
    return true;
}

// Most attributes are a key and a plain value, in this order. Reads that shape without the general walk.
bool read_plain_attribute(std::string_view bytes, Attributes& attributes) {
    static_assert(std::endian::native == std::endian::little);
    if (bytes.size() < 4 || bytes[0] != 0x0A) return false;
    size_t at = 1;
    const size_t key_length = read_length(bytes, at);
    const size_t key_at = at;
    if (key_length > bytes.size() - key_at) return false;
    at += key_length;
    if (at + 2 >= bytes.size() || bytes[at] != 0x12) return false;
    ++at;
    const size_t value_length = read_length(bytes, at);
    Value value;
    if (value_length != bytes.size() - at || !read_plain_value(bytes.substr(at), value)) return false;
    attributes.add(bytes.substr(key_at, key_length), value);
    return true;
}

void read_attribute(pbf_reader message, Attributes& attributes) {
    if (read_plain_attribute(message.data(), attributes)) return;
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
