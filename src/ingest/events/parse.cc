#include "ingest/events/parse.h"

#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/result.h"
#include "base/text.h"
#include "ingest/attribute_json.h"
#include "ingest/events/names.h"
#include "ingest/limits.h"
#include "recorder/signature.h"

namespace nightshift::ingest::events {
namespace {

using recorder::Event;
namespace dom = simdjson::dom;

constexpr uint64_t kCountMax = 1'000'000'000'000'000;

struct TextMember {
    std::string_view name;
    std::string_view Event::* field;
};
constexpr TextMember kTexts[] = {
    {"id", &Event::id},
    {"source", &Event::source},
    {"host", &Event::host},
    {"agent", &Event::agent},
    {"session", &Event::session},
    {"parent_session", &Event::parent_session},
    {"turn", &Event::turn},
    {"trace", &Event::trace},
    {"span", &Event::span},
    {"parent_span", &Event::parent_span},
    {"name", &Event::name},
    {"provider", &Event::provider},
    {"model", &Event::model},
    {"error_type", &Event::error_type},
    {"signature", &Event::signature},
    {"result_signature", &Event::result_signature},
};

struct CountMember {
    std::string_view name;
    uint64_t Event::* field;
};
constexpr CountMember kCounts[] = {
    {"input_tokens", &Event::input_tokens},
    {"cache_read_tokens", &Event::cache_read_tokens},
    {"cache_write_tokens", &Event::cache_write_tokens},
    {"output_tokens", &Event::output_tokens},
    {"reasoning_tokens", &Event::reasoning_tokens},
    {"sequence", &Event::sequence},
};

// Builds one event from one line.
class LineReader {
public:
    LineReader(Time now, const Redactor& redactor, bool keep_content, recorder::EventBatch& batch)
        : now_us_(unix_us(now)),
          redactor_(redactor),
          keep_content_(keep_content),
          batch_(batch),
          attributes_(redactor, limits::kAttributesBytesMax),
          content_(redactor, limits::kContentBytesMax) {}

    Result<Event> read(const dom::object& line, std::string_view tenant) {
        event_ = Event{};
        event_.tenant = tenant;
        event_.source = "api";
        event_.time_us = now_us_;
        arguments_.clear();
        is_clamped_ = false;
        attributes_.begin();
        for (dom::key_value_pair member : line) {
            NS_TRY([[maybe_unused]] bool known, read_member(member.key, member.value));
        }
        NS_TRY([[maybe_unused]] bool complete, complete_event());
        event_.attributes = batch_.keep(attributes_.finish());
        return event_;
    }

private:
    Result<bool> read_member(std::string_view name, const dom::element& value) {
        if (value.is_null()) return true;
        for (const TextMember& member : kTexts) {
            if (name == member.name) return read_text(member, value);
        }
        for (const CountMember& member : kCounts) {
            if (name == member.name) return read_count(name, value, event_.*member.field);
        }
        if (name == "time_us" || name == "time") return read_time(name, value);
        if (name == "duration_us") return read_duration(name, value, event_.duration_us);
        if (name == "ttft_us") return read_duration(name, value, event_.ttft_us);
        if (name == "kind") return read_name(name, value, find_kind, event_.kind);
        if (name == "status") return read_name(name, value, find_status, event_.status);
        if (name == "cost_usd") return read_cost(value);
        if (name == "cost_source") return read_name(name, value, find_cost_source, event_.cost_source);
        if (name == "value") return read_number(name, value, event_.value);
        if (name == "simulated") return read_flag(name, value, event_.simulated);
        if (name == "tenant") return true;  // the token says whose it is
        if (name == "attributes") return read_attributes(value);
        if (name == "arguments") return read_arguments(value);
        if (name == "content") return read_content(value);
        add_attribute(name, value);
        return true;
    }

    static Failure wrong(std::string_view name, std::string_view needed) {
        return fail(Code::kInvalid, "\"{}\" has to be {}", name, needed);
    }

    Result<bool> read_text(const TextMember& member, const dom::element& value) {
        std::string_view text;
        if (value.get_string().get(text) != simdjson::SUCCESS) return wrong(member.name, "text");
        if (text.size() > limits::kColumnBytesMax) {
            return fail(Code::kInvalid, "\"{}\" is longer than {} bytes", member.name,
                        limits::kColumnBytesMax);
        }
        event_.*member.field =
            redactor_.may_hold_secret(text) ? batch_.keep(redactor_.redact(text)) : batch_.keep(text);
        return true;
    }

