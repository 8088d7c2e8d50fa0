#include "recorder/event_json.h"

#include <fmt/format.h>

#include <simdjson.h>
#include <cmath>
#include <cstring>
#include <iterator>

#include "base/text.h"
#include "recorder/columns.h"

namespace nightshift::recorder {
namespace {

constexpr std::string_view kCsvHeader =
    "id,time_us,duration_us,ttft_us,kind,status,name,tenant,source,host,simulated,agent,session,parent_"
    "session,turn,trace,span,"
    "parent_span,provider,model,error_type,input_tokens,cache_read_tokens,cache_write_tokens,output_tokens,"
    "reasoning_tokens,cost_usd,cost_source,value,sequence,attributes\n";

// Writes members with their commas.
class Members {
public:
    explicit Members(std::string& out) : out_(out) { out_ += '{'; }

    void text(std::string_view name, std::string_view value) {
        if (value.empty()) return;
        required_text(name, value);
    }
    void required_text(std::string_view name, std::string_view value) {
        key(name);
        append_json_string(out_, value);
    }
    template <class T>
    void number(std::string_view name, T value) {
        key(name);
        fmt::format_to(std::back_inserter(out_), "{}", value);
    }
    void count(std::string_view name, uint64_t value) {
        if (value != 0) number(name, value);
    }
    void real(std::string_view name, double value) {
        if (value != 0 && std::isfinite(value)) number(name, value);
    }
    void key(std::string_view name) {
        if (!is_first_) out_ += ',';
        is_first_ = false;
        out_ += '"';
        out_ += name;
        out_ += "\":";
    }

private:
    std::string& out_;
    bool is_first_ = true;
};

bool is_json_object(std::string_view text) {
    if (text.size() < 2 || text.front() != '{') return false;
    thread_local simdjson::dom::parser parser;
    simdjson::dom::element root;
    return parser.parse(text.data(), text.size()).get(root) == simdjson::SUCCESS && root.is_object();
}

void append_attributes(std::string& out, std::string_view attributes) {
    if (attributes.empty() || attributes == "{}" || !is_json_object(attributes)) {
        out += "{}";
        return;
    }
    // A line break between members would break NDJSON and SSE; inside of strings it cannot be.
    size_t start = out.size();
    out += attributes;
    for (size_t i = start; i < out.size(); ++i) {
        if (out[i] == '\n' || out[i] == '\r') out[i] = ' ';
    }
}

// Fields of one CSV line.
class Fields {
public:
    explicit Fields(std::string& out) : out_(out) {}

    void text(std::string_view value) {
        separate();
        bool is_formula = !value.empty() && std::strchr("=+-@\t\r", value.front()) != nullptr;
        if (!is_formula && value.find_first_of(",\"\n\r") == value.npos) {
            out_ += value;
            return;
        }
        out_ += '"';
        if (is_formula) out_ += '\'';
        for (char c : value) {
            if (c == '"') out_ += '"';
            out_ += c;
        }
        out_ += '"';
    }
    template <class T>
    void number(T value, bool is_present) {
        separate();
        if (is_present) fmt::format_to(std::back_inserter(out_), "{}", value);
    }

private:
    void separate() {
        if (!is_first_) out_ += ',';
        is_first_ = false;
    }

    std::string& out_;
    bool is_first_ = true;
};

}  // namespace

void append_event_json(std::string& out, const Event& event) {
    Members members(out);
    members.required_text("id", event.id);
    members.number("time_us", event.time_us);
    if (event.duration_us >= 0) members.number("duration_us", event.duration_us);
    if (event.ttft_us >= 0) members.number("ttft_us", event.ttft_us);
    members.required_text("kind", to_string(event.kind));
    members.required_text("status", to_string(event.status));
    members.required_text("name", event.name);
    members.required_text("tenant", event.tenant);
    members.required_text("source", event.source);
    members.text("host", event.host);
    if (event.simulated) members.number("simulated", true);
    members.text("agent", event.agent);
    members.text("session", event.session);
    members.text("parent_session", event.parent_session);
    members.text("turn", event.turn);
    members.text("trace", event.trace);
    members.text("span", event.span);
    members.text("parent_span", event.parent_span);
    members.text("provider", event.provider);
    members.text("model", event.model);
    members.text("error_type", event.error_type);
    members.count("input_tokens", event.input_tokens);
    members.count("cache_read_tokens", event.cache_read_tokens);
    members.count("cache_write_tokens", event.cache_write_tokens);
    members.count("output_tokens", event.output_tokens);
    members.count("reasoning_tokens", event.reasoning_tokens);
    members.real("cost_usd", static_cast<double>(event.cost_nano_usd) / 1e9);
    if (event.cost_source != CostSource::kNone)
        members.required_text("cost_source", to_string(event.cost_source));
    members.real("value", event.value);
    members.count("sequence", event.sequence);
    members.key("attributes");
    append_attributes(out, event.attributes);
    out += '}';
}

std::string_view event_csv_header() {
    return kCsvHeader;
}

void append_event_csv(std::string& out, const Event& event) {
    Fields fields(out);
    fields.text(event.id);
    fields.number(event.time_us, true);
    fields.number(event.duration_us, event.duration_us >= 0);
    fields.number(event.ttft_us, event.ttft_us >= 0);
    for (std::string_view text : {to_string(event.kind), to_string(event.status), event.name, event.tenant,
                                  event.source, event.host}) {
        fields.text(text);
    }
    fields.number(event.simulated, event.simulated);
    for (std::string_view text :
         {event.agent, event.session, event.parent_session, event.turn, event.trace, event.span,
          event.parent_span, event.provider, event.model, event.error_type}) {
        fields.text(text);
    }
    for (uint64_t count : {event.input_tokens, event.cache_read_tokens, event.cache_write_tokens,
                           event.output_tokens, event.reasoning_tokens}) {
        fields.number(count, count != 0);
    }
    fields.number(static_cast<double>(event.cost_nano_usd) / 1e9, event.cost_nano_usd != 0);
    fields.text(event.cost_source == CostSource::kNone ? "" : to_string(event.cost_source));
    fields.number(event.value, event.value != 0);
    fields.number(event.sequence, event.sequence != 0);
    fields.text(event.attributes);
    out += '\n';
}

void append_value_json(std::string& out, const Value& value) {
    if (const auto* whole = std::get_if<int64_t>(&value)) {
        fmt::format_to(std::back_inserter(out), "{}", *whole);
    } else if (const auto* real = std::get_if<double>(&value); real != nullptr && std::isfinite(*real)) {
        fmt::format_to(std::back_inserter(out), "{}", *real);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
        append_json_string(out, *text);
    } else {
        out += "null";
    }
}

}  // namespace nightshift::recorder
