#include "app/alert_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "alerts/defaults.h"
#include "alerts/limits.h"
#include "base/text.h"

#include "jobs/words.h"
#include "recorder/filter.h"

namespace nightshift::app {
namespace {

using alerts::Rule;
using alerts::SignalKind;

constexpr std::array<std::string_view, 7> kDays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
const std::vector<std::string_view> kKindWords{"session", "agent",  "loop",   "job",      "budget",
                                               "route",   "source", "part",   "resource", "channel",
                                               "probe",   "query",  "silence"};

// "22:30" as minutes of the day.
std::optional<int> parse_clock(std::string_view text) {
    std::vector<std::string_view> parts = split(text, ':');
    if (parts.size() != 2) return std::nullopt;
    auto hour = parse_uint(parts[0]);
    auto minute = parse_uint(parts[1]);
    bool is_good = hour && minute && *minute < 60 && (*hour < 24 || (*hour == 24 && *minute == 0));
    if (!is_good) return std::nullopt;
    return static_cast<int>(*hour * 60 + *minute);
}

// "mon" or "mon-fri" as bits.
std::optional<uint8_t> parse_days(std::string_view text) {
    std::vector<std::string_view> ends = split(text, '-');
    auto at = [](std::string_view day) {
        return std::find(kDays.begin(), kDays.end(), to_lower(trim(day))) - kDays.begin();
    };
    if (ends.empty() || ends.size() > 2) return std::nullopt;
    ptrdiff_t from = at(ends.front());
    ptrdiff_t to = at(ends.back());
    if (from == 7 || to == 7) return std::nullopt;
    uint8_t days = 0;
    for (ptrdiff_t day = from;; day = (day + 1) % 7) {
        days = static_cast<uint8_t>(days | 1u << day);
        if (day == to) return days;
    }
}

void read_hold(ConfigReader& in, alerts::HoldPolicy& hold) {
    in.duration("for", hold.hold);
    in.duration("resolve_after", hold.resolve_after);
    int64_t hits = hold.hits;
    int64_t looks = hold.looks;
    in.integer("hits", hits, 0, 64);
    in.integer("of", looks, 1, 64);
    hold.hits = static_cast<uint32_t>(hits);
    hold.looks = static_cast<uint32_t>(std::max(looks, in.has("of") ? looks : hits));
    int64_t changes = hold.flap_changes;
    in.integer("flap_changes", changes, 0, 1'000);
    hold.flap_changes = static_cast<uint32_t>(changes);
    in.duration("flap_window", hold.flap_window);
}

void read_threshold(ConfigReader& in, Rule& rule) {
    auto unit = rule.on == SignalKind::kQuery ? microseconds(1) : microseconds(1'000'000);
    auto read = [&](std::string_view key, std::optional<double>& end) {
        if (!in.has(key)) return;
        std::string text;
        in.text(key, text);
        end = parse_threshold(text, unit);
        if (!end) in.complain_at(key, fmt::format("{:.40} is no number, share (80%) or time (30s)", text));
    };
    read("above", rule.threshold.above);
    read("below", rule.threshold.below);
}

void read_measure(ConfigReader& in, Rule& rule, bool is_measured) {
    for (std::string_view key : {"aggregate", "divide_by", "group_by", "over", "against"}) {
        if (!is_measured && in.has(key))
            in.complain_at(key, fmt::format("{} is for rules on query or silence", key));
    }
    if (is_measured) in.text("where", rule.measure.where);
    in.text("aggregate", rule.measure.aggregate);
    in.text("divide_by", rule.measure.divide_by);
    in.texts("group_by", rule.measure.group_by);
    in.duration("over", rule.measure.over);
    in.duration("against", rule.measure.against);
    if (!rule.measure.where.empty()) {
        if (auto filter = recorder::parse_filter(rule.measure.where); !filter)
            in.complain_at("where", filter.error().message);
    }
}

void read_labels(ConfigReader& in, Labels& labels) {
    std::map<std::string, std::string> given;
    in.texts_by_name("labels", given);
    for (const auto& [name, value] : given) labels.set(name, value);
}

void read_rule(ConfigReader& in, Config& config) {
    auto rule = std::make_shared<Rule>();
    std::string on = "session";
    std::string severity;
    in.text("name", rule->name);
    in.text("description", rule->description);
    in.text("tenant", rule->tenant);
    in.choice("on", on, kKindWords);
    rule->on = alerts::parse_signal_kind(on).value_or(SignalKind::kSession);
    bool is_measured = rule->on == SignalKind::kQuery || rule->on == SignalKind::kSilence;
    read_measure(in, *rule, is_measured);
    if (!is_measured) read_matchers(in, "where", rule->where);
    read_threshold(in, *rule);
    read_hold(in, rule->hold);
    if (in.has("severity")) {
        in.choice("severity", severity, {"info", "warning", "critical"});
        rule->severity = parse_severity(severity);
    }
    read_labels(in, rule->labels);
    in.text("summary", rule->summary);
    in.boolean("enabled", rule->is_enabled);
    if (auto good = alerts::check_rule(*rule); !good)
        in.complain(fmt::format("rule {}: {}", rule->name, good.error().message));
    auto& rules = config.alerts.rules;
    // A rule of the same name takes the place of the default one.
    auto known = std::find_if(rules.begin(), rules.end(),
                              [&](const alerts::RulePtr& each) { return each->name == rule->name; });
    if (known == rules.end()) {
        rules.push_back(std::move(rule));
    } else if ((*known)->is_default) {
        *known = std::move(rule);
    } else {
        in.complain(fmt::format("two rules have the name {}", rule->name));
    }
}

void read_wait(ConfigReader& in, alerts::RouteOptions& options) {
    in.section("wait", [&](ConfigReader& wait) {
        wait.duration("info", options.wait[static_cast<size_t>(Severity::kInfo)]);
        wait.duration("warning", options.wait[static_cast<size_t>(Severity::kWarning)]);
        wait.duration("critical", options.wait[static_cast<size_t>(Severity::kCritical)]);
    });
}

void read_route_options(ConfigReader& in, alerts::RouteOptions& options) {
    if (in.has("group_by")) {
        options.group_by.clear();
        in.texts("group_by", options.group_by);
    }
    read_wait(in, options);
    in.duration("interval", options.interval);
    in.duration("repeat", options.repeat);
    in.text("policy", options.policy);
    in.texts("mute_during", options.mute_during);
    if (options.interval < milliseconds(1'000)) in.complain("interval is at least 1s");
}

void read_route(ConfigReader& in, const alerts::RouteOptions& above, alerts::Route& route) {
    route.options = above;
    in.text("name", route.name);
    if (route.name.empty()) in.complain("a route needs a name");
    read_matchers(in, "match", route.matchers);
    in.boolean("continue", route.is_continued);
    read_route_options(in, route.options);
    in.list("routes", [&](ConfigReader& item) {
        alerts::Route branch;
        read_route(item, route.options, branch);
        route.branches.push_back(std::move(branch));
    });
}

void collect_names(const alerts::Route& route, std::set<std::string>& names, std::string& twice) {
    if (!names.insert(route.name).second) twice = route.name;
    for (const alerts::Route& branch : route.branches) collect_names(branch, names, twice);
}

void read_inhibition(ConfigReader& in, Config& config) {
    alerts::InhibitRule rule;
    in.text("name", rule.name);
    read_matchers(in, "source", rule.source);
    read_matchers(in, "target", rule.target);
    in.texts("equal", rule.equal);
    if (rule.source.empty() || rule.target.empty())
        in.complain("an inhibition needs a source and a target: matchers of alerts");
    config.alerts.inhibitions.push_back(std::move(rule));
}

void read_window(ConfigReader& in, Config& config) {
    alerts::MuteWindow window;
    std::string starts;
    std::string ends;
    in.text("name", window.name);
    read_matchers(in, "match", window.matchers);
    in.text("starts", starts);
    in.text("ends", ends);
    read_weekly(in, *config.zones, window.weekly, window.zone);
    bool is_once = !starts.empty() || !ends.empty();
    if (is_once && !window.weekly.empty())
        in.complain("a window has from and to, or starts and ends, not both");
    if (is_once) {
        auto from = jobs::parse_time(starts);
        auto to = jobs::parse_time(ends);
        if (!from || !to || *from >= *to)
            in.complain("starts and ends are times such as 2026-11-22T07:00:00Z, one after the other");
        window.starts = from.value_or(Time());
        window.ends = to.value_or(Time());
    } else if (window.weekly.empty()) {
        in.complain("a window needs from and to, or starts and ends");
    }
    if (window.name.empty()) in.complain("a window needs a name");
    config.alerts.windows.push_back(std::move(window));
}

void check_windows(ConfigReader& in, const alerts::Settings& settings, const alerts::Route& route) {
    for (const std::string& name : route.options.mute_during) {
        bool is_known = std::any_of(settings.windows.begin(), settings.windows.end(),
                                    [&](const alerts::MuteWindow& each) { return each.name == name; });
        if (!is_known)
            in.complain(fmt::format("route {} names window {}, which is not there", route.name, name));
    }
    for (const alerts::Route& branch : route.branches) check_windows(in, settings, branch);
}

}  // namespace

std::optional<double> parse_threshold(std::string_view text, std::chrono::microseconds unit) {
    if (auto number = parse_double(text)) return number;
    if (text.ends_with('%')) {
        auto share = parse_double(text.substr(0, text.size() - 1));
        return share ? std::optional<double>(*share / 100) : std::nullopt;
    }
    if (text.ends_with("ms")) {
        auto number = parse_double(text.substr(0, text.size() - 2));
        return number ? std::optional<double>(*number * 1000 / static_cast<double>(unit.count()))
                      : std::nullopt;
    }
    auto length = jobs::parse_duration(text);
    if (!length) return std::nullopt;
    return static_cast<double>(microseconds(*length).count()) / static_cast<double>(unit.count());
}

void read_matchers(ConfigReader& in, std::string_view key, alerts::Matchers& matchers) {
    if (!in.has(key)) return;
    std::string text;
    in.text(key, text);
    auto parsed = alerts::parse_matchers(text);
    if (!parsed) return in.complain_at(key, parsed.error().message);
    for (alerts::Matcher& each : *parsed) matchers.push_back(std::move(each));
}

void read_weekly(ConfigReader& in, jobs::Zones& zones, std::vector<alerts::WeeklySpan>& weekly,
                 std::string& zone) {
    std::string from;
    std::string to;
    std::vector<std::string> days;
    in.text("from", from);
    in.text("to", to);
    in.texts("days", days);
    in.text("zone", zone);
    if (auto known = zones.find(zone); !known) in.complain_at("zone", known.error().message);
    if (from.empty() && to.empty()) return;
    alerts::WeeklySpan span;
    auto from_minute = parse_clock(from);
    auto to_minute = parse_clock(to);
    if (!from_minute || !to_minute) in.complain("from and to are times of the day, such as 22:00");
    span.from_minute = from_minute.value_or(0);
    span.to_minute = to_minute.value_or(0);
    if (!days.empty()) span.days = 0;
    for (const std::string& each : days) {
        auto bits = parse_days(each);
        if (!bits) in.complain_at("days", fmt::format("{:.20} is no day: write mon, or mon-fri", each));
        span.days = static_cast<uint8_t>(span.days | bits.value_or(0));
    }
    weekly.push_back(span);
}

alerts::Settings default_alerts() {
    alerts::Settings settings;
    settings.rules = alerts::default_rules();
    settings.root = alerts::default_route();
    return settings;
}

void read_alerts(ConfigReader& in, Config& config) {
    alerts::Settings& settings = config.alerts;
    bool has_defaults = true;
    in.boolean("defaults", has_defaults);
    if (!has_defaults) settings.rules.clear();
    std::vector<std::string> disabled;
    in.texts("disable", disabled);
    for (const std::string& name : disabled) {
        auto gone =
            std::erase_if(settings.rules, [&](const alerts::RulePtr& each) { return each->name == name; });
        if (gone == 0) in.complain_at("disable", fmt::format("there is no default rule {}", name));
    }
    in.list("rules", [&](ConfigReader& item) { read_rule(item, config); });
    if (settings.rules.size() > alerts::kRulesMax)
        in.complain(fmt::format("more than {} rules", alerts::kRulesMax));
    in.duration("evaluate_every", settings.evaluate_every);
    in.duration("resolve_timeout", settings.resolve_timeout);
    if (settings.evaluate_every < seconds(1)) in.complain("evaluate_every is at least 1s");
    in.duration("history", settings.keep_history);
    if (settings.keep_history < std::chrono::hours(1) || settings.keep_history > std::chrono::hours(24 * 366))
        in.complain("history is between 1h and 366d");
    read_route_options(in, settings.root.options);
    in.list("routes", [&](ConfigReader& item) {
        alerts::Route branch;
        read_route(item, settings.root.options, branch);
        settings.root.branches.push_back(std::move(branch));
    });
    in.list("inhibit", [&](ConfigReader& item) { read_inhibition(item, config); });
    in.list("windows", [&](ConfigReader& item) { read_window(item, config); });
    std::set<std::string> names;
    std::string twice;
    collect_names(settings.root, names, twice);
    if (!twice.empty()) in.complain(fmt::format("two routes have the name {}", twice));
    check_windows(in, settings, settings.root);
}

}  // namespace nightshift::app
