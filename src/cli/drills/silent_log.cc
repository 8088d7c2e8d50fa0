#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/drills/drills.h"
#include "cli/drills/incident.h"
#include "cli/json.h"

namespace nightshift::cli::drills {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

constexpr std::string_view kRule = R"(    - name: backup_log_silent
      on: silence
      where: 'name = "backup.log"'
      over: 2m
      above: 4s
      severity: warning
      labels: {job: backup}
      summary: "the log of the backup is silent: {{says}}"
)";

// It has a schedule, so that the last run is known to be the last that was due.
std::string job_of(const Sandbox& sandbox) {
    return fmt::format(R"(jobs:
  - name: backup
    schedule: {{cron: "0 3 * * *"}}
    command: "echo a backup of everything > backup.tar && echo done"
    folder: "{}"
    expect: [{{name: archive, file: {{path: backup.tar, newer_than_start: true, min_bytes: 10}}}}]
    deliver: {{channel: team, text: "backup: {{{{summary}}}}"}}
)",
                       sandbox.folder().native());
}

Result<void> write_log_line(const Sandbox& sandbox) {
    NS_TRY(net::ClientResponse answer,
           sandbox.send(net::Method::kPost, "/api/v1/events",
                        R"({"kind":"log","name":"backup.log","agent":"backup","simulated":true})"));
    if (answer.status != 200) return fail(Code::kUnavailable, "an event was not taken: {}", answer.body);
    return {};
}

}  // namespace

Result<void> run_silent_log(Sandbox& sandbox, Report& report) {
    NS_TRY(auto pager, Imposter::start(accepts()));
    NS_TRY(auto team, Imposter::start(accepts()));
    std::string config = watch_config({.channels = {{"pager", pager.get()}, {"team", team.get()}},
                                       .notify = {"pager"},
                                       .rules = std::string(kRule)});
    if (auto started = sandbox.start(config + job_of(sandbox)); !started) return started;
    NS_TRY([[maybe_unused]] json::value run, sandbox.post("/api/v1/jobs/backup/run", json::object()));
    NS_TRY(json::object verdict, wait_for_verdict(sandbox, "backup", seconds(20)));
    check_equal(report, "the backup itself", "verified", text_at(verdict, "verdict"));
    if (auto written = write_log_line(sandbox); !written) return written;
    int64_t silent_from = now_ms();

    NS_TRY(json::object incident, wait_for_incident(sandbox, "backup_log_silent", is_diagnosed, seconds(35)));
    take_times(report, incident, silent_from, {});
    std::string conclusion = diagnosis_text(incident, "conclusion");
    report.check(conclusion == "enhancement" || conclusion == "false_alarm", "it is no emergency",
                 "enhancement or false_alarm",
                 fmt::format("{}: {}", conclusion, diagnosis_text(incident, "summary")));
    check_equal(report, "severity", "info", text_at(incident, "severity"));
    // Whoever would be told is told within the group's wait.
    wait_until(seconds(3), [&] { return !messages_of(*pager).empty(); });
    check_equal(report, "messages on the pager", "0", std::to_string(messages_of(*pager).size()));
    check_equal(report, "the backup's own message has its receipt", "1",
                std::to_string(messages_of(*team).size()));
    NS_TRY(json::object whole, whole_incident(sandbox, incident));
    size_t entries = whole.at("timeline").as_array().size();
    size_t checks = whole.at("diagnosis").at("checks").as_array().size();
    report.check(entries >= 2 && checks == 9, "it is on record", "a timeline and 9 checks",
                 fmt::format("{} entries, {} checks", entries, checks));
    return {};
}

}  // namespace nightshift::cli::drills
