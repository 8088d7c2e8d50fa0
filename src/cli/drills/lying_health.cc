#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/drills/drills.h"
#include "cli/drills/incident.h"
#include "cli/json.h"

namespace nightshift::cli::drills {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

// Without the orders the work stops: that is what people say, and no health page.
constexpr std::string_view kStakes = "  stakes: [{match: 'job=\"orders\"', impact: blocking}]\n";

std::string job_of(const Sandbox& sandbox, const Imposter& shop) {
    return fmt::format(R"(jobs:
  - name: orders
    watch: {{}}
    expect:
      - name: health
        http: {{url: "{}", path: "$.status", equals: ok}}
      - name: exported
        file: {{path: "{}/orders.csv", newer_than_start: true, min_bytes: 10}}
        wait: 1s
)",
                       shop.url("/health"), sandbox.folder().native());
}

}  // namespace

Result<void> run_lying_health(Sandbox& sandbox, Report& report) {
    NS_TRY(auto pager, Imposter::start(accepts()));
    NS_TRY(auto shop, Imposter::start(answers(200, R"({"status":"ok"})")));
    std::string config = watch_config(
        {.channels = {{"pager", pager.get()}}, .notify = {"pager"}, .more = std::string(kStakes)});
    if (auto started = sandbox.start(config + job_of(sandbox, *shop)); !started) return started;
    NS_TRY(json::value job, sandbox.get("/api/v1/jobs/orders"));
    std::string ping = text_at(job.as_object(), "ping_path");
    NS_TRY([[maybe_unused]] auto begun, sandbox.send(net::Method::kPost, ping + "/start"));
    NS_TRY([[maybe_unused]] auto ended, sandbox.send(net::Method::kPost, ping, "all orders exported"));
    int64_t lied = now_ms();

    NS_TRY(json::object verdict, wait_for_verdict(sandbox, "orders", seconds(30)));
    check_equal(report, "verdict", "contradicted", text_at(verdict, "verdict"));
    report.check(!shop->seen().empty(), "the health page was asked, and said ok", "a request",
                 fmt::format("{} requests", shop->seen().size()));
    std::string why = text_at(verdict, "why");
    report.check(why.find("exported") != std::string::npos, "why", "the outcome that is missing: exported",
                 why);
    NS_TRY(json::object incident, wait_for_incident(sandbox, "job_contradicted", is_diagnosed, seconds(20)));
    check_equal(report, "conclusion", "blocked", diagnosis_text(incident, "conclusion"));
    check_equal(report, "severity", "critical", text_at(incident, "severity"));
    wait_until(seconds(10), [&] { return !posts_of(*pager).empty(); });
    std::vector<Message> told = posts_of(*pager);
    check_equal(report, "messages", "1", std::to_string(told.size()));
    take_times(report, incident, lied, told);
    return {};
}

}  // namespace nightshift::cli::drills
