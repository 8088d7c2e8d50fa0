#include "incidents/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/text.h"
#include "incidents/alertmanager.h"
#include "incidents/incident_for_test.h"
#include "incidents/limits.h"

namespace nightshift::incidents {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::kStart;
using ::testing::Not;
using ::testing::StartsWith;

constexpr Time kNow = kStart + std::chrono::minutes(8);

Incident diagnosed() {
    Incident incident = testing::incident();
    Diagnosis& diagnosis = incident.diagnosis.emplace();
    diagnosis.conclusion = Conclusion::kEnhancement;
    diagnosis.summary = "the work is done; the log is silent";
    diagnosis.works = {"the work: 12 of the last 12 runs verified"};
    diagnosis.causes = {{"log molt.log", "silent for 72 h", 80, ""}};
    diagnosis.next_action = "look at the log";
    diagnosis.response_window = "24 to 48 h";
    return incident;
}

TEST(Render, LeadsWithWhatMatters) {
    Rendered rendered = render(diagnosed(), {"https://n/i/1", "https://n/a/1"}, kNow);
    EXPECT_EQ(rendered.subject, "[WARNING] The log of molt is silent");
    EXPECT_EQ(rendered.text,
              "WARNING · The log of molt is silent\n"
              "enhancement: the work is done; the log is silent\n"
              "Still works: the work: 12 of the last 12 runs verified\n"
              "Do (24 to 48 h): look at the log\n"
              "Likely cause: log molt.log, silent for 72 h (80 %)\n"
              "Since 2025-12-18T00:00:00Z (8 min ago); nobody has it\n"
              "Severity: impact degraded\n"
              "https://n/i/1\n"
              "Take it: https://n/a/1\n");
}

TEST(Render, DoesNotHideThatNobodyLooked) {
    EXPECT_THAT(render(testing::incident(), {}, kNow).text,
                HasSubstr("Not diagnosed yet: take it for unknown."));
}

TEST(Render, NamesFiveAlertsAndCountsTheOthers) {
    Rendered rendered = render(testing::incident(50), {}, kNow);
    EXPECT_THAT(
        rendered.text,
        HasSubstr("50 of 50 alerts fire: alert 1, alert 2, alert 3, alert 4, alert 5 and 45 others\n"));
}

TEST(Render, SaysThatItIsOver) {
    Incident incident = diagnosed();
    ASSERT_TRUE(resolve(incident, {"ada", "the disk was full", std::nullopt}, kNow));
    Rendered rendered = render(incident, {"https://n/i/1", "https://n/a/1"}, kNow);
    EXPECT_THAT(rendered.text,
                StartsWith("RESOLVED · The log of molt is silent\nResolved: the disk was full\n"));
    EXPECT_THAT(rendered.text, Not(HasSubstr("Take it")));
    EXPECT_THAT(rendered.text, Not(HasSubstr("look at the log")));
}

TEST(Render, StaysWithinItsBoundsAndKeepsTheLink) {
    Incident incident = diagnosed();
    std::string huge;
    for (int i = 0; i < 20'000; ++i) huge += "ä\n";
    incident.title = huge;
    incident.diagnosis->summary = incident.diagnosis->next_action = huge;
    incident.diagnosis->works.assign(100, huge);
    for (int i = 0; i < 40; ++i) incident.members.push_back(testing::member(100, true));
    for (Member& each : incident.members) each.summary = huge;
    incident.firing = incident.total = 50'000;
    Rendered rendered = render(incident, {"https://n/i/1", ""}, kNow);
    EXPECT_LE(rendered.text.size(), kMessageBytesMax);
    EXPECT_TRUE(is_valid_utf8(rendered.text));
    EXPECT_THAT(rendered.text, EndsWith("https://n/i/1\n"));
    EXPECT_LE(rendered.subject.size(), kSentenceBytesMax + 20);
    EXPECT_EQ(rendered.subject.find('\n'), std::string::npos);
}

TEST(Render, GivesProgramsAPayload) {
    auto payload = boost::json::parse(render(diagnosed(), {"https://n/i/1", ""}, kNow).payload);
    EXPECT_EQ(payload.at("type").as_string(), "nightshift.incident");
    EXPECT_EQ(payload.at("incident").at("diagnosis").at("conclusion").as_string(), "enhancement");
    EXPECT_EQ(payload.at("members").as_array().size(), 1U);
    EXPECT_EQ(payload.at("causes").at(0).at("confidence").as_int64(), 80);
}

TEST(Render, AnswersInALine) {
    Incident incident = testing::incident();
    EXPECT_EQ(render_reply(incident, "escalated", kNow),
              "Nobody has taken it for 7 min: The log of molt is silent");
    ASSERT_TRUE(acknowledge(incident, "ada", kNow));
    EXPECT_EQ(render_reply(incident, "acknowledged", kNow), "ada has it: The log of molt is silent");
    EXPECT_THAT(render_reply(incident, "escalated", kNow),
                StartsWith("Still firing after 8 min, and ada has it"));
    ASSERT_TRUE(hand_over(incident, "ada", "bob", kNow));
    EXPECT_THAT(render_reply(incident, "handed_over", kNow), HasSubstr("bob"));
    ASSERT_TRUE(resolve(incident, {"ada", "fixed", std::nullopt}, kNow));
    EXPECT_EQ(render_reply(incident, "resolved", kNow),
              "Resolved after 8 min: The log of molt is silent\nfixed");
}

boost::json::value sent(const Incident& incident) {
    return boost::json::parse(alertmanager_payload(incident, {"team", "https://n", "https://n/i/1"}));
}

TEST(Alertmanager, SendsAGroupOfVersionFour) {
    auto payload = sent(diagnosed());
    EXPECT_EQ(payload.at("version").as_string(), "4");
    EXPECT_EQ(payload.at("groupKey").as_string(), "log silent/molt");
    EXPECT_EQ(payload.at("status").as_string(), "firing");
    EXPECT_EQ(payload.at("receiver").as_string(), "team");
    EXPECT_EQ(payload.at("externalURL").as_string(), "https://n");
    EXPECT_EQ(payload.at("groupLabels").at("alertname").as_string(), "log silent");
    EXPECT_EQ(payload.at("commonLabels").at("severity").as_string(), "warning");
    EXPECT_EQ(payload.at("commonAnnotations").at("conclusion").as_string(), "enhancement");
    EXPECT_EQ(payload.at("truncatedAlerts").as_int64(), 0);
    const auto& alert = payload.at("alerts").at(0);
    EXPECT_EQ(alert.at("status").as_string(), "firing");
    EXPECT_EQ(alert.at("labels").at("job").as_string(), "molt");
    EXPECT_EQ(alert.at("startsAt").as_string(), "2025-12-18T00:00:00Z");
    EXPECT_EQ(alert.at("endsAt").as_string(), "0001-01-01T00:00:00Z");
    EXPECT_EQ(alert.at("generatorURL").as_string(), "https://n/i/1");
    EXPECT_EQ(alert.at("fingerprint").as_string(), "0000000000000001");
}

TEST(Alertmanager, CountsTheAlertsItDoesNotSend) {
    Incident incident = testing::incident(200);
    auto payload = sent(incident);
    EXPECT_EQ(payload.at("alerts").as_array().size(), kAlertsSentMax);
    EXPECT_EQ(payload.at("truncatedAlerts").as_int64(), 150);
}

TEST(Alertmanager, ResolvesEveryAlertWithTheIncident) {
    Incident incident = testing::incident();
    ASSERT_TRUE(resolve(incident, {"ada", "", std::nullopt}, kNow));
    auto payload = sent(incident);
    EXPECT_EQ(payload.at("status").as_string(), "resolved");
    EXPECT_EQ(payload.at("alerts").at(0).at("status").as_string(), "resolved");
    EXPECT_EQ(payload.at("alerts").at(0).at("endsAt").as_string(), "2025-12-18T00:08:00Z");
}

}  // namespace
}  // namespace nightshift::incidents
