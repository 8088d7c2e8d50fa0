#include "health/show.h"

#include <algorithm>
#include <boost/json.hpp>

#include "health/judge.h"

namespace nightshift::health {

namespace json = boost::json;

namespace {

json::value milliseconds_of(const std::optional<Time>& time) {
    if (!time) return nullptr;
    return unix_ms(*time);
}

// As of when a state is known: a look that says nothing makes it no younger.
Time as_of(const ProbeView& view) {
    if (view.seen != Time()) return view.seen;
    return view.newest ? view.newest->at : view.standing.since;
}

json::object show(const Look& look) {
    return {{"at_ms", unix_ms(look.at)},
            {"took_ms", look.took.count() / 1000},
            {"outcome", to_string(look.outcome)},
            {"says", look.says}};
}

json::object show(const Labels& labels) {
    json::object out;
    for (const Labels::Pair& each : labels.pairs()) out[each.first] = each.second;
    return out;
}

std::string expects(const Question& question) {
    if (std::holds_alternative<TcpQuestion>(question)) return "a connection";
    bool is_command = std::holds_alternative<CommandQuestion>(question);
    return (is_command ? "exit code " : "") + describe(expectation_of(question));
}

json::value text_or_null(std::string_view text) {
    if (text.empty()) return nullptr;
    return json::string(text);
}

}  // namespace

std::string_view kind_of(const Question& question) {
    if (std::holds_alternative<HttpQuestion>(question)) return "http";
    return std::holds_alternative<TcpQuestion>(question) ? "tcp" : "command";
}

json::object show(const ProbeView& view) {
    const ProbeSpec& spec = *view.spec;
    const Subject& subject = spec.subject;
    return {{"name", spec.name},
            {"description", spec.description},
            {"kind", kind_of(spec.question)},
            {"asks", describe(spec.question)},
            {"expects", expects(spec.question)},
            {"weakness", weakness(spec.question)},
            {"subject", text_or_null(subject.empty() ? "" : subject.kind + " " + subject.name)},
            {"labels", show(spec.labels)},
            {"state",
             {{"value", to_string(view.standing.state)},
              {"since_ms", unix_ms(view.standing.since)},
              {"as_of_ms", unix_ms(as_of(view))},
              {"source", "probe " + spec.name},
              {"why", view.standing.why}}},
            {"last", text_or_null(view.last)},
            {"every_ms", milliseconds(spec.policy.every).count()},
            {"timeout_ms", spec.policy.timeout.count()},
            {"stale_after_ms", milliseconds(spec.policy.stale_after).count()},
            {"fail_after", fmt::format("{} of {}", spec.policy.bad_min, spec.policy.looks)},
            {"pass_after", spec.policy.good_min},
            {"looked_ms", milliseconds_of(view.newest ? std::optional<Time>(view.newest->at) : std::nullopt)},
            {"next_ms", milliseconds_of(view.next)},
            {"looks_total", view.looks_total}};
}

json::object show_whole(const ProbeView& view) {
    json::object out = show(view);
    json::array looks;
    for (const Look& each : view.looks) looks.push_back(show(each));
    out["looks"] = std::move(looks);
    return out;
}

}  // namespace nightshift::health
