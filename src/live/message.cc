#include "live/message.h"

#include <fmt/format.h>

#include "base/text.h"
#include "net/websocket.h"

namespace nightshift::live {
namespace {

// {"type":"<type>","topic":"<topic>","seq":<seq>
std::string topic_message(std::string_view type, std::string_view topic, uint64_t seq, size_t reserve = 0) {
    std::string out;
    out.reserve(reserve + topic.size() + 96);
    out += "{\"type\":\"";
    out += type;
    out += "\",\"topic\":";
    append_json_string(out, topic);
    out += ",\"seq\":";
    out += std::to_string(seq);
    return out;
}

}  // namespace

Message::Message(std::string_view type, std::string_view json)
    : type_(type), json_bytes_(json.size()), frame_(net::encode_text_frame(json)) {}

const net::SharedBytes& Message::data_line() const {
    std::call_once(data_line_once_, [this] {
        std::string line;
        line.reserve(json_bytes_ + 8);
        line += "data: ";
        line += json();
        line += "\n\n";
        data_line_ = std::make_shared<const std::string>(std::move(line));
    });
    return data_line_;
}

std::string hello_json(const Hello& hello) {
    std::string version;
    append_json_string(version, hello.version);
    return fmt::format(R"({{"type":"hello","epoch":"{}","interval_ms":{},"server_time_ms":{},"version":{}}})",
                       hello.epoch, hello.interval_ms, hello.server_time_ms, version);
}

std::string resumed_json(std::string_view topic, uint64_t seq) {
    return topic_message("resumed", topic, seq) + "}";
}

std::string token_json(std::string_view token) {
    std::string out = R"({"type":"token","token":)";
    append_json_string(out, token);
    return out + "}";
}

std::string bye_json(int64_t retry_ms) {
    return fmt::format(R"({{"type":"bye","retry_ms":{}}})", retry_ms);
}

std::string error_json(std::string_view message) {
    std::string out = R"({"type":"error","message":)";
    append_json_string(out, message);
    return out + "}";
}

void Items::add(std::string_view item) {
    if (!json.empty()) json += ',';
    json += item;
    ++count;
}

std::string snapshot_json(std::string_view topic, uint64_t seq, uint64_t dropped, std::string_view items) {
    std::string out = topic_message("snapshot", topic, seq, items.size());
    if (dropped > 0) {
        out += ",\"dropped\":";
        out += std::to_string(dropped);
    }
    out += ",\"items\":[";
    out += items;
    out += "]}";
    return out;
}

std::string state_delta_json(std::string_view topic, uint64_t seq, std::string_view put,
                             const std::vector<std::string>& removed) {
    std::string out = topic_message("delta", topic, seq, put.size());
    out += ",\"put\":[";
    out += put;
    out += "],\"remove\":[";
    for (size_t i = 0; i < removed.size(); ++i) {
        if (i > 0) out += ',';
        append_json_string(out, removed[i]);
    }
    out += "]}";
    return out;
}

std::string log_delta_json(std::string_view topic, uint64_t seq, uint64_t dropped, std::string_view items) {
    std::string out = topic_message("delta", topic, seq, items.size());
    out += ",\"items\":[";
    out += items;
    out += "],\"dropped\":";
    out += std::to_string(dropped);
    out += '}';
    return out;
}

}  // namespace nightshift::live
