#include "api/ping.h"

#include "api/problem.h"
#include "base/text.h"

namespace nightshift::api {
namespace {

using jobs::Word;

// Clients send whole logs. The beginning is kept; a signal is not refused for what comes with it.
constexpr size_t kBodyBytesMax = 4u << 20;

// "", "start", "fail", "log" or an exit status; nothing for any other word.
std::optional<Word> parse_signal(std::string_view signal) {
    Word word;
    if (signal.empty()) return word;
    if (signal == "start") {
        word.kind = Word::Kind::kStart;
    } else if (signal == "fail") {
        word.kind = Word::Kind::kFailure;
    } else if (signal == "log") {
        word.kind = Word::Kind::kNote;
    } else {
        auto status = parse_int(signal);
        if (!status || *status < 0 || *status > 255) return std::nullopt;
        word.exit_code = static_cast<int>(*status);
        word.kind = *status == 0 ? Word::Kind::kSuccess : Word::Kind::kFailure;
    }
    return word;
}

// Answers what existing clients look for: "OK" and 200.
Task<net::Response> hear(jobs::Service& service, FindPingKey find, Call call, std::string key,
                         std::string slug, std::string signal) {
    auto about = find(key, slug);
    std::optional<Word> word = parse_signal(signal);
    if (!about || !word) co_return net::Response::text(404, "not found");
    word->run_id = call.request.query_value("rid").value_or("");
    word->text = to_valid_utf8(truncate_utf8(call.request.body, jobs::kSummaryBytesMax));
    bool is_note = word->kind == Word::Kind::kNote;
    Result<jobs::OccurrenceKey> heard = co_await service.word(about->first, about->second, *word);
    // A note while nothing runs is heard, and belongs to nothing.
    if (!heard && !(is_note && heard.error().code == Code::kNotFound)) co_return problem(heard.error());
    co_return net::Response::text(200, "OK");
}

}  // namespace

void add_ping_routes(Router& router, jobs::Service& service, FindPingKey find) {
    // <key>; <key>/<signal or slug>; <key>/<slug>/<signal>.
    CallFn by_key = [&service, find](Call call) {
        std::string key = call.params[0];
        return hear(service, find, std::move(call), key, "", "");
    };
    CallFn by_two = [&service, find](Call call) {
        std::string key = call.params[0];
        std::string second = call.params[1];
        bool is_signal = parse_signal(second).has_value() && find(key, "").has_value();
        return hear(service, find, std::move(call), key, is_signal ? "" : second, is_signal ? second : "");
    };
    CallFn by_three = [&service, find](Call call) {
        std::string key = call.params[0];
        std::string slug = call.params[1];
        std::string signal = call.params[2];
        return hear(service, find, std::move(call), key, slug, signal);
    };
    for (net::Method method : {net::Method::kGet, net::Method::kPost, net::Method::kPut}) {
        router.add({method, "/ping/{key}", Access::open(), by_key, kBodyBytesMax});
        router.add({method, "/ping/{key}/{signal}", Access::open(), by_two, kBodyBytesMax});
        router.add({method, "/ping/{key}/{slug}/{signal}", Access::open(), by_three, kBodyBytesMax});
    }
}

}  // namespace nightshift::api
