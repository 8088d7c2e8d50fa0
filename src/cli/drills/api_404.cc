#include <fmt/format.h>

#include <boost/json.hpp>
#include <thread>

#include "cli/drills/drills.h"
#include "cli/drills/incident.h"
#include "cli/json.h"

namespace nightshift::cli::drills {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

constexpr std::string_view kRule = R"(    - name: job_degraded
      on: job
      where: 'impact="degraded"'
      severity: warning
      summary: "{{job}} is done, worse than promised: {{says}}"
)";

// The post is looked for through the API, and where that cannot tell, in the feed; that the API answers at
// all is expected beside it.
std::string job_of(const Sandbox& sandbox, const Imposter& api) {
    return fmt::format(R"(jobs:
  - name: publish
    schedule: {{cron: "0 3 * * *"}}
    command: "echo a post of some length > feed.txt"
    folder: "{0}"
    expect:
      - name: posted
        any_of:
          - http: {{url: "{1}", path: "$.posts[0].title", matches: post}}
          - file: {{path: feed.txt, newer_than_start: true, min_bytes: 10}}
      - name: api
        http: {{url: "{1}", status: 200}}
        impact: degraded
        wait: 1s
)",
                       sandbox.folder().native(), api.url("/posts"));
}

}  // namespace

Result<void> run_api_404(Sandbox& sandbox, Report& report) {
    NS_TRY(auto pager, Imposter::start(accepts()));
    NS_TRY(auto api, Imposter::start(answers(404, R"({"message":"not found"})")));
    std::string config = watch_config(
        {.channels = {{"pager", pager.get()}}, .notify = {"pager"}, .rules = std::string(kRule)});
    if (auto started = sandbox.start(config + job_of(sandbox, *api)); !started) return started;
    int64_t gone = now_ms();
    NS_TRY([[maybe_unused]] json::value run, sandbox.post("/api/v1/jobs/publish/run", json::object()));
    NS_TRY(json::object verdict, wait_for_verdict(sandbox, "publish", seconds(30)));
    check_equal(report, "the work, by the other way", "verified", text_at(verdict, "verdict"));
    report.check(!api->seen().empty(), "the API was asked", "a request",
                 fmt::format("{}", api->seen().size()));

    NS_TRY(json::object incident, wait_for_incident(sandbox, "job_degraded", is_diagnosed, seconds(20)));
    check_equal(report, "conclusion", "degraded", diagnosis_text(incident, "conclusion"));
    check_equal(report, "severity", "warning", text_at(incident, "severity"));
    std::string window = diagnosis_text(incident, "response_window");
    report.check(window.find("24 to 48 h") != std::string::npos, "to be looked at", "24 to 48 h", window);
    wait_until(seconds(10), [&] { return !messages_of(*pager).empty(); });
    // A second run fails in the same way: that is no news.
    NS_TRY([[maybe_unused]] json::value again, sandbox.post("/api/v1/jobs/publish/run", json::object()));
    std::this_thread::sleep_for(seconds(5));
    std::vector<Message> told = messages_of(*pager);
    std::erase_if(told, [](const Message& each) { return each.mode == "edit"; });
    check_equal(report, "messages after two such runs", "1", std::to_string(told.size()));
    take_times(report, incident, gone, told);
    return {};
}

}  // namespace nightshift::cli::drills
