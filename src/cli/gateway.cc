#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/table.h"

namespace nightshift::cli {
namespace {

namespace json = boost::json;

std::string text_at(const json::object& object, std::string_view name) {
    const json::value* found = object.if_contains(name);
    return found && found->is_string() ? std::string(found->as_string()) : "";
}

double number_at(const json::object& object, std::string_view name) {
    const json::value* found = object.if_contains(name);
    return found && found->is_number() ? found->to_number<double>() : 0;
}

std::string milliseconds_at(const json::object& times, std::string_view name) {
    const json::value& value = times.at(name);
    return value.is_null() ? "-" : fmt::format("{:.0f} ms", value.to_number<double>());
}

std::string seconds(double ms) {
    return fmt::format("{:.0f} s", ms / 1e3);
}

// "breaker open, 4 s": what stands against a key, and for how long.
std::string state_of(const json::object& key) {
    const std::string obstacle = text_at(key, "obstacle");
    if (obstacle.empty())
        return text_at(key, "standing") == "on_trial" ? "on trial" : text_at(key, "standing");
    if (obstacle == "breaker_open") return "breaker open, " + seconds(number_at(key, "breaker_again_in_ms"));
    if (obstacle == "cooldown") return "cools down, " + seconds(number_at(key, "cooldown_ms"));
    if (obstacle == "key_set_aside") return "key set aside, " + seconds(number_at(key, "key_aside_ms"));
    return obstacle;
}

std::string name_of(const json::object& target) {
    return text_at(target, "provider") + "/" + text_at(target, "model");
}

void print_routes(const json::object& status) {
    Table table(
        {"ROUTE", "TARGET", "KEY", "STATE", "CALLS", "GOOD", "P50", "P95", "FIRST TOKEN", "TOKENS", "SPENT"});
    for (const json::value& route : status.at("routes").as_array()) {
        for (const json::value& each : route.at("targets").as_array()) {
            const json::object& target = each.as_object();
            int number = 1;
            for (const json::value& each_key : target.at("keys").as_array()) {
                const json::object& key = each_key.as_object();
                const json::value& rate = key.at("success_rate");
                table.add({std::string(route.at("name").as_string()), name_of(target),
                           std::to_string(number++), state_of(key), short_count(number_at(key, "attempts")),
                           rate.is_null() ? "-" : fmt::format("{:.1f}%", rate.to_number<double>() * 100),
                           milliseconds_at(key.at("took_ms").as_object(), "p50"),
                           milliseconds_at(key.at("took_ms").as_object(), "p95"),
                           milliseconds_at(key.at("first_token_ms").as_object(), "p50"),
                           short_count(number_at(key, "input_tokens") + number_at(key, "output_tokens")),
                           dollars(number_at(key, "cost_usd"))});
            }
        }
    }
    std::fputs(table.text().c_str(), stdout);
}

void print_limits(const json::array& limits) {
    if (limits.empty()) return;
    Table table({"LIMIT", "OF", "PER", "USED", "TOKENS", "REQUESTS", "SPENT"});
    for (const json::value& each : limits) {
        const json::object& limit = each.as_object();
        const json::object& used = limit.at("used").as_object();
        table.add({text_at(limit, "name"), text_at(limit, "subject"), text_at(limit, "per"),
                   fmt::format("{:.0f}%", number_at(limit, "share") * 100),
                   short_count(number_at(used, "tokens")), short_count(number_at(used, "requests")),
                   dollars(number_at(used, "usd"))});
    }
    std::puts("");
    std::fputs(table.text().c_str(), stdout);
}

// True when every route has somebody to answer.
bool all_ready(const json::object& status) {
    for (const json::value& route : status.at("routes").as_array()) {
        bool is_ready = false;
        for (const json::value& target : route.at("targets").as_array())
            is_ready = is_ready || target.at("state").as_string() == "good" ||
                       target.at("state").as_string() == "unproven";
        if (!is_ready) return false;
    }
    return true;
}

}  // namespace

int run_gateway_status(const Connection& connection, bool json) {
    auto answer = get_json(connection, "/api/v1/gateway");
    if (!answer) return report(answer.error());
    if (json) return std::puts(json::serialize(*answer).c_str()), kOk;
    const json::object& status = answer->as_object();
    if (!status.at("is_enabled").as_bool()) {
        std::puts("There is no gateway: the configuration has no section gateway.");
        return kOk;
    }
    std::printf(
        "%.0f calls, %.0f without an answer, %.0f fell back, %.0f streams broke off, %.0f open now\n\n",
        number_at(status, "calls"), number_at(status, "failed_calls"), number_at(status, "fallbacks"),
        number_at(status, "broken_streams"), number_at(status, "streams_open"));
    print_routes(status);
    print_limits(status.at("limits").as_array());
    const json::array& notes = status.at("last_fallbacks").as_array();
    for (size_t i = 0; i < std::min<size_t>(notes.size(), 5); ++i) {
        const json::object& note = notes[i].as_object();
        const std::string to = text_at(note, "to");
        if (i == 0) std::puts("\nThe last fallbacks:");
        std::printf("  %s ago  %s: %s %s, %s\n",
                    age(static_cast<int64_t>(number_at(note, "at_ms")), now_ms()).c_str(),
                    text_at(note, "route").c_str(), text_at(note, "from").c_str(),
                    text_at(note, "reason").c_str(),
                    to.empty() ? "and nobody answered" : ("so " + to + " answered").c_str());
    }
    return all_ready(status) ? kOk : kBad;
}

int run_gateway_test(const Connection& connection, const std::string& route, bool json) {
    json::object body;
    if (!route.empty()) body["route"] = route;
    auto answer = post_json(connection, "/api/v1/gateway/test", body);
    if (!answer) return report(answer.error());
    if (json) return std::puts(json::serialize(*answer).c_str()), kOk;
    Table table({"ROUTE", "TARGET", "KEY", "OUTCOME", "HTTP", "TOOK", "WHY"});
    bool all_good = true;
    for (const json::value& each : answer->at("items").as_array()) {
        const json::object& result = each.as_object();
        all_good = all_good && result.at("is_good").as_bool();
        const auto status = static_cast<int>(number_at(result, "http_status"));
        table.add({text_at(result, "route"), name_of(result),
                   std::to_string(static_cast<int>(number_at(result, "key")) + 1), text_at(result, "outcome"),
                   status == 0 ? "-" : std::to_string(status),
                   fmt::format("{:.0f} ms", number_at(result, "took_ms")),
                   std::string(truncate_utf8(text_at(result, "message"), 80))});
    }
    std::fputs(table.text().c_str(), stdout);
    return all_good ? kOk : kBad;
}

int run_gateway_explain(const Connection& connection, const std::string& model, int64_t tokens, bool json) {
    auto answer = get_json(
        connection, fmt::format("/api/v1/gateway/explain?model={}&tokens={}", percent_encode(model), tokens));
    if (!answer) return report(answer.error());
    if (json) return std::puts(json::serialize(*answer).c_str()), kOk;
    const json::object& told = answer->as_object();
    std::printf("%s goes by the route %s: at most %.0f attempts, the first content within %s\n",
                model.c_str(), text_at(told, "route").c_str(), number_at(told, "attempts"),
                seconds(number_at(told, "deadline_ms")).c_str());
    int place = 1;
    for (const json::value& each : told.at("targets").as_array()) {
        const json::object& target = each.as_object();
        std::printf("%d. %s%s\n", place++, name_of(target).c_str(),
                    target.at("fits").as_bool() ? "" : " (its window is too small for so many tokens)");
        int key = 1;
        for (const json::value& lane : target.at("keys").as_array())
            std::printf("     key %d: %s\n", key++, state_of(lane.as_object()).c_str());
    }
    std::puts(
        "A caller's error ends the way at once; a context overflow goes only to a larger window; all else "
        "goes on.");
    return kOk;
}

}  // namespace nightshift::cli
