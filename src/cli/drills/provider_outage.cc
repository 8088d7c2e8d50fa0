#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "cli/drills/drills.h"
#include "cli/drills/incident.h"
#include "cli/json.h"

namespace nightshift::cli::drills {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kRules = R"(    - name: route_degraded
      on: route
      where: 'standing="degraded"'
      for: 1s
      resolve_after: 2s
      severity: warning
      summary: "{{route}} has fallen back: {{says}}"
    - name: route_down
      on: route
      where: 'standing="down"'
      for: 1s
      resolve_after: 2s
      severity: critical
      summary: "no provider answers {{route}}: {{says}}"
)";

std::string gateway_of(const Imposter& first, const Imposter& second) {
    return fmt::format(R"(gateway:
  providers:
    - {{name: first, kind: openai, url: "{}", keys: ["${{DRILL_KEY_A}}"]}}
    - {{name: second, kind: openai, url: "{}", keys: ["${{DRILL_KEY_B}}"]}}
  routes:
    - name: fast
      targets: [{{provider: first, model: model-a}}, {{provider: second, model: model-b}}]
)",
                       first.url("/v1"), second.url("/v1"));
}

Imposter::Answer completes(std::string_view provider) {
    return answers(
        200,
        fmt::format(
            R"({{"id":"c1","object":"chat.completion","created":1700000000,"model":"{0}","choices":[{{"index":0,)"
            R"("message":{{"role":"assistant","content":"{0} answers"}},"finish_reason":"stop"}}],)"
            R"("usage":{{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}}})",
            provider));
}

// How many of so many calls got an answer.
int calls_answered(const Sandbox& sandbox, int count) {
    int answered = 0;
    for (int i = 0; i < count; ++i) {
        auto answer =
            sandbox.send(net::Method::kPost, "/v1/chat/completions",
                         R"({"model":"fast","messages":[{"role":"user","content":"are you there"}]})");
        if (answer && answer->status == 200 && answer->body.find(" answers") != std::string::npos) ++answered;
    }
    return answered;
}

void check_calls(Report& report, const Sandbox& sandbox, std::string what, int count) {
    check_equal(report, std::move(what), fmt::format("{} of {}", count, count),
                fmt::format("{} of {}", calls_answered(sandbox, count), count));
}

// All are gone: the calls must say so, and one person hears of it once.
Result<json::object> lose_all(const Sandbox& sandbox, Report& report, const Imposter& pager) {
    int64_t gone = now_ms();
    check_equal(report, "calls answered without any provider", "0",
                std::to_string(calls_answered(sandbox, 6)));
    NS_TRY(json::object incident, wait_for_incident(sandbox, "route_down", is_diagnosed, seconds(20)));
    check_equal(report, "all providers gone", "blocked, critical",
                fmt::format("{}, {}", diagnosis_text(incident, "conclusion"), text_at(incident, "severity")));
    auto about_it = [&] {
        std::vector<Message> told = posts_of(pager);
        std::erase_if(told, [](const Message& each) { return each.severity != "critical"; });
        return told;
    };
    wait_until(seconds(10), [&] { return !about_it().empty(); });
    check_equal(report, "messages about it", "1", std::to_string(about_it().size()));
    take_times(report, incident, gone, about_it());
    return incident;
}

}  // namespace

Result<void> run_provider_outage(Sandbox& sandbox, Report& report) {
    NS_TRY(auto pager, Imposter::start(accepts()));
    NS_TRY(auto first, Imposter::start(completes("first")));
    NS_TRY(auto second, Imposter::start(completes("second")));
    sandbox.set_environment("DRILL_KEY_A", "key-a");
    sandbox.set_environment("DRILL_KEY_B", "key-b");
    std::string config = watch_config(
        {.channels = {{"pager", pager.get()}}, .notify = {"pager"}, .rules = std::string(kRules)});
    if (auto started = sandbox.start(config + gateway_of(*first, *second)); !started) return started;
    check_calls(report, sandbox, "calls while all is well", 3);
    first->die();
    check_calls(report, sandbox, "calls while the first provider is gone", 10);
    NS_TRY(json::object degraded, wait_for_incident(sandbox, "route_degraded", is_diagnosed, seconds(15)));
    check_equal(report, "the first provider gone", "degraded, warning",
                fmt::format("{}, {}", diagnosis_text(degraded, "conclusion"), text_at(degraded, "severity")));
    second->die();
    NS_TRY(json::object down, lose_all(sandbox, report, *pager));

    if (auto back = first->revive(); !back) return back;
    if (auto back = second->revive(); !back) return back;
    bool is_back = wait_until(seconds(25), [&] { return calls_answered(sandbox, 1) == 1; });
    report.check(is_back, "calls after their return", "answered", is_back ? "answered" : "not answered");
    auto over = wait_for_incident(sandbox, "route_down", is_resolved, seconds(20));
    report.check(over.has_value(), "the incident after their return", "resolved",
                 over ? "resolved" : over.error().message);
    auto ends = [&] {
        std::vector<Message> told = messages_of(*pager);
        return std::count_if(told.begin(), told.end(), [](const Message& each) {
            return each.is_resolution && each.mode != "edit" &&
                   each.text.find("no provider answers") != std::string::npos;
        });
    };
    wait_until(seconds(10), [&] { return ends() > 0; });
    check_equal(report, "messages that it is over", "1", std::to_string(ends()));
    return {};
}

}  // namespace nightshift::cli::drills