    static Result<bool> read_count(std::string_view name, const dom::element& value, uint64_t& to) {
        uint64_t count = 0;
        if (value.get_uint64().get(count) != simdjson::SUCCESS || count > kCountMax)
            return wrong(name, "a count");
        to = count;
        return true;
    }

    static Result<bool> read_number(std::string_view name, const dom::element& value, double& to) {
        double number = 0;
        if (value.get_double().get(number) != simdjson::SUCCESS || !std::isfinite(number))
            return wrong(name, "a number");
        to = number;
        return true;
    }

    static Result<bool> read_flag(std::string_view name, const dom::element& value, bool& to) {
        bool flag = false;
        if (value.get_bool().get(flag) != simdjson::SUCCESS) return wrong(name, "true or false");
        to = flag;
        return true;
    }

    static Result<bool> read_duration(std::string_view name, const dom::element& value, int64_t& to) {
        NS_TRY([[maybe_unused]] double us, duration_of(name, value));
        to = static_cast<int64_t>(us);
        return true;
    }
    static Result<double> duration_of(std::string_view name, const dom::element& value) {
        double us = 0;
        NS_TRY([[maybe_unused]] bool read, read_number(name, value, us));
        if (us < 0 || us > static_cast<double>(limits::kDurationMaxUs))
            return wrong(name, "microseconds, at most a year");
        return us;
    }

    Result<bool> read_time(std::string_view name, const dom::element& value) {
        int64_t us = 0;
        std::string_view text;
        if (value.get_int64().get(us) == simdjson::SUCCESS) {
            // Microseconds either way; `time` as a number is forgiven.
        } else if (value.get_string().get(text) == simdjson::SUCCESS) {
            std::optional<int64_t> parsed = parse_time(text);
            if (!parsed) return wrong(name, "RFC 3339, like 2026-11-22T02:31:09.397Z");
            us = *parsed;
        } else {
            return wrong(name, name == "time" ? "RFC 3339 text" : "Unix microseconds");
        }
        is_clamped_ = us < limits::kPastMinUs || us > now_us_ + limits::kFutureMaxUs;
        event_.time_us = is_clamped_ ? now_us_ : us;
        return true;
    }

    template <class Enum>
    static Result<bool> read_name(std::string_view name, const dom::element& value,
                                  std::optional<Enum> (*find)(std::string_view), Enum& to) {
        std::string_view text;
        if (value.get_string().get(text) != simdjson::SUCCESS) return wrong(name, "text");
        std::optional<Enum> found = find(text);
        if (!found)
            return fail(Code::kInvalid, "\"{}\" is no {}; docs/api.md lists them", truncate_utf8(text, 40),
                        name);
        to = *found;
        return true;
    }

    Result<bool> read_cost(const dom::element& value) {
        double usd = 0;
        NS_TRY([[maybe_unused]] bool read, read_number("cost_usd", value, usd));
        if (usd < 0 || usd > 1e6) return wrong("cost_usd", "dollars, from 0 to a million");
        event_.cost_nano_usd = std::llround(usd * 1e9);
        if (event_.cost_source == recorder::CostSource::kNone)
            event_.cost_source = recorder::CostSource::kReported;
        return true;
    }

    Result<bool> read_attributes(const dom::element& value) {
        dom::object object;
        if (value.get_object().get(object) != simdjson::SUCCESS) return wrong("attributes", "an object");
        for (dom::key_value_pair member : object) add_attribute(member.key, member.value);
        return true;
    }

    Result<bool> read_arguments(const dom::element& value) {
        std::string_view text;
        arguments_ =
            value.get_string().get(text) == simdjson::SUCCESS ? std::string(text) : simdjson::minify(value);
        return true;
    }

    Result<bool> read_content(const dom::element& value) {
        dom::object object;
        if (value.get_object().get(object) != simdjson::SUCCESS) return wrong("content", "an object");
        if (!keep_content_) return true;
        content_.begin();
        for (dom::key_value_pair member : object) add_to(content_, member.key, member.value);
        event_.content = batch_.keep(content_.finish());
        return true;
    }

    void add_attribute(std::string_view name, const dom::element& value) { add_to(attributes_, name, value); }

