#include "app/probe_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "health/judge.h"

namespace nightshift::app {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

ConfigReading read(std::string_view yaml) {
    return read_config(yaml, [](const std::string& name) -> std::optional<std::string> {
        if (name == "TOKEN") return "hunter2-hunter2";
        return std::nullopt;
    });
}

// Of one probe in flow style, without its braces.
ConfigReading read_one(std::string_view probe) {
    return read(fmt::format("probes:\n  - {{name: p, {}}}\n", probe));
}

std::string first_problem(std::string_view probe) {
    ConfigReading reading = read_one(probe);
    return reading.problems.empty() ? "" : reading.problems[0].message;
}

TEST(ProbeConfig, ReadsEveryKindOfQuestion) {
    ConfigReading reading = read(R"yaml(
probes:
  - name: groq
    description: the models that we use are there
    every: 5m
    timeout: 2s
    stale_after: 20m
    fail_after: 3 of 5
    pass_after: 2
    subject: provider groq
    labels: {team: night}
    http:
      url: https://api.groq.com/openai/v1/models
      method: POST
      headers: {Authorization: "Bearer ${TOKEN}"}
      body: "{}"
      expect:
        status: [200, 201]
        contains: [llama, mixtral]
        json: {object: list, "data.length()": {min: 1, max: 100}, "$.data[0].active": true}
        max_age: {generated: 10m}
  - {name: port, tcp: "127.0.0.1:5432"}
  - {name: disk, command: [df, -h], environment: {LANG: C}, folder: /tmp, expect: {contains: "/dev"}}
  - {name: shell, command: "test -e ${TMP}"}
)yaml");
    ASSERT_THAT(reading.problems, IsEmpty()) << reading.problems[0].message;
    ASSERT_THAT(reading.config.probes, SizeIs(4));
    const health::ProbeSpec& groq = *reading.config.probes[0];
    EXPECT_EQ(groq.subject, (health::Subject{"provider", "groq"}));
    EXPECT_EQ(groq.labels.get("team"), "night");
    EXPECT_EQ(groq.policy.every, seconds(300));
    EXPECT_EQ(groq.policy.timeout, milliseconds(2000));
    EXPECT_EQ(groq.policy.stale_after, seconds(1200));
    EXPECT_EQ(groq.policy.bad_min, 3);
    EXPECT_EQ(groq.policy.looks, 5);
    EXPECT_EQ(groq.policy.good_min, 2);
    const auto& http = std::get<health::HttpQuestion>(groq.question);
    EXPECT_EQ(http.headers.at("Authorization").reveal(), "Bearer hunter2-hunter2");
    ASSERT_THAT(http.hidden, SizeIs(1));
    EXPECT_EQ(http.hidden[0].reveal(), "Bearer hunter2-hunter2");
    EXPECT_EQ(
        health::describe(http.expect),
        R"(200 or 201, with "llama", with "mixtral", $.object is "list", $.data.length() from 1 to 100, )"
        R"($.data[0].active is true, $.generated at most 600 s old)");
    EXPECT_EQ(health::describe(reading.config.probes[1]->question), "connect to 127.0.0.1:5432");
    const auto& disk = std::get<health::CommandQuestion>(reading.config.probes[2]->question);
    EXPECT_EQ(disk.folder, "/tmp");
    EXPECT_EQ(health::describe(disk.expect), R"(0, with "/dev")");
    EXPECT_EQ(health::describe(reading.config.probes[3]->question), "/bin/sh -c test -e ${TMP}");
}

TEST(ProbeConfig, HasDefaultsThatFollowTheInterval) {
    auto policy_of = [](std::string_view probe) { return read_one(probe).config.probes.at(0)->policy; };
    health::Policy usual = policy_of(R"(tcp: "a:1")");
    EXPECT_EQ(usual.every, seconds(60));
    EXPECT_EQ(usual.timeout, milliseconds(10'000));
    EXPECT_EQ(usual.stale_after, seconds(180));
    EXPECT_EQ(usual.bad_min, 2);
    EXPECT_EQ(usual.looks, 3);
    EXPECT_EQ(usual.good_min, 1);
    health::Policy often = policy_of(R"(tcp: "a:1", every: 2s, fail_after: 4)");
    EXPECT_EQ(often.timeout, milliseconds(2'000));
    EXPECT_EQ(often.stale_after, seconds(6));
    EXPECT_EQ(often.bad_min, 4);
    EXPECT_EQ(often.looks, 4);
}

TEST(ProbeConfig, WarnsOfAProbeThatProvesNothing) {
    ConfigReading reading = read_one(R"(http: {url: "http://a/", expect: {status: 200}})");
    EXPECT_THAT(reading.problems, IsEmpty());
    ASSERT_THAT(reading.warnings, SizeIs(1));
    EXPECT_THAT(reading.warnings[0].message, HasSubstr("probe p proves only that something answers"));
    EXPECT_EQ(reading.warnings[0].line, 2);
    EXPECT_THAT(read_one(R"(tcp: "a:1")").warnings[0].message,
                HasSubstr("proves only that something listens"));
    EXPECT_THAT(read_one(R"(http: {url: "http://a/", expect: {contains: ok}})").warnings, IsEmpty());
    EXPECT_THAT(read_one("command: [true]").warnings, IsEmpty());
}

TEST(ProbeConfig, KeepsSecretsOutOfTheFile) {
    EXPECT_THAT(
        first_problem(R"(http: {url: "http://a/", headers: {Authorization: Bearer abcdefghijklmnop}})"),
        HasSubstr("a secret must not stand in the file"));
    EXPECT_EQ(first_problem(R"(http: {url: "http://a/", headers: {Accept: application/json}})"), "");
    EXPECT_THAT(first_problem(R"(command: [a], environment: {DB_PASSWORD: swordfish})"),
                HasSubstr("a secret must not stand in the file"));
    EXPECT_THAT(first_problem(R"(http: {url: "http://a/", headers: {x-key: "${UNSET}"}})"),
                HasSubstr("not set in the environment"));
}

TEST(ProbeConfig, RefusesWhatMakesNoSense) {
    EXPECT_THAT(first_problem("every: 1m"), HasSubstr("asks in one way"));
    EXPECT_THAT(first_problem(R"(tcp: "a:1", command: [b])"), HasSubstr("asks in one way"));
    EXPECT_THAT(first_problem(R"(tcp: "a")"), HasSubstr("no address"));
    EXPECT_THAT(first_problem(R"(http: {url: "ftp://a/"})"), HasSubstr("not http, https"));
    EXPECT_THAT(first_problem(R"(http: {url: "ws://a/"})"), HasSubstr("starts with http://"));
    EXPECT_THAT(first_problem(R"(http: {url: "http://a/", expect: {json: {"a..b": 1}}})"),
                HasSubstr("broken"));
    EXPECT_THAT(first_problem(R"(http: {url: "http://a/", expect: {status: 99}})"),
                HasSubstr("from 100 to 599"));
    EXPECT_THAT(first_problem(R"(http: {url: "http://a/", expect: {max_age: {a: soon}}})"),
                HasSubstr("no length of time"));
    EXPECT_THAT(first_problem(R"(http: {url: "http://a/", method: HEAD, expect: {contains: x}})"),
                HasSubstr("never holds"));
    EXPECT_THAT(first_problem(R"(http: {url: "http://a/"}, expect: {contains: x})"),
                HasSubstr("stands beside command"));
    EXPECT_THAT(first_problem(R"(tcp: "a:1", fail_after: 3 of 2)"), HasSubstr("such as 2 of 3"));
    EXPECT_THAT(first_problem(R"(tcp: "a:1", every: 5s, timeout: 6s)"), HasSubstr("not longer than every"));
    EXPECT_THAT(first_problem(R"(tcp: "a:1", stale_after: 60s)"), HasSubstr("longer than every"));
    EXPECT_THAT(first_problem(R"(tcp: "a:1", subject: backup)"), HasSubstr("a kind and a name"));
    EXPECT_THAT(first_problem(R"(tcp: "a:1", labels: {state: good})"), HasSubstr("not yours to give"));
    EXPECT_THAT(first_problem(R"(tcp: "a:1", stael_after: 5m)"), HasSubstr("did you mean stale_after?"));
    EXPECT_THAT(
        read("probes:\n  - {name: a, tcp: \"a:1\"}\n  - {name: a, tcp: \"b:1\"}\n").problems[0].message,
        HasSubstr("two probes have the name a"));
}

}  // namespace
}  // namespace nightshift::app
