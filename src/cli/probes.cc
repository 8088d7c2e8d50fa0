#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/table.h"

namespace nightshift::cli {
namespace {

namespace json = boost::json;

constexpr size_t kWhyBytesMax = 100;

const json::object& state_of(const json::object& probe) {
    return probe.at("state").as_object();
}

bool is_passing(const json::object& probe) {
    return text_at(state_of(probe), "value") == "passing";
}

std::string why_in_short(const json::object& probe) {
    std::string why = text_at(state_of(probe), "why");
    std::string weakness = text_at(probe, "weakness");
    if (is_passing(probe) && !weakness.empty()) return weakness;
    std::string_view shown = truncate_utf8(why, kWhyBytesMax);
    return shown.size() < why.size() ? std::string(shown) + "…" : why;
}

std::string ago(const json::object& object, std::string_view name) {
    int64_t at = number_at(object, name);
    return at == 0 ? "never" : age(at, now_ms()) + " ago";
}

void print_looks(const json::array& looks) {
    Table table({"LOOKED", "TOOK", "OUTCOME", "WHAT IT SAW"});
    for (const json::value& each : looks) {
        const json::object& look = each.as_object();
        table.add({ago(look, "at_ms"), fmt::format("{} ms", number_at(look, "took_ms")),
                   text_at(look, "outcome"), text_at(look, "says")});
    }
    std::fputs(table.text().c_str(), stdout);
}

void print_probe(const json::object& probe) {
    const json::object& state = state_of(probe);
    std::printf("%s is %s for %s: %s\n", text_at(probe, "name").c_str(), text_at(state, "value").c_str(),
                age(number_at(state, "since_ms"), now_ms()).c_str(), text_at(state, "why").c_str());
    auto line = [](const char* name, const std::string& text) {
        if (!text.empty()) std::printf("  %-10s %s\n", name, text.c_str());
    };
    line("asks", text_at(probe, "asks"));
    line("expects", text_at(probe, "expects"));
    line("but", text_at(probe, "weakness"));
    line("about", text_at(probe, "subject"));
    line("looks", fmt::format("every {} s; failing at {} bad looks; stale after {} s",
                              number_at(probe, "every_ms") / 1000, text_at(probe, "fail_after"),
                              number_at(probe, "stale_after_ms") / 1000));
    if (!probe.at("looks").as_array().empty()) print_looks(probe.at("looks").as_array());
}

// One probe, whole; kBad unless it passes.
int report_probe(const Result<json::value>& answer, bool json) {
    if (!answer) return report(answer.error());
    const json::object& probe = answer->as_object();
    if (json) {
        std::puts(json::serialize(*answer).c_str());
    } else {
        print_probe(probe);
    }
    return is_passing(probe) ? kOk : kBad;
}

}  // namespace

int run_probes(const Connection& connection, bool json) {
    auto answer = get_json(connection, "/api/v1/probes");
    if (!answer) return report(answer.error());
    const json::array& items = answer->at("items").as_array();
    bool are_passing = true;
    Table table({"PROBE", "STATE", "SINCE", "LOOKED", "ABOUT", "WHY"});
    for (const json::value& each : items) {
        const json::object& probe = each.as_object();
        are_passing = are_passing && is_passing(probe);
        table.add({text_at(probe, "name"), text_at(state_of(probe), "value"),
                   age(number_at(state_of(probe), "since_ms"), now_ms()), ago(probe, "looked_ms"),
                   text_at(probe, "subject"), why_in_short(probe)});
    }
    if (json) {
        std::puts(json::serialize(*answer).c_str());
    } else if (items.empty()) {
        std::puts("no probe; `probes` in nightshift.yaml says what to look at");
    } else {
        std::fputs(table.text().c_str(), stdout);
    }
    return are_passing ? kOk : kBad;
}

int run_probe_show(const Connection& connection, const std::string& probe, bool json) {
    return report_probe(get_json(connection, "/api/v1/probes/" + percent_encode(probe)), json);
}

int run_probe_now(const Connection& connection, const std::string& probe, bool json) {
    std::string path = fmt::format("/api/v1/probes/{}/run", percent_encode(probe));
    return report_probe(post_json(connection, path, json::object()), json);
}

}  // namespace nightshift::cli
