#include "incidents/incident_json.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "incidents/incident_for_test.h"

namespace nightshift::incidents {
namespace {

using testing::kStart;

// Every member differs from its default.
Incident full() {
    Incident incident = testing::incident(2);
    incident.state = State::kResolved;
    incident.severity = Severity::kCritical;
    incident.stakes = {"blocking", "ada", "paying",           kStart + seconds(60),
                       2,          true,  Severity::kWarning, Severity::kCritical,
                       "builder"};
    Diagnosis& diagnosis = incident.diagnosis.emplace();
    diagnosis.conclusion = Conclusion::kDegraded;
    diagnosis.summary = "API 404 for 48 h; work verified by two other paths";
    diagnosis.checks = {{"run records", Finding::kGood, "12 of 12 \"verified\"", {"run:a", "run:b"}}};
    diagnosis.causes = {{"the API", "404", 80, "dependency:api"}};
    diagnosis.works = {"the work"};
    diagnosis.next_action = "nothing";
    diagnosis.response_window = "24 to 48 h";
    diagnosis.at = kStart + seconds(1);
    diagnosis.took = microseconds(1'234'567);
    diagnosis.decision = microseconds(321);
    diagnosis.is_complete = false;
    diagnosis.is_burning = true;
    diagnosis.affected_percent = 0;
    incident.members[1].ended = kStart + seconds(9);
    incident.members[1].fingerprint = 0xFFFF'FFFF'FFFF'FFFEULL;
    incident.is_flapping = incident.is_suppressed = true;
    incident.suppressed_why = "silenced";
    incident.part_of = "inc_0";
    incident.part_of_why = "route fast: down";
    incident.is_separate = true;
    incident.told_by = "north";
    incident.parts = {{"inc_2", "b failed", Severity::kCritical, true}};
    incident.parts_open = 3;
    incident.parts_total = 4;
    incident.diagnosed = incident.notified = incident.acknowledged = kStart + seconds(8);
    incident.resolved = incident.next_step = incident.stepped = kStart + seconds(99);
    incident.acknowledged_by = incident.assignee = incident.judged_by = "ada";
    incident.resolved_why = "it came back";
    incident.judged = Conclusion::kFalseAlarm;
    incident.step = 2;
    incident.reminders = 3;
    incident.fallbacks = 4;
    incident.revision = 17;
    incident.tokens = 123'456'789;
    incident.cost_nano_usd = 1'234'567'891;
    incident.notifications = {{"telegram", "dlv_1", "post", 1, 4, "delivered", "4711", "none",
                               State::kAcknowledged, Severity::kInfo, kStart, kStart + seconds(1)}};
    incident.timeline.push_back({kStart, "note", "ada", "ä \n", "run:x"});
    return incident;
}

TEST(IncidentJson, GoesRoundWhole) {
    Incident incident = full();
    Result<Incident> again = parse_incident(to_json(incident));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, incident);
    Incident fresh = testing::incident();
    EXPECT_EQ(*parse_incident(to_json(fresh)), fresh);
}

TEST(IncidentJson, WritesTimesInMillisecondsOrNull) {
    boost::json::object shown = show(testing::incident());
    EXPECT_EQ(shown["opened_ms"].as_int64(), unix_ms(kStart + seconds(5)));
    EXPECT_TRUE(shown["resolved_ms"].is_null());
    EXPECT_EQ(shown["members"].at(0).at("fingerprint").as_string(), "0000000000000001");
}

TEST(IncidentJson, IsBriefForLists) {
    boost::json::object shown = show_brief(full());
    EXPECT_FALSE(shown.contains("timeline"));
    EXPECT_FALSE(shown["diagnosis"].as_object().contains("checks"));
    EXPECT_EQ(shown["diagnosis"].at("conclusion").as_string(), "degraded");
}

TEST(IncidentJson, IgnoresUnknownMembersAndKeepsDefaults) {
    Result<Incident> read = parse_incident(R"({"id":"inc_9","from_the_future":{"a":[1]}})");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->id, "inc_9");
    EXPECT_EQ(read->state, State::kOpen);
    EXPECT_FALSE(read->diagnosis);
}

TEST(IncidentJson, SaysWhatIsWrongWithADamagedOne) {
    EXPECT_EQ(parse_incident("{").error().code, Code::kCorrupt);
    EXPECT_EQ(parse_incident("[]").error().code, Code::kCorrupt);
    EXPECT_EQ(parse_incident(R"({"state":"fine"})").error().message, "state is no word that is known");
    EXPECT_EQ(parse_incident(R"({"diagnosis":{"checks":[{"says":5}]}})").error().message,
              "diagnosis.checks[].says is no text");
    EXPECT_EQ(parse_incident(R"({"opened_ms":1e300})").error().code, Code::kCorrupt);
    EXPECT_EQ(parse_incident(R"({"firing":-1})").error().code, Code::kCorrupt);
    EXPECT_EQ(parse_incident(R"({"timeline":[7]})").error().code, Code::kCorrupt);
}

}  // namespace
}  // namespace nightshift::incidents
