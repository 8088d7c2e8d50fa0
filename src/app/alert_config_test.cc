#include "app/alert_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nightshift::app {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

ConfigReading read(std::string_view yaml) {
    return read_config(yaml, [](const std::string&) { return std::nullopt; });
}

std::string first_problem(std::string_view yaml) {
    ConfigReading reading = read(yaml);
    return reading.problems.empty() ? "" : reading.problems[0].message;
}

const alerts::Rule* find_rule(const Config& config, std::string_view name) {
    for (const alerts::RulePtr& each : config.alerts.rules) {
        if (each->name == name) return each.get();
    }
    return nullptr;
}

TEST(AlertConfig, HasRulesWithoutAWord) {
    ConfigReading reading = read("");
    EXPECT_THAT(reading.problems, SizeIs(0));
    EXPECT_NE(find_rule(reading.config, "session_looping"), nullptr);
    EXPECT_NE(find_rule(reading.config, "job_missed"), nullptr);
}

TEST(AlertConfig, ReadsRulesRoutesAndWindows) {
    ConfigReading reading = read(R"(
alerts:
  disable: [job_done]
  wait: {critical: 0s, warning: 5s}
  rules:
    - {name: job_failed, on: job, where: 'verdict="failed"', severity: critical}
    - name: slow
      on: query
      where: kind = model_call
      aggregate: p95(duration)
      group_by: [agent]
      over: 10m
      above: 30s
      for: 5m
      hits: 3
      of: 5
      summary: "{{agent}} is slow"
    - {name: quiet, on: silence, where: name = "backup.log", over: 2d, above: 1h, labels: {job: backup}}
  routes:
    - {name: team, match: 'team="a"', group_by: [alertname, host], interval: 30s, mute_during: [night]}
  inhibit:
    - {source: 'alertname="host_down"', target: 'alertname="agent_offline"', equal: [host]}
  windows:
    - {name: night, from: "22:00", to: "06:00", days: [mon-fri, sun], zone: Europe/Berlin}
    - {name: move, match: 'host="x"', starts: "2026-11-22T07:00:00Z", ends: "2026-11-22T09:00:00Z"}
)");
    ASSERT_THAT(reading.problems, SizeIs(0)) << reading.problems[0].message;
    const Config& config = reading.config;
    EXPECT_EQ(find_rule(config, "job_done"), nullptr);
    EXPECT_EQ(find_rule(config, "job_failed")->severity, Severity::kCritical);
    const alerts::Rule* slow = find_rule(config, "slow");
    ASSERT_NE(slow, nullptr);
    EXPECT_EQ(slow->threshold.above, 30e6);  // durations are kept in microseconds
    EXPECT_EQ(slow->hold.hold, std::chrono::minutes(5));
    EXPECT_EQ(slow->hold.looks, 5u);
    EXPECT_EQ(find_rule(config, "quiet")->threshold.above, 3600);
    EXPECT_EQ(config.alerts.root.options.wait[1], milliseconds(5'000));
    ASSERT_THAT(config.alerts.root.branches, SizeIs(1));
    EXPECT_EQ(config.alerts.root.branches[0].options.wait[1], milliseconds(5'000));
    ASSERT_THAT(config.alerts.windows, SizeIs(2));
    EXPECT_EQ(config.alerts.windows[0].weekly[0].days, 0b1011111);
    EXPECT_THAT(config.alerts.inhibitions, SizeIs(1));
}

TEST(AlertConfig, SaysWhatIsWrongWithARule) {
    EXPECT_THAT(first_problem("alerts: {rules: [{name: r, on: resource, above: 2}]}"),
                HasSubstr("never fires"));
    EXPECT_THAT(first_problem("alerts: {rules: [{name: r, on: query, aggregate: count}]}"),
                HasSubstr("always fires"));
    EXPECT_THAT(first_problem("alerts: {rules: [{name: r, on: job, where: 'verdict=~\"(\"'}]}"),
                HasSubstr("pattern"));
    EXPECT_THAT(first_problem("alerts: {rules: [{name: r, on: job, summary: \"{{job\"}]}"),
                HasSubstr("braces"));
    EXPECT_THAT(first_problem(
                    "alerts: {rules: [{name: r, on: query, where: 'kind ==', aggregate: count, above: 1}]}"),
                HasSubstr("where"));
    EXPECT_THAT(first_problem("alerts: {rules: [{name: r, on: job}, {name: r, on: job}]}"),
                HasSubstr("two rules"));
    EXPECT_THAT(first_problem("alerts: {disable: [nothing]}"), HasSubstr("no default rule"));
    EXPECT_THAT(first_problem("alerts: {routes: [{name: a, mute_during: [x]}]}"), HasSubstr("window x"));
    EXPECT_THAT(first_problem("alerts: {routes: [{name: a, policy: x}]}"), HasSubstr("policy x"));
}

TEST(AlertConfig, ReadsNumbersSharesAndTimes) {
    constexpr microseconds kSecond(1'000'000);
    EXPECT_EQ(parse_threshold("1.5", kSecond), 1.5);
    EXPECT_EQ(parse_threshold("80%", kSecond), 0.8);
    EXPECT_EQ(parse_threshold("15m", kSecond), 900);
    EXPECT_EQ(parse_threshold("250ms", microseconds(1)), 250'000);
    EXPECT_EQ(parse_threshold("much", kSecond), std::nullopt);
}

constexpr std::string_view kChannels = R"(
channels:
  - {name: hook, kind: webhook, url: "http://127.0.0.1:9/x"}
  - {name: other, kind: webhook, url: "http://127.0.0.1:9/y"}
)";

TEST(IncidentConfig, ReadsWhoIsTold) {
    ConfigReading reading = read(std::string(kChannels) + R"(
incidents:
  notify: [hook, other]
  escalation:
    critical: [{notify: [hook], wait: 5m}, {notify: [other, hook]}]
  policies: [{name: slow, steps: [{notify: [other]}], repeat: 1h, repeats: 1}]
  quiet_hours: {from: "22:00", to: "07:00", zone: Europe/Berlin}
  update_every: {critical: 1m}
  stakes: [{match: 'job="billing"', impact: blocking, customers: paying, owner: ada, redundancy: 0}]
  dead_man: {channel: hook, every: 12h}
  url: https://night.example/
  runbooks:
    - name: again
      match: alertname="job_failed"
      conclusions: [blocked]
      approval: true
      dry_run: false
      rate: {count: 3, per: 2h}
      steps: [{do: rerun}, {do: webhook, with: {url: "http://127.0.0.1:9/z"}}]
)");
    ASSERT_THAT(reading.problems, SizeIs(0)) << reading.problems[0].message;
    const Config& config = reading.config;
    EXPECT_THAT(config.incidents.policies.at(Severity::kCritical).steps, SizeIs(2));
    EXPECT_THAT(config.incidents.policies.at(Severity::kWarning).steps, SizeIs(1));
    EXPECT_EQ(config.incidents.named_policies.at("slow").repeats_max, 1);
    EXPECT_EQ(config.incidents.url, "https://night.example");
    EXPECT_EQ(config.incidents.intervals.critical, std::chrono::minutes(1));
    EXPECT_THAT(config.quiet_hours, SizeIs(1));
    EXPECT_EQ(config.stakes[0].stakes.redundancy, 0);
    ASSERT_THAT(config.runbooks, SizeIs(1));
    EXPECT_TRUE(config.runbooks[0].needs_approval);
    EXPECT_FALSE(config.runbooks[0].is_dry_run);
    EXPECT_EQ(config.runbooks[0].rate.count, 3);
}

TEST(IncidentConfig, SaysWhatIsWrong) {
    EXPECT_THAT(first_problem("incidents: {notify: [nobody]}"), HasSubstr("channel nobody"));
    EXPECT_THAT(first_problem("incidents: {url: night.example}"), HasSubstr("http"));
    EXPECT_THAT(first_problem("incidents: {stakes: [{impact: blocking}]}"), HasSubstr("match"));
    EXPECT_THAT(first_problem("incidents: {runbooks: [{name: r, match: 'a=\"b\"', steps: [{do: command}]}]}"),
                HasSubstr("command"));
    EXPECT_THAT(first_problem("incidents: {runbooks: [{name: r, steps: [{do: rerun}]}]}"),
                HasSubstr("match"));
    EXPECT_THAT(first_problem("incidents: {quiet_hours: {from: \"25:00\", to: \"07:00\"}}"),
                HasSubstr("22:00"));
}

}  // namespace
}  // namespace nightshift::app
