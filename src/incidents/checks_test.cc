#include "incidents/checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "incidents/facts_for_test.h"

namespace nightshift::incidents {
namespace {

using testing::dependency;
using ::testing::ElementsAre;
using testing::expectation;
using ::testing::HasSubstr;
using testing::healthy;
using testing::kFactsAt;
using testing::receipt;
using testing::run;
using testing::session;
using testing::silent_log;
using Health = DependencyFact::Health;

TEST(Checks, SayWithNumbersThatAllIsWell) {
    Facts facts = healthy();
    EXPECT_EQ(check_runs(facts).says, "12 of the last 12 runs verified, newest 8 min ago");
    EXPECT_THAT(check_runs(facts).evidence, ElementsAre("run:molt@8"));
    EXPECT_EQ(check_receipts(facts).says,
              "delivered to telegram as message 4711, 8 min ago (12 of the last 12 have a receipt)");
    EXPECT_EQ(check_expectations(facts).says, "1 of 1 blocking hold");
    EXPECT_EQ(check_siblings(facts).says, "all 50 other jobs are fine");
    for (const Check& each : run_checks(facts)) {
        if (each.name != "activity")
            EXPECT_EQ(each.finding, Finding::kGood) << each.name.view() << ": " << each.says.view();
    }
    EXPECT_EQ(check_activity(facts).finding, Finding::kNothing);
}

TEST(Checks, AreUnknownWithoutTheirFacts) {
    Facts facts;
    facts.subject = {"session", "s1"};
    for (const Check& each : run_checks(facts)) {
        EXPECT_EQ(each.finding, Finding::kUnknown) << each.name.view();
        EXPECT_THAT(each.says, HasSubstr("could not be looked at in time")) << each.name.view();
    }
}

TEST(Checks, AreUnknownWhenTheirFactsCameLate) {
    Facts facts = healthy();
    facts.activity.emplace();
    facts.late = {"job", "receipts", "siblings", "dependencies", "own", "changes", "resources", "activity"};
    for (const Check& each : run_checks(facts))
        EXPECT_EQ(each.finding, Finding::kUnknown) << each.name.view();
}

TEST(CheckRuns, SeesANewestRunThatIsBad) {
    Facts facts = healthy();
    facts.job->runs.insert(facts.job->runs.begin(), run(1, "contradicted"));
    facts.job->runs.front().why = "exit 0, but published (the host: 404)";
    Check check = check_runs(facts);
    EXPECT_EQ(check.finding, Finding::kBad);
    EXPECT_EQ(check.says,
              "the newest run is contradicted: exit 0, but published (the host: 404); "
              "12 of the last 13 runs verified, newest 1 min ago");
}

TEST(CheckRuns, TakesALaterRunForTheOneBefore) {
    Facts facts = healthy();
    facts.job->runs[1] = run(18, "failed");
    EXPECT_EQ(check_runs(facts).finding, Finding::kGood);
    EXPECT_THAT(check_runs(facts).says, HasSubstr("11 of the last 12"));
}

TEST(CheckRuns, IsUnknownWhenNobodyVerified) {
    Facts facts = healthy();
    facts.job->runs.front().verdict = "unverified";
    EXPECT_EQ(check_runs(facts).finding, Finding::kUnknown);
    facts.job->runs.clear();
    EXPECT_EQ(check_runs(facts).finding, Finding::kUnknown);
}

TEST(CheckRuns, SeesWhatIsOverdue) {
    Facts facts = healthy();
    RunFact running = run(0, "");
    running.phase = "running";
    facts.job->runs.insert(facts.job->runs.begin(), running);
    EXPECT_EQ(check_runs(facts).finding, Finding::kGood);
    facts.job->deadline = kFactsAt - seconds(1);
    EXPECT_EQ(check_runs(facts).finding, Finding::kBad);
}

TEST(CheckRuns, DoesNotTakeAnOldRunForTheOneThatIsDue) {
    Facts facts = healthy();
    facts.job->runs.erase(facts.job->runs.begin(), facts.job->runs.end() - 1);
    EXPECT_EQ(check_runs(facts).finding, Finding::kGood) << "nothing was due since";
    facts.job->next = kFactsAt - seconds(1);
    EXPECT_EQ(check_runs(facts).finding, Finding::kSuspicious);
}

TEST(CheckReceipts, NeedAnIdentifier) {
    Facts facts = healthy();
    facts.receipts->front().identifier.clear();
    EXPECT_EQ(check_receipts(facts).finding, Finding::kUnknown);
    EXPECT_THAT(check_receipts(facts).says, HasSubstr("named no message"));
}

TEST(CheckReceipts, TellFailedFromUnknown) {
    Facts facts = healthy();
    for (const char* state : {"unknown", "queued", "sending"}) {
        facts.receipts->front() = receipt(facts.job->runs.front(), state);
        EXPECT_EQ(check_receipts(facts).finding, Finding::kUnknown) << state;
    }
    facts.receipts->front() = receipt(facts.job->runs.front(), "failed");
    facts.receipts->front().error = "403 bot was blocked";
    EXPECT_EQ(check_receipts(facts).finding, Finding::kBad);
    EXPECT_THAT(check_receipts(facts).says, HasSubstr("failed to telegram: 403 bot was blocked"));
    facts.receipts->push_back(receipt(facts.job->runs.front()));
    EXPECT_EQ(check_receipts(facts).finding, Finding::kSuspicious) << "it arrived over another channel";
}

TEST(CheckReceipts, AreOfTheNewestRun) {
    Facts facts = healthy();
    facts.receipts->erase(facts.receipts->begin());
    EXPECT_EQ(check_receipts(facts).finding, Finding::kUnknown);
    facts.job->runs.front().verdict = "silent_ok";
    EXPECT_EQ(check_receipts(facts).finding, Finding::kNothing);
    facts.receipts->clear();
    EXPECT_EQ(check_receipts(facts).finding, Finding::kNothing);
}

TEST(CheckExpectations, NameThePathThatHoldsAndTheOneThatDoesNot) {
    Facts facts = healthy();
    ExpectationFact other = expectation("published", "holds");
    other.condition = "git site";
    other.is_alternative = true;
    facts.job->runs.front().expectations = {expectation("published", "unknown"), other};
    Check check = check_expectations(facts);
    EXPECT_EQ(check.finding, Finding::kSuspicious);
    EXPECT_EQ(check.says,
              "1 of 1 blocking hold; published holds by another path (git site), not by "
              "http https://api.example.com/posts: 404 Not Found");
}

TEST(CheckExpectations, CountByImpact) {
    Facts facts = healthy();
    auto& expectations = facts.job->runs.front().expectations;
    expectations.push_back(expectation("log", "fails", "enhancement"));
    EXPECT_EQ(check_expectations(facts).finding, Finding::kSuspicious);
    expectations.push_back(expectation("votes", "unknown"));
    EXPECT_EQ(check_expectations(facts).finding, Finding::kUnknown);
    expectations.push_back(expectation("mail", "fails"));
    EXPECT_EQ(check_expectations(facts).finding, Finding::kBad);
}

TEST(CheckExpectations, AreNotProvenByTheClaimantsWord) {
    Facts facts = healthy();
    facts.job->runs.front().expectations.front().is_claimants_word = true;
    EXPECT_EQ(check_expectations(facts).finding, Finding::kUnknown);
    EXPECT_THAT(check_expectations(facts).says, HasSubstr("nobody but the work itself"));
}

TEST(CheckSiblings, TellACommonFaultFromSingleOnes) {
    Facts facts = healthy();
    SiblingFacts& siblings = facts.siblings->front();
    siblings.good = 38;
    siblings.bad = 12;
    siblings.bad_names = {"a", "b", "c", "d", "e", "f"};
    EXPECT_EQ(check_siblings(facts).finding, Finding::kSuspicious);
    siblings.sharing = {"source openclaw/main"};
    EXPECT_EQ(check_siblings(facts).finding, Finding::kBad);
    EXPECT_EQ(check_siblings(facts).says,
              "12 of 50 other jobs are bad (a, b, c, d, e and 7 others), and share source openclaw/main");
    facts.siblings->clear();
    EXPECT_EQ(check_siblings(facts).finding, Finding::kNothing);
}

TEST(CheckDependencies, NameTheOtherWay) {
    Facts facts = healthy();
    DependencyFact api = dependency("api", "example", Health::kDown);
    api.says = "404 for 48 h";
    facts.dependencies->push_back(api);
    EXPECT_EQ(check_dependencies(facts).finding, Finding::kBad);
    EXPECT_EQ(check_dependencies(facts).says, "api example is down: 404 for 48 h; no other way");
    facts.dependencies->back().has_alternative = true;
    facts.dependencies->back().alternative = "git answers";
    EXPECT_EQ(check_dependencies(facts).finding, Finding::kSuspicious);
    EXPECT_THAT(check_dependencies(facts).says, HasSubstr("another way works: git answers"));
    facts.dependencies = {dependency("api", "example", Health::kUnknown)};
    EXPECT_EQ(check_dependencies(facts).finding, Finding::kUnknown);
}

TEST(CheckOwnEyes, TellsASilentSourceFromOneThatCannotBeReached) {
    Facts facts = silent_log();
    EXPECT_EQ(check_own_eyes(facts).finding, Finding::kSuspicious);
    EXPECT_EQ(check_own_eyes(facts).says,
              "log molt.log can be reached and is silent: its last event came 72 h ago");
    facts.own->is_source_reachable = false;
    EXPECT_EQ(check_own_eyes(facts).finding, Finding::kBad);
    facts.own->is_source_reachable.reset();
    EXPECT_EQ(check_own_eyes(facts).finding, Finding::kUnknown);
    facts.own->is_source_reachable = true;
    facts.own->source_last_event = kFactsAt - seconds(5);
    EXPECT_EQ(check_own_eyes(facts).finding, Finding::kGood);
}

TEST(CheckOwnEyes, AdmitsThatNightshiftItselfIsIll) {
    Facts facts = healthy();
    facts.own->is_behind = true;
    EXPECT_EQ(check_own_eyes(facts).finding, Finding::kUnknown);
    facts.own->failing.push_back({"recorder", "disk full", kFactsAt - std::chrono::minutes(3)});
    EXPECT_EQ(check_own_eyes(facts).finding, Finding::kBad);
    EXPECT_THAT(check_own_eyes(facts).says, HasSubstr("recorder for 3 min: disk full"));
}

TEST(CheckChanges, SeeOnlyWhatCameShortlyBefore) {
    Facts facts = healthy();
    facts.changes->push_back({facts.alert_started + seconds(1), "configuration reloaded", "ada"});
    facts.changes->push_back({facts.alert_started - std::chrono::hours(2), "job molt changed", "ada"});
    EXPECT_EQ(check_changes(facts).finding, Finding::kGood);
    facts.changes->push_back(
        {facts.alert_started - std::chrono::minutes(4), "configuration reloaded", "ada"});
    EXPECT_EQ(check_changes(facts).finding, Finding::kSuspicious);
    EXPECT_EQ(check_changes(facts).says, "configuration reloaded by ada 4 min before it began");
}

TEST(CheckResources, MeasureRoom) {
    Facts facts = healthy();
    facts.resources->disk_free_bytes = 2'000'000'000;
    EXPECT_EQ(check_resources(facts).finding, Finding::kBad);
    facts.resources->disk_free_bytes = 8'000'000'000;
    EXPECT_EQ(check_resources(facts).finding, Finding::kSuspicious);
    facts.resources->disk_total_bytes = 0;
    EXPECT_EQ(check_resources(facts).finding, Finding::kUnknown);
}

TEST(CheckActivity, SeesLoopsAndFailures) {
    Facts facts = session("working");
    EXPECT_EQ(check_activity(facts).finding, Finding::kGood);
    facts.activity->errors = 2;
    EXPECT_EQ(check_activity(facts).finding, Finding::kSuspicious);
    facts.activity->is_loop = true;
    facts.activity->loop = "the same call 40 times";
    facts.activity->tokens_last_minutes = 90'000;
    EXPECT_EQ(check_activity(facts).finding, Finding::kBad);
    EXPECT_THAT(check_activity(facts).says, HasSubstr("the same call 40 times"));
    EXPECT_THAT(check_activity(facts).says, HasSubstr("90000 tokens in the last 10 min"));
    for (const char* state : {"offline", "unknown", ""})
        EXPECT_EQ(check_activity(session(state)).finding, Finding::kUnknown) << state;
}

}  // namespace
}  // namespace nightshift::incidents
