#include "api/alert_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "api/json.h"
#include "base/text.h"
#include "incidents/incident_json.h"
#include "ingest/events/names.h"
#include "jobs/words.h"

namespace nightshift::api {
namespace {

namespace json = boost::json;
using alerts::Alert;
using alerts::Matcher;

// What Go writes for "no time".
constexpr std::string_view kNoTime = "0001-01-01T00:00:00Z";
constexpr size_t kProblemsMax = 20;
constexpr size_t kUrlBytesMax = 2'000;

std::string_view text_of(const json::object& object, std::string_view name) {
    const json::value* found = object.if_contains(name);
    return found != nullptr && found->is_string() ? std::string_view(found->as_string()) : "";
}

Result<std::optional<Time>> time_of(const json::object& object, std::string_view name) {
    std::string_view text = text_of(object, name);
    if (text.empty() || text == kNoTime) return std::optional<Time>();
    auto us = ingest::events::parse_time(text);
    if (!us) return fail(Code::kInvalid, "{} is no RFC 3339 time: {:.40}", name, to_valid_utf8(text));
    return std::optional<Time>(from_unix_us(*us));
}

Result<Labels> labels_of(const json::object& object, std::string_view name) {
    const json::value* found = object.if_contains(name);
    if (found == nullptr || found->is_null()) return Labels();
    if (!found->is_object()) return fail(Code::kInvalid, "{} must be an object", name);
    std::vector<Labels::Pair> pairs;
    pairs.reserve(found->as_object().size());
    for (const auto& [key, value] : found->as_object()) {
        if (!value.is_string())
            return fail(Code::kInvalid, "{}.{:.60} must be a text", name, std::string_view(key));
        pairs.emplace_back(std::string_view(key), std::string_view(value.as_string()));
    }
    if (auto good = Labels::check(pairs); !good) return Failure(good.error());
    return Labels(pairs);
}

Result<Alert> alert_of(const json::value& value, Time now, seconds resolve_timeout) {
    if (!value.is_object()) return fail(Code::kInvalid, "it is no object");
    const json::object& object = value.as_object();
    Alert alert;
    NS_TRY(alert.labels, labels_of(object, "labels"));
    if (alert.labels.empty()) return fail(Code::kInvalid, "it has no labels");
    NS_TRY(alert.annotations, labels_of(object, "annotations"));
    NS_TRY(std::optional<Time> starts, time_of(object, "startsAt"));
    NS_TRY(std::optional<Time> ends, time_of(object, "endsAt"));
    alert.starts = starts ? *starts : std::min(now, ends.value_or(now));
    alert.ends = ends ? *ends : Time(now + resolve_timeout);
    if (alert.ends < alert.starts) return fail(Code::kInvalid, "it ends before it starts");
    alert.updated = now;
    alert.generator = truncate_utf8(text_of(object, "generatorURL"), kUrlBytesMax);
    return alert;
}

std::string go_time(Time time) {
    return time == Alert::kForever ? std::string(kNoTime) : jobs::words(time);
}

std::string fingerprint_text(const Alert& alert) {
    return fmt::format("{:016x}", alert.fingerprint());
}

std::string_view word_of(alerts::Suppression::By by) {
    switch (by) {
        case alerts::Suppression::By::kNobody:
            return "";
        case alerts::Suppression::By::kSilence:
            return "silence";
        case alerts::Suppression::By::kInhibition:
            return "inhibition";
        case alerts::Suppression::By::kWindow:
            return "window";
    }
    return "";
}

json::value number_or_null(const std::optional<double>& number) {
    return number ? json::value(*number) : json::value(nullptr);
}

Result<Matcher> matcher_of(const json::value& value) {
    if (!value.is_object()) return fail(Code::kInvalid, "a matcher is an object");
    const json::object& object = value.as_object();
    auto flag = [&](std::string_view name, bool missing) {
        const json::value* found = object.if_contains(name);
        return found != nullptr && found->is_bool() ? found->as_bool() : missing;
    };
    bool is_regex = flag("isRegex", false);
    bool is_equal = flag("isEqual", true);
    Matcher::Op op = is_regex ? (is_equal ? Matcher::Op::kMatches : Matcher::Op::kNotMatches)
                              : (is_equal ? Matcher::Op::kEqual : Matcher::Op::kNotEqual);
    return alerts::make_matcher(std::string(text_of(object, "name")), op,
                                std::string(text_of(object, "value")));
}

}  // namespace

Result<PostedAlerts> parse_posted_alerts(std::string_view body, std::string_view tenant, Time now,
                                         seconds resolve_timeout) {
    json::monotonic_resource memory(std::max<size_t>(body.size() * 2, 4096));
    json::parse_options options;
    options.max_depth = 8;
    json::error_code error;
    json::value root = json::parse(body, error, &memory, options);
    if (error) return fail(Code::kInvalid, "the body is not JSON: {}", error.message());
    if (!root.is_array()) return fail(Code::kInvalid, "the body must be a list of alerts");
    PostedAlerts posted;
    SharedText whose = tenant;
    posted.alerts.reserve(root.as_array().size());
    size_t number = 0;
    for (const json::value& each : root.as_array()) {
        Result<Alert> alert = alert_of(each, now, resolve_timeout);
        if (alert) {
            alert->tenant = whose;
            posted.alerts.push_back(std::move(*alert));
        } else if (posted.problems.size() < kProblemsMax) {
            posted.problems.push_back(fmt::format("alert {}: {}", number, alert.error().message));
        }
        ++number;
    }
    return posted;
}

json::object show_gettable_alert(const alerts::AlertView& view, Time now) {
    const Alert& alert = *view.alert;
    using By = alerts::Suppression::By;
    By by = view.suppression.by;
    json::array none;
    json::array what{view.suppression.what};
    json::object status{{"state", by == By::kNobody ? "active" : "suppressed"},
                        {"silencedBy", by == By::kSilence ? what : none},
                        {"inhibitedBy", by == By::kInhibition ? what : none},
                        {"mutedBy", by == By::kWindow ? what : none}};
    // Its own alerts have no end; clients of that API expect one.
    Time ends = alert.ends == Alert::kForever ? Time(now + seconds(300)) : alert.ends;
    return {{"labels", incidents::show(alert.labels)},
            {"annotations", incidents::show(alert.annotations)},
            {"startsAt", go_time(alert.starts)},
            {"endsAt", go_time(ends)},
            {"updatedAt", go_time(alert.updated)},
            {"generatorURL", alert.generator == "rule" ? "" : alert.generator.view()},
            {"fingerprint", fingerprint_text(alert)},
            {"receivers", json::array{json::object{{"name", "nightshift"}}}},
            {"status", std::move(status)}};
}

Result<alerts::Silence> parse_posted_silence(const json::object& body, std::string_view tenant, Time now) {
    alerts::Silence silence;
    silence.tenant = tenant;
    silence.id = text_of(body, "id");
    const json::value* matchers = body.if_contains("matchers");
    if (matchers == nullptr || !matchers->is_array()) return fail(Code::kInvalid, "matchers must be a list");
    for (const json::value& each : matchers->as_array()) {
        NS_TRY(Matcher matcher, matcher_of(each));
        silence.matchers.push_back(std::move(matcher));
    }
    NS_TRY(std::optional<Time> starts, time_of(body, "startsAt"));
    NS_TRY(std::optional<Time> ends, time_of(body, "endsAt"));
    silence.starts = starts.value_or(now);
    silence.ends = ends.value_or(now);
    silence.author = text_of(body, "createdBy");
    silence.reason = text_of(body, "comment");
    return silence;
}

json::object show_gettable_silence(const alerts::Silence& silence, Time now) {
    json::array matchers;
    for (const Matcher& each : silence.matchers) {
        bool is_regex = each.op == Matcher::Op::kMatches || each.op == Matcher::Op::kNotMatches;
        bool is_equal = each.op == Matcher::Op::kEqual || each.op == Matcher::Op::kMatches;
        matchers.push_back(json::object{
            {"name", each.name}, {"value", each.value}, {"isRegex", is_regex}, {"isEqual", is_equal}});
    }
    std::string_view state = silence.is_active(now) ? "active" : silence.starts > now ? "pending" : "expired";
    return {{"id", silence.id},
            {"matchers", std::move(matchers)},
            {"startsAt", go_time(silence.starts)},
            {"endsAt", go_time(silence.ends)},
            {"updatedAt", go_time(silence.created)},
            {"createdBy", silence.author},
            {"comment", silence.reason},
            {"status", {{"state", state}}}};
}

json::object show(const alerts::AlertView& view, Time now) {
    const Alert& alert = *view.alert;
    json::object object{{"fingerprint", fingerprint_text(alert)},
                        {"labels", incidents::show(alert.labels)},
                        {"annotations", incidents::show(alert.annotations)},
                        {"starts_ms", unix_ms(alert.starts)},
                        {"ends_ms", nullptr},
                        {"is_firing", alert.is_firing(now)},
                        {"is_flapping", alert.is_flapping},
                        {"suppressed_by", nullptr},
                        {"suppressed_what", view.suppression.what},
                        {"generator", alert.generator.view()}};
    if (alert.ends != Alert::kForever) object["ends_ms"] = unix_ms(alert.ends);
    if (view.suppression.by != alerts::Suppression::By::kNobody)
        object["suppressed_by"] = word_of(view.suppression.by);
    return object;
}

json::object show(const alerts::RuleState& state) {
    const alerts::Rule& rule = *state.rule;
    json::object object{{"name", rule.name},
                        {"description", rule.description},
                        {"on", alerts::to_string(rule.on)},
                        {"where", alerts::text_of(rule.where)},
                        {"above", number_or_null(rule.threshold.above)},
                        {"below", number_or_null(rule.threshold.below)},
                        {"severity", nullptr},
                        {"hold_s", rule.hold.hold.count()},
                        {"hits", rule.hold.hits},
                        {"looks", rule.hold.looks},
                        {"resolve_after_s", rule.hold.resolve_after.count()},
                        {"pending", state.pending},
                        {"firing", state.firing},
                        {"fired_total", state.fired_total},
                        {"last_look_ms", nullptr},
                        {"problem", state.problem},
                        {"is_default", rule.is_default}};
    if (rule.severity) object["severity"] = to_string(*rule.severity);
    if (state.last_look != Time()) object["last_look_ms"] = unix_ms(state.last_look);
    if (rule.on == alerts::SignalKind::kQuery || rule.on == alerts::SignalKind::kSilence) {
        object["where"] = rule.measure.where;
        object["over_s"] = rule.measure.over.count();
        object["aggregate"] = rule.measure.aggregate;
    }
    return object;
}

json::object show(const alerts::Silence& silence, Time now) {
    return {{"id", silence.id},
            {"matchers", alerts::text_of(silence.matchers)},
            {"starts_ms", unix_ms(silence.starts)},
            {"ends_ms", unix_ms(silence.ends)},
            {"author", silence.author},
            {"reason", silence.reason},
            {"created_ms", unix_ms(silence.created)},
            {"hushed", silence.hushed},
            {"is_active", silence.is_active(now)}};
}

}  // namespace nightshift::api
