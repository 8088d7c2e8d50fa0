#include "app/probe_facts.h"

#include <gtest/gtest.h>

#include "incidents/checks.h"
#include "incidents/facts_for_test.h"

namespace nightshift::app {
namespace {

using incidents::DependencyFact;
using Health = DependencyFact::Health;

const Uses kNoUses;

health::ProbeView probe(std::string name, health::Subject subject, health::State state) {
    auto spec = std::make_shared<health::ProbeSpec>();
    spec->name = std::move(name);
    spec->subject = std::move(subject);
    health::ProbeView view;
    view.spec = spec;
    view.standing = {state, from_unix_ms(1'700'000'000'000), "because"};
    return view;
}

std::vector<DependencyFact> weighed(const std::vector<health::ProbeView>& probes, incidents::Subject subject,
                                    Labels labels = {}, std::vector<DependencyFact> facts = {}) {
    weigh_probes(probes, {subject, labels, kNoUses}, facts);
    return facts;
}

TEST(ProbeFacts, SayHowTheSubjectItselfIs) {
    auto facts = weighed({probe("p", {"job", "backup"}, health::State::kFailing)}, {"job", "backup"});
    ASSERT_EQ(facts.size(), 1u);
    EXPECT_EQ(facts[0].kind, "job");
    EXPECT_EQ(facts[0].name, "backup");
    EXPECT_EQ(facts[0].health, Health::kDown);
    EXPECT_EQ(facts[0].says, "probe p: because");
    EXPECT_TRUE(facts[0].since);
}

TEST(ProbeFacts, LeaveOutWhatSpeaksOfSomebodyElse) {
    std::vector<health::ProbeView> probes{probe("a", {"job", "other"}, health::State::kFailing),
                                          probe("b", {}, health::State::kFailing)};
    EXPECT_TRUE(weighed(probes, {"job", "backup"}).empty());
    EXPECT_EQ(weighed(probes, {"agent", "molt"}, {{"job", "other"}}).size(), 1u) << "a label names it";
    EXPECT_EQ(weighed(probes, {"probe", "b"}).at(0).kind, "probe");
    EXPECT_EQ(weighed(probes, {"probe", "b"}).at(0).says, "because");
    EXPECT_EQ(weighed(probes, {"probe", "a"}).at(0).kind, "probe") << "it is asked about, not its subject";
}

TEST(ProbeFacts, AreSuspicionOnlyWhereOthersShareTheThing) {
    auto failing = probe("p", {"provider", "groq"}, health::State::kFailing);
    EXPECT_EQ(weighed({failing}, {"job", "backup"}).at(0).health, Health::kDegraded);
    EXPECT_EQ(weighed({failing}, {"provider", "groq"}).at(0).health, Health::kDown);
}

TEST(ProbeFacts, AreNoSuspicionOnlyOfWhatTheSubjectIsKnownToUse) {
    auto failing = probe("p", {"route", "fast"}, health::State::kFailing);
    std::vector<DependencyFact> facts;
    weigh_probes({failing}, {{"job", "digest"}, {}, {"route fast"}}, facts);
    EXPECT_EQ(facts.at(0).health, Health::kDown);
    EXPECT_TRUE(facts.at(0).is_its_own);
    EXPECT_FALSE(weighed({failing}, {"job", "digest"}).at(0).is_its_own);
}

TEST(ProbeFacts, CountMoreThanWhatElseIsKnownWhenTheyFail) {
    DependencyFact route{.kind = "route", .name = "fast", .health = Health::kGood};
    route.says = "groq answers";
    auto failing = probe("p", {"route", "fast"}, health::State::kFailing);
    auto facts = weighed({failing}, {"route", "fast"}, {}, {route});
    ASSERT_EQ(facts.size(), 1u);
    EXPECT_EQ(facts[0].health, Health::kDown);
    EXPECT_EQ(facts[0].says, "groq answers; probe p: because");
    route.health = Health::kDown;
    EXPECT_EQ(weighed({failing}, {"job", "x"}, {}, {route}).at(0).health, Health::kDown);
}

TEST(ProbeFacts, AreEvidenceThatItWorksWhenTheyPass) {
    auto passing = probe("p", {"channel", "team"}, health::State::kPassing);
    DependencyFact unproven{.kind = "channel", .name = "team", .health = Health::kUnknown};
    EXPECT_EQ(weighed({passing}, {"job", "x"}, {}, {unproven}).at(0).health, Health::kGood);
    DependencyFact down{.kind = "channel", .name = "team", .health = Health::kDown};
    EXPECT_EQ(weighed({passing}, {"job", "x"}, {}, {down}).at(0).health, Health::kDown);
}

TEST(ProbeFacts, AreNeverGoodWhenStaleOrUnknown) {
    for (health::State state : {health::State::kStale, health::State::kUnknown}) {
        auto facts = weighed({probe("p", {"provider", "groq"}, state)}, {"job", "x"});
        EXPECT_EQ(facts.at(0).health, Health::kUnknown);
    }
}

TEST(ProbeFacts, MakeTheDependenciesBad) {
    incidents::Facts facts = incidents::testing::silent_log();
    facts.subject = {"provider", "groq"};
    facts.dependencies =
        weighed({probe("p", {"provider", "groq"}, health::State::kFailing)}, facts.subject, facts.labels);
    incidents::Check check = incidents::check_dependencies(facts);
    EXPECT_EQ(check.finding, incidents::Finding::kBad);
    EXPECT_EQ(check.says, "provider groq is down: probe p: because; no other way");
}

}  // namespace
}  // namespace nightshift::app
