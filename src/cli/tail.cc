#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>

#include "base/clock.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/table.h"

namespace nightshift::cli {
namespace {

namespace json = boost::json;

std::string text_at(const json::object& event, std::string_view name, std::string_view missing = "") {
    const json::value* found = event.if_contains(name);
    return std::string(found && found->is_string() ? std::string_view(found->as_string()) : missing);
}

int64_t integer_at(const json::object& event, std::string_view name) {
    const json::value* found = event.if_contains(name);
    return found && found->is_number() ? found->to_number<int64_t>() : 0;
}

std::string one_line(const json::object& event) {
    int64_t time_us = integer_at(event, "time_us");
    std::string line = fmt::format("{:%H:%M:%S}.{:03} {:<11} {:<9} {}", fmt::gmtime(time_us / 1'000'000),
                                   time_us / 1000 % 1000, text_at(event, "kind"), text_at(event, "status"),
                                   text_at(event, "agent", "-"));
    if (std::string name = text_at(event, "name"); !name.empty()) line += "  " + name;
    if (std::string model = text_at(event, "model"); !model.empty()) line += "  " + model;
    int64_t tokens = integer_at(event, "input_tokens") + integer_at(event, "output_tokens");
    if (tokens > 0) line += fmt::format("  {} tokens", short_count(static_cast<double>(tokens)));
    if (int64_t us = integer_at(event, "duration_us"); us > 0)
        line += fmt::format("  {:.0f} ms", static_cast<double>(us) / 1e3);
    if (std::string error = text_at(event, "error_type"); !error.empty()) line += "  " + error;
    return line;
}

class Printer {
public:
    Printer(const TailOptions& options, bool json) : options_(options), json_(json) {}

    void print(const json::object& event) {
        if (!matches(event)) return;
        std::puts(json_ ? json::serialize(event).c_str() : one_line(event).c_str());
        std::fflush(stdout);
    }

    // Takes the event stream as it arrives, in any pieces.
    bool feed(std::string_view bytes) {
        pending_ += bytes;
        for (size_t end; (end = pending_.find('\n')) != std::string::npos;) {
            take_line(std::string_view(pending_).substr(0, end));
            pending_.erase(0, end + 1);
        }
        return pending_.size() < kLineBytesMax;
    }

private:
    static constexpr size_t kLineBytesMax = 64u << 20;

    bool matches(const json::object& event) const {
        auto is = [&](std::string_view name, const std::string& wanted) {
            return wanted.empty() || text_at(event, name) == wanted;
        };
        return is("agent", options_.agent) && is("session", options_.session) && is("kind", options_.kind);
    }

    void take_line(std::string_view line) {
        if (!line.starts_with("data:")) return;
        json::error_code error;
        json::value frame = json::parse(trim(line.substr(5)), error);
        if (error || !frame.is_object() || text_at(frame.as_object(), "type") != "delta") return;
        const json::value* items = frame.as_object().if_contains("items");
        if (items == nullptr || !items->is_array()) return;
        for (const json::value& item : items->as_array()) {
            if (item.is_object()) print(item.as_object());
        }
        if (int64_t dropped = integer_at(frame.as_object(), "dropped")) {
            std::fprintf(
                stderr,
                "nightshift: %lld events were too many for the live stream; they are in the recorder\n",
                static_cast<long long>(dropped));
        }
    }

    const TailOptions& options_;
    bool json_;
    std::string pending_;
};

std::string recent_path(const TailOptions& options) {
    std::string path = fmt::format("/api/v1/events?order=desc&limit={}", options.lines);
    for (auto [name, value] :
         {std::pair{"agent", &options.agent}, {"session", &options.session}, {"kind", &options.kind}}) {
        if (!value->empty()) path += fmt::format("&{}={}", name, percent_encode(*value));
    }
    return path;
}

}  // namespace

int run_tail(const Connection& connection, const TailOptions& options, bool json) {
    Printer printer(options, json);
    if (options.lines > 0) {
        auto recent = get_json(connection, recent_path(options));
        if (!recent) return report(recent.error());
        const json::array& items = recent->at("items").as_array();
        for (auto item = items.rbegin(); item != items.rend(); ++item) printer.print(item->as_object());
    }
    if (!options.follow) return kOk;

    net::ClientRequest request;
    std::string topic = options.session.empty() ? "events" : "session:" + options.session;
    request.url = connection.url + "/api/v1/live?topics=" + percent_encode(topic);
    request.headers.set("Authorization", "Bearer " + connection.token.reveal());
    request.headers.set("Accept", "text/event-stream");
    request.timeout = std::chrono::hours(24 * 365);
    request.on_body = [&](std::string_view piece) { return printer.feed(piece); };
    auto ended = net::fetch_blocking(std::move(request));
    if (!ended) return report(ended.error());
    if (ended->status != 200)
        return report({Code::kUnavailable, fmt::format("the live stream answered {}", ended->status)});
    return kOk;
}

}  // namespace nightshift::cli
