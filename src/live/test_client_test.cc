#include "live/test_client.h"

#include "base/text.h"
#include "live/resume_token.h"

namespace nightshift::live {
namespace {

std::optional<std::string_view> after(std::string_view json, std::string_view mark) {
    size_t at = json.find(mark);
    if (at == std::string_view::npos) return std::nullopt;
    return json.substr(at + mark.size());
}

std::optional<uint64_t> number(std::string_view json, std::string_view name) {
    auto rest = after(json, "\"" + std::string(name) + "\":");
    if (!rest) return std::nullopt;
    return parse_uint(rest->substr(0, rest->find_first_not_of("0123456789")));
}

std::string text(std::string_view json, std::string_view name) {
    auto rest = after(json, "\"" + std::string(name) + "\":\"");
    return rest ? std::string(rest->substr(0, rest->find('"'))) : "";
}

// The objects or strings of a flat array.
std::vector<std::string> array(std::string_view json, std::string_view name) {
    std::vector<std::string> values;
    auto rest = after(json, "\"" + std::string(name) + "\":[");
    if (!rest) return values;
    std::string_view body = rest->substr(0, rest->find(']'));
    while (!body.empty()) {
        size_t end = body.front() == '{' ? body.find('}') + 1 : body.find('"', 1) + 1;
        values.emplace_back(body.substr(0, end));
        body.remove_prefix(std::min(body.size(), end + 1));
    }
    return values;
}

}  // namespace

void TestClient::complain(std::string_view what, std::string_view json) {
    errors_.push_back(std::string(what) + ": " + std::string(json.substr(0, 300)));
}

void TestClient::reconnected() {
    buffer_.clear();
    is_greeted_ = false;
    bye_retry_ms_.reset();
    close_code_.reset();
    for (auto& [name, topic] : topics_) {
        topic.is_known = false;
        topic.is_awaited = false;
    }
}

void TestClient::forget() {
    topics_.clear();
    said_token_.clear();
    epoch_.clear();
}

std::string TestClient::own_token() const {
    std::string token = epoch_;
    bool is_first = true;
    for (const auto& [name, topic] : topics_) {
        append_place(token, is_first, percent_encode(name), topic.seq);
        is_first = false;
    }
    return token;
}

void TestClient::feed(std::string_view bytes) {
    buffer_ += bytes;
    while (transport_ == Transport::kWebSocket ? take_frame() : take_event()) {
    }
}

bool TestClient::take_frame() {
    if (buffer_.size() < 2) return false;
    auto byte = [&](size_t i) { return static_cast<uint64_t>(static_cast<uint8_t>(buffer_[i])); };
    size_t head = 2;
    uint64_t size = byte(1);
    size_t extra = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (extra > 0) {
        head += extra;
        if (buffer_.size() < head) return false;
        size = 0;
        for (size_t i = 2; i < head; ++i) size = size << 8 | byte(i);
    }
    if (buffer_.size() < head + size) return false;
    std::string payload = buffer_.substr(head, size);
    uint64_t first = byte(0);
    buffer_.erase(0, head + size);
    if (first == 0x81) {
        on_message(payload);
    } else if (first == 0x88 && payload.size() >= 2) {
        close_code_ =
            static_cast<uint16_t>(static_cast<uint8_t>(payload[0]) << 8 | static_cast<uint8_t>(payload[1]));
    } else if (first != 0x89 && first != 0x8A) {
        complain("an unknown frame", payload);
    }
    return true;
}

bool TestClient::take_event() {
    size_t end = buffer_.find("\n\n");
    if (end == std::string::npos) return false;
    std::string event = buffer_.substr(0, end);
    buffer_.erase(0, end + 2);
    std::string type;
    for (std::string_view line : split(event, '\n')) {
        if (line.starts_with("event: ")) {
            type = line.substr(7);
        } else if (line.starts_with("id: ")) {
            said_token_ = line.substr(4);
        } else if (line.starts_with("data: ")) {
            if (text(line, "type") != type) complain("the event's name differs from its type", line);
            on_message(line.substr(6));
        } else if (!line.starts_with(":") && !line.starts_with("retry: ")) {
            complain("an unknown line", line);
        }
    }
    return true;
}

void TestClient::on_message(std::string_view json) {
    ++messages_;
    std::string type = text(json, "type");
    if (type == "hello") {
        std::string epoch = text(json, "epoch");
        if (is_greeted_) complain("a second hello", json);
        if (!epoch_.empty() && epoch != epoch_) forget();
        epoch_ = epoch;
        is_greeted_ = true;
        return;
    }
    if (!is_greeted_) complain("before the hello", json);
    if (type == "token") {
        said_token_ = text(json, "token");
        return;
    }
    if (type == "bye") bye_retry_ms_ = number(json, "retry_ms");
    if (type == "error") said_errors_.emplace_back(json);
    if (type == "bye" || type == "error") return;
    Topic& topic = topics_[text(json, "topic")];
    if (type == "snapshot") {
        on_snapshot(topic, json);
    } else if (type == "resumed") {
        if (number(json, "seq") != topic.seq) complain("resumed elsewhere", json);
        topic.is_known = true;
        ++topic.resumed;
    } else if (type == "delta") {
        on_delta(topic, json);
    } else {
        complain("an unknown message", json);
    }
}

void TestClient::on_snapshot(Topic& topic, std::string_view json) {
    topic.items.clear();
    topic.log.clear();
    ++topic.snapshots;
    // A log's snapshot may leave items out, and says how many when the connection goes on.
    std::optional<uint64_t> dropped = number(json.substr(0, json.find("\"items\"")), "dropped");
    std::optional<uint64_t> expected;
    if (topic.is_known && !topic.is_awaited && topic.last && loss_ == Loss::kNever)
        expected = *topic.last + dropped.value_or(0) + 1;
    topic.is_known = true;
    topic.is_awaited = false;
    topic.seq = number(json, "seq").value_or(0);
    topic.last.reset();
    if (expected) topic.last = *expected - 1;
    bool is_first = true;
    for (const std::string& item : array(json, "items")) {
        if (std::string key = text(item, "key"); !key.empty()) {
            topic.items[key] = item;
            continue;
        }
        on_log_item(topic, item, is_first);
        // It may show again what is known, but must not hide what is not.
        bool is_wrong =
            is_first && expected && (dropped ? *topic.last != *expected : *topic.last > *expected);
        if (is_wrong) complain("a snapshot with a wrong count of dropped", json);
        is_first = false;
    }
    if (dropped) topic.dropped += *dropped;
}

void TestClient::on_delta(Topic& topic, std::string_view json) {
    if (!topic.is_known) complain("a delta without a snapshot", json);
    if (number(json, "seq") != topic.seq + 1) complain("a gap after seq " + std::to_string(topic.seq), json);
    topic.seq = number(json, "seq").value_or(0);
    for (const std::string& item : array(json, "put")) topic.items[text(item, "key")] = item;
    for (const std::string& key : array(json, "remove")) topic.items.erase(key.substr(1, key.size() - 2));
    uint64_t dropped = number(json, "dropped").value_or(0);
    for (const std::string& item : array(json, "items")) on_log_item(topic, item, false);
    topic.dropped += dropped;
    if (dropped > 0 && loss_ == Loss::kNever) complain("items were dropped", json);
}

void TestClient::on_log_item(Topic& topic, std::string_view item, bool may_jump) {
    uint64_t n = number(item, "n").value_or(0);
    bool is_next = topic.last && n == *topic.last + 1;
    bool is_later = !topic.last || n > *topic.last;
    if (!is_next && !may_jump && topic.last && loss_ == Loss::kNever)
        complain("after " + std::to_string(*topic.last) + " came", item);
    if (!is_later && !may_jump) complain("again", item);
    topic.last = n;
    topic.log.push_back(n);
}

}  // namespace nightshift::live
