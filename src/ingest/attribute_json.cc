#include "ingest/attribute_json.h"

#include "base/text.h"
#include "ingest/limits.h"
#include "ingest/otlp/json_text.h"

namespace nightshift::ingest {

using otlp::Value;

void AttributeJson::begin(std::string_view head) {
    out_.assign(1, '{');
    out_ += head;
    is_full_ = false;
}

void AttributeJson::add_key(std::string_view key) {
    if (out_.size() > 1) out_ += ',';
    otlp::append_json_text(out_, truncate_utf8(key, limits::kAttributeKeyMax));
    out_ += ':';
}

void AttributeJson::add_string(std::string_view key, std::string_view text) {
    if (is_secret_member(key, text)) {
        out_ += "\"[redacted:secret]\"";
        return;
    }
    text = truncate_utf8(text, limits::kAttributeBytesMax);
    if (redactor_.may_hold_secret(text)) {
        redacted_.clear();
        redactor_.redact(text, redacted_);
        text = redacted_;
    }
    otlp::append_json_text(out_, text);
}

void AttributeJson::add_json(std::string_view json) {
    if (json.size() > limits::kAttributeBytesMax) {
        otlp::append_json_text(out_, "[too large]");
        return;
    }
    redacted_.clear();
    if (redactor_.may_hold_secret(json) && redactor_.redact(json, redacted_) > 0) {
        otlp::append_json_text(out_, redacted_);  // as text: a cut may have broken the structure
        return;
    }
    out_ += json;
}

void AttributeJson::add(std::string_view key, const Value& value) {
    if (is_full_) return;
    const size_t before = out_.size();
    add_key(key);
    switch (value.type) {
        case Value::Type::kString:
            add_string(key, value.text);
            break;
        case Value::Type::kJson:
            add_json(value.text);
            break;
        default:
            otlp::append_json_value(out_, value);
    }
    constexpr std::string_view kMark = ",\"truncated\":true";
    if (out_.size() + kMark.size() + 1 <= bytes_max_) return;
    out_.resize(before);
    is_full_ = true;
    out_ += before > 1 ? kMark : kMark.substr(1);
}

void AttributeJson::add_text(std::string_view key, std::string_view text) {
    Value value;
    value.type = Value::Type::kString;
    value.text = text;
    add(key, value);
}

void AttributeJson::add_number(std::string_view key, double number) {
    Value value;
    value.type = Value::Type::kDouble;
    value.number = number;
    add(key, value);
}

std::string_view AttributeJson::finish() {
    if (out_.size() == 1) return {};
    out_ += '}';
    return out_;
}

}  // namespace nightshift::ingest
