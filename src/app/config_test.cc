#include "app/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nightshift::app {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

ConfigReading read(std::string_view yaml) {
    return read_config(yaml, [](const std::string& name) -> std::optional<std::string> {
        if (name == "GATEWAY_TOKEN") return "s3cret";
        return std::nullopt;
    });
}

TEST(Config, HasDefaultsWhenFileIsEmpty) {
    ConfigReading reading = read("");
    EXPECT_THAT(reading.problems, SizeIs(0));
    EXPECT_EQ(reading.config.server.listen, "127.0.0.1:8700");
    EXPECT_TRUE(reading.config.auth.anonymous_ingest);
    EXPECT_FALSE(reading.config.recorder.keep_content);
}

TEST(Config, ReadsEverySection) {
    ConfigReading reading = read(R"(
server: {listen: "0.0.0.0:9000", otlp: off, allowed_hosts: [night.example], threads: 3}
auth: {anonymous_ingest: no}
log: {level: debug}
recorder: {retain: 7d, retain_size: 2GB, keep_content: yes, retain_content: 12h}
redact: {email: true}
prices:
  - {model: local-, input: 0.5, output: 1}
sources:
  openclaw:
    - {url: "ws://127.0.0.1:18789", token: "${GATEWAY_TOKEN}"}
    - {name: lab, url: "wss://lab.example", tenant: lab}
fleet: {response: abort, loop_repeats: 4, stalled_after: 10m}
)");
    ASSERT_THAT(reading.problems, SizeIs(0)) << reading.problems[0].message;
    const Config& config = reading.config;
    EXPECT_EQ(config.server.otlp, "");
    EXPECT_EQ(config.recorder.retain, std::chrono::hours(24 * 7));
    EXPECT_EQ(config.recorder.retain_size, 2ull << 30);
    ASSERT_THAT(config.sources.openclaw, SizeIs(2));
    EXPECT_EQ(config.sources.openclaw[0].token.reveal(), "s3cret");
    EXPECT_EQ(config.sources.openclaw[0].name, "main");
    EXPECT_EQ(config.prices[0].output, 1);
    EXPECT_EQ(config.fleet.response, "abort");
}

TEST(Config, NamesNearestKeyWithLineAndColumnWhenKeyIsUnknown) {
    ConfigReading reading = read("recorder:\n  retian: 7d\n");
    ASSERT_THAT(reading.problems, SizeIs(1));
    EXPECT_EQ(reading.problems[0].line, 2);
    EXPECT_EQ(reading.problems[0].column, 3);
    EXPECT_THAT(reading.problems[0].message, HasSubstr("did you mean retain?"));
}

TEST(Config, ReportsEveryProblemNotOnlyTheFirst) {
    ConfigReading reading = read(
        "server: {threads: many}\nrecorder: {retain: soon, retain_size: 3}\nlog: {level: loud}\nfoo: 1\n");
    EXPECT_THAT(reading.problems, SizeIs(5));
}

TEST(Config, RefusesSecretWrittenIntoTheFile) {
    ConfigReading reading = read("sources:\n  openclaw:\n    - url: ws://h\n      token: abc\n");
    ASSERT_THAT(reading.problems, SizeIs(1));
    EXPECT_THAT(reading.problems[0].message, HasSubstr("must not stand in the file"));
    EXPECT_THAT(reading.problems[0].message, testing::Not(HasSubstr("abc")));
}

TEST(Config, SaysWhichVariableIsNotSet) {
    ConfigReading reading = read("sources: {openclaw: [{url: ws://h, token: \"${NOPE}\"}]}\n");
    ASSERT_THAT(reading.problems, SizeIs(1));
    EXPECT_THAT(reading.problems[0].message, HasSubstr("NOPE"));
}

TEST(Config, SaysWhichGatewayAJobLacks) {
    ConfigReading reading =
        read("jobs: [{name: a, agent: {message: hi}}, {name: b, cron_run: {source: x, id: '1'}}]\n");
    ASSERT_THAT(reading.problems, SizeIs(2));
    EXPECT_THAT(reading.problems[0].message, HasSubstr("job a must name its source"));
    EXPECT_THAT(reading.problems[1].message, HasSubstr("job b names source x"));
}

class ConfigBroken : public testing::TestWithParam<const char*> {};

TEST_P(ConfigBroken, IsAProblemAndNeverAnException) {
    EXPECT_FALSE(read(GetParam()).problems.empty());
}

INSTANTIATE_TEST_SUITE_P(Inputs, ConfigBroken,
                         testing::Values("a: [", "- 1\n- 2", "server: 5", "sources: {openclaw: {}}",
                                         "sources: {openclaw: [7]}", "server: {listen: {}}", "\t- x: y: z",
                                         "server: {listen: a, listen: b}", "server: {threads: ${}"));

}  // namespace
}  // namespace nightshift::app