    static void add_to(AttributeJson& json, std::string_view name, const dom::element& value) {
        otlp::Value plain;
        std::string nested;
        switch (value.type()) {
            case dom::element_type::STRING:
                plain.type = otlp::Value::Type::kString;
                plain.text = value.get_string().value_unsafe();
                break;
            case dom::element_type::BOOL:
                plain.type = otlp::Value::Type::kBool;
                plain.integer = value.get_bool().value_unsafe() ? 1 : 0;
                break;
            case dom::element_type::NULL_VALUE:
                break;
            case dom::element_type::INT64:
                plain.type = otlp::Value::Type::kInt;
                plain.integer = value.get_int64().value_unsafe();
                break;
            case dom::element_type::UINT64:
            case dom::element_type::DOUBLE:
                plain.type = otlp::Value::Type::kDouble;
                plain.number = value.get_double().value_unsafe();
                break;
            default:
                nested = simdjson::minify(value);
                plain.type = otlp::Value::Type::kJson;
                plain.text = nested;
        }
        json.add(name, plain);
    }

    Result<bool> complete_event() {
        if (event_.kind == recorder::Kind::kToolCall && !arguments_.empty()) {
            if (event_.signature.empty())
                event_.signature = batch_.keep(recorder::call_signature(event_.name, arguments_).view());
            attributes_.add_text("call", recorder::call_text(event_.name, arguments_));
        }
        const bool has_work_status =
            event_.status != recorder::Status::kUnset && event_.status != recorder::Status::kRunning;
        if (event_.kind == recorder::Kind::kToolCall && event_.result_signature.empty() && has_work_status) {
            const recorder::CallResult result = {event_.status, event_.error_type, {}, 0};
            event_.result_signature = batch_.keep(recorder::result_signature(result).view());
        }
        if (is_clamped_) attributes_.add_text("clock", "clamped");
        NS_TRY([[maybe_unused]] bool trace, check_hex("trace", event_.trace, 32));
        NS_TRY([[maybe_unused]] bool span, check_hex("span", event_.span, 16));
        NS_TRY([[maybe_unused]] bool parent, check_hex("parent_span", event_.parent_span, 16));
        return true;
    }

    Result<bool> check_hex(std::string_view name, std::string_view& text, size_t digits) {
        if (text.empty()) return true;
        if (text.size() != digits || !from_hex(text))
            return fail(Code::kInvalid, "\"{}\" has to be {} hex digits", name, digits);
        text = batch_.keep(to_lower(text));
        return true;
    }

    const int64_t now_us_;
    const Redactor& redactor_;
    const bool keep_content_;
    recorder::EventBatch& batch_;
    AttributeJson attributes_;
    AttributeJson content_;
    Event event_;
    std::string arguments_;
    bool is_clamped_ = false;
};

}  // namespace

Parsed parse_lines(std::string_view body, std::string_view tenant, Time now, const Redactor& redactor,
                   bool keep_content, recorder::EventBatch& batch) {
    Parsed parsed;
    std::string_view kept_tenant = batch.keep(tenant);
    LineReader reader(now, redactor, keep_content, batch);
    dom::parser parser(limits::kLineBytesMax);
    if (parser.allocate(limits::kLineBytesMax, limits::kLineDepthMax) != simdjson::SUCCESS) return parsed;
    auto reject = [&](uint32_t line, std::string message) {
        ++parsed.rejected;
        if (parsed.errors.size() < limits::kLineErrorsMax)
            parsed.errors.push_back({line, std::move(message)});
    };
    uint32_t number = 0;
    for (size_t from = 0; from < body.size();) {
        size_t end = std::min(body.find('\n', from), body.size());
        std::string_view line = trim(body.substr(from, end - from));
        from = end + 1;
        ++number;
        if (line.empty()) continue;
        if (batch.events.size() >= limits::kLinesMax) {
            reject(number, "one request may hold 100000 events; send the rest in another");
        } else if (line.size() > limits::kLineBytesMax) {
            reject(number, "the line is longer than 256 KiB");
        } else {
            dom::object object;
            auto error = parser.parse(line.data(), line.size(), true).get_object().get(object);
            if (error != simdjson::SUCCESS) {
                reject(number, fmt::format("not a JSON object: {}", simdjson::error_message(error)));
                continue;
            }
            Result<Event> event = reader.read(object, kept_tenant);
            if (event) {
                batch.events.push_back(*event);
            } else {
                reject(number, event.error().message);
            }
        }
    }
    return parsed;
}

}  // namespace nightshift::ingest::events
