#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/table.h"
#include "jobs/words.h"

namespace nightshift::cli {
namespace {

namespace json = boost::json;

constexpr size_t kGapsShown = 10;

std::string labels_text(const json::object& labels) {
    std::string out;
    for (const auto& [name, value] : labels) {
        if (name == "alertname" || !value.is_string()) continue;
        out += fmt::format("{}{}={}", out.empty() ? "" : " ", std::string_view(name),
                           std::string_view(value.as_string()));
    }
    return out;
}

void print_alerts(const json::array& items) {
    Table table({"ALERT", "STATE", "SINCE", "SEVERITY", "LABELS", "SUMMARY"});
    for (const json::value& each : items) {
        const json::object& alert = each.as_object();
        const json::object& labels = alert.at("labels").as_object();
        std::string state = alert.at("is_firing").as_bool() ? "firing" : "over";
        std::string suppressed = text_at(alert, "suppressed_by");
        if (!suppressed.empty()) state = suppressed + " " + text_at(alert, "suppressed_what");
        if (alert.at("is_flapping").as_bool()) state += ", flapping";
        table.add({text_at(labels, "alertname"), state, age(number_at(alert, "starts_ms"), now_ms()),
                   text_at(labels, "severity"), labels_text(labels),
                   text_at(alert.at("annotations").as_object(), "summary")});
    }
    std::fputs(table.text().c_str(), stdout);
}

std::string rule_state(const json::object& rule) {
    if (!text_at(rule, "problem").empty()) return "cannot look: " + text_at(rule, "problem");
    if (number_at(rule, "firing") > 0) return fmt::format("firing ({})", number_at(rule, "firing"));
    if (number_at(rule, "pending") > 0) return fmt::format("pending ({})", number_at(rule, "pending"));
    return number_at(rule, "last_look_ms") == 0 ? "not looked at yet" : "quiet";
}

// What it did, and how far that can be believed.
std::string preview_text(const json::object& seen, const std::string& rule, const std::string& over) {
    int64_t step_s = number_at(seen, "step_s");
    std::string looked = step_s == 0 ? "at each change" : fmt::format("one each {} s", step_s);
    std::string out = fmt::format("{} over {}: it would have fired {} time(s); {} looks, {}", rule, over,
                                  number_at(seen, "fired"), number_at(seen, "looks"), looked);
    const json::array& gaps = seen.at("gaps").as_array();
    size_t first = gaps.size() > kGapsShown ? gaps.size() - kGapsShown : 0;
    if (first > 0) out += fmt::format("\nthe newest {} of {} gaps:", kGapsShown, gaps.size());
    for (size_t i = first; i < gaps.size(); ++i) {
        const json::object& gap = gaps[i].as_object();
        int64_t from = number_at(gap, "from_ms");
        int64_t until = number_at(gap, "until_ms");
        out += fmt::format("\nnot known: {} from {} ago on: {}", age(from, until), age(from, now_ms()),
                           text_at(gap, "why"));
    }
    for (const json::value& each : seen.at("notes").as_array())
        out += fmt::format("\nnote: {}", std::string_view(each.as_string()));
    return out;
}

void print_episodes(const json::array& episodes) {
    if (episodes.empty()) return;
    Table table({"FROM", "FOR", "LABELS", "SUMMARY"});
    for (const json::value& each : episodes) {
        const json::object& episode = each.as_object();
        int64_t starts = number_at(episode, "starts_ms");
        int64_t ends = number_at(episode, "ends_ms");
        std::string length = ends == 0 ? "still" : age(starts, ends);
        if (episode.at("is_flapping").as_bool()) length += ", flapping";
        table.add({age(starts, now_ms()) + " ago", length, labels_text(episode.at("labels").as_object()),
                   text_at(episode, "summary")});
    }
    std::fputs(table.text().c_str(), stdout);
}

}  // namespace

int run_alerts(const Connection& connection, bool json) {
    auto answer = get_json(connection, "/api/v1/alerts");
    if (!answer) return report(answer.error());
    if (json) return std::puts(json::serialize(*answer).c_str()), kOk;
    const json::array& items = answer->at("items").as_array();
    if (items.empty()) return std::puts("no alert; nightshift alerts rules says what is looked at"), kOk;
    print_alerts(items);
    return kBad;
}

int run_alert_rules(const Connection& connection, bool json) {
    auto answer = get_json(connection, "/api/v1/alerts/rules");
    if (!answer) return report(answer.error());
    if (json) return std::puts(json::serialize(*answer).c_str()), kOk;
    Table table({"RULE", "STATE", "ON", "WHERE", "SEVERITY", "FIRED", "WHAT IT SAYS"});
    for (const json::value& each : answer->at("items").as_array()) {
        const json::object& rule = each.as_object();
        table.add({text_at(rule, "name"), rule_state(rule), text_at(rule, "on"), text_at(rule, "where"),
                   text_at(rule, "severity"), std::to_string(number_at(rule, "fired_total")),
                   text_at(rule, "description")});
    }
    std::fputs(table.text().c_str(), stdout);
    return kOk;
}

int run_alert_preview(const Connection& connection, const std::string& rule, const std::string& over,
                      bool json) {
    auto length = jobs::parse_duration(over);
    if (!length)
        return report(Error{Code::kInvalid, fmt::format("{} is no length of time; 7d is one", over)});
    auto answer = post_json(connection, fmt::format("/api/v1/alerts/rules/{}/preview", percent_encode(rule)),
                            json::object{{"over_s", length->count()}});
    if (!answer) return report(answer.error());
    if (json) return std::puts(json::serialize(*answer).c_str()), kOk;
    const json::object& seen = answer->as_object();
    if (std::string cannot = text_at(seen, "cannot"); !cannot.empty())
        return std::printf("%s cannot be tried on the past: %s\n", rule.c_str(), cannot.c_str()), kBad;
    std::puts(preview_text(seen, rule, over).c_str());
    print_episodes(seen.at("episodes").as_array());
    return kOk;
}

int run_silences(const Connection& connection, bool json) {
    auto answer = get_json(connection, "/api/v1/silences");
    if (!answer) return report(answer.error());
    if (json) return std::puts(json::serialize(*answer).c_str()), kOk;
    Table table({"SILENCE", "ALERTS", "ENDS", "BY", "HUSHED", "REASON"});
    for (const json::value& each : answer->at("items").as_array()) {
        const json::object& silence = each.as_object();
        int64_t ends = number_at(silence, "ends_ms");
        std::string when = ends < now_ms() ? age(ends, now_ms()) + " ago" : "in " + age(now_ms(), ends);
        table.add({text_at(silence, "id"), text_at(silence, "matchers"), when, text_at(silence, "author"),
                   std::to_string(number_at(silence, "hushed")), text_at(silence, "reason")});
    }
    std::fputs(table.text().c_str(), stdout);
    return kOk;
}

int run_silence(const Connection& connection, const SilenceOptions& options, bool json) {
    auto length = jobs::parse_duration(options.length);
    if (!length)
        return report(
            Error{Code::kInvalid, fmt::format("{} is no length of time; 2h is one", options.length)});
    std::string matchers;
    for (const std::string& each : options.matchers) matchers += (matchers.empty() ? "" : ", ") + each;
    auto answer = post_json(
        connection, "/api/v1/silences",
        json::object{{"matchers", matchers}, {"for_s", length->count()}, {"reason", options.reason}});
    if (!answer) return report(answer.error());
    if (json) return std::puts(json::serialize(*answer).c_str()), kOk;
    std::printf("%s mutes %s for %s\n", text_at(answer->as_object(), "id").c_str(),
                text_at(answer->as_object(), "matchers").c_str(), options.length.c_str());
    return kOk;
}

int run_end_silence(const Connection& connection, const std::string& id) {
    auto answer = call(connection, net::Method::kDelete, "/api/v1/silences/" + percent_encode(id));
    if (!answer) return report(answer.error());
    std::printf("%s is over\n", id.c_str());
    return kOk;
}

}  // namespace nightshift::cli
