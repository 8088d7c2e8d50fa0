#include "incidents/conclude.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "incidents/facts_for_test.h"
#include "incidents/limits.h"

namespace nightshift::incidents {
namespace {

using testing::dependency;
using testing::expectation;
using ::testing::HasSubstr;
using testing::healthy;
using testing::kFactsAt;
using testing::receipt;
using testing::run;
using testing::session;
using testing::silent_log;
using Health = DependencyFact::Health;

Diagnosis look(const Facts& facts) {
    return diagnose(facts, facts.at + milliseconds(800));
}

Conclusion concluded(const Facts& facts) {
    return look(facts).conclusion;
}

TEST(Conclude, CallsASilentLogWithWorkDoneAnEnhancement) {
    Diagnosis diagnosis = look(silent_log());
    EXPECT_EQ(diagnosis.conclusion, Conclusion::kEnhancement);
    EXPECT_THAT(diagnosis.summary, HasSubstr("12 of the last 12 runs verified, newest 8 min ago"));
    EXPECT_THAT(diagnosis.summary, HasSubstr("message 4711"));
    EXPECT_THAT(diagnosis.summary, HasSubstr("log molt.log can be reached and is silent"));
    EXPECT_EQ(diagnosis.response_window, "24 to 48 h");
    ASSERT_FALSE(diagnosis.causes.empty());
    EXPECT_EQ(diagnosis.causes.front().what, "log molt.log");
    EXPECT_TRUE(diagnosis.is_complete);
    EXPECT_EQ(diagnosis.took, milliseconds(800));
}

TEST(Conclude, CallsItAFalseAlarmWhenNothingIsWrongAtAll) {
    Diagnosis diagnosis = look(healthy());
    EXPECT_EQ(diagnosis.conclusion, Conclusion::kFalseAlarm);
    EXPECT_EQ(diagnosis.response_window, "none");
    EXPECT_EQ(diagnosis.works.size(), 3U);
}

TEST(Conclude, KnowsAnApiThatFailsFromWorkThatFails) {
    Facts facts = healthy();
    DependencyFact api = dependency("api", "example", Health::kDown);
    api.says = "404 for 48 h";
    api.has_alternative = true;
    api.alternative = "git has the post";
    facts.dependencies->push_back(api);
    ExpectationFact other = expectation("published", "holds");
    other.is_alternative = true;
    for (RunFact& each : facts.job->runs) each.expectations = {expectation("published", "unknown"), other};
    Diagnosis diagnosis = look(facts);
    EXPECT_EQ(diagnosis.conclusion, Conclusion::kDegraded);
    EXPECT_EQ(diagnosis.response_window, "24 to 48 h");
    EXPECT_THAT(diagnosis.summary, HasSubstr("404 for 48 h"));
    EXPECT_THAT(diagnosis.summary, HasSubstr("not blocking"));
    EXPECT_THAT(diagnosis.works, ::testing::Contains("git has the post"));
}

TEST(Conclude, BlocksOnANewestRunThatIsBadUntilALaterOneIsGood) {
    for (const char* verdict : {"contradicted", "failed", "missed"}) {
        Facts facts = healthy();
        facts.job->runs.insert(facts.job->runs.begin(), run(1, verdict));
        Diagnosis diagnosis = look(facts);
        EXPECT_EQ(diagnosis.conclusion, Conclusion::kBlocked) << verdict;
        EXPECT_EQ(diagnosis.response_window, "now");
        EXPECT_EQ(diagnosis.causes.front().what, "expectation published");
        facts.job->runs.insert(facts.job->runs.begin(), run(0, "verified"));
        facts.receipts->push_back(receipt(facts.job->runs.front()));
        EXPECT_EQ(concluded(facts), Conclusion::kFalseAlarm) << verdict;
    }
}

TEST(Conclude, IgnoresSkippedRunsAndWaitsForRunningOnes) {
    Facts facts = healthy();
    facts.job->runs.insert(facts.job->runs.begin(), run(1, "skipped"));
    EXPECT_EQ(concluded(facts), Conclusion::kFalseAlarm);
    facts.job->runs.insert(facts.job->runs.begin(), run(0, ""));
    EXPECT_EQ(concluded(facts), Conclusion::kFalseAlarm);
    facts.job->deadline = kFactsAt - seconds(1);
    EXPECT_EQ(concluded(facts), Conclusion::kBlocked);
}

TEST(Conclude, BlocksOnALoopThatBurnsTokens) {
    Facts facts = session("looping");
    facts.activity->is_loop = true;
    facts.activity->loop = "the same call 40 times";
    facts.activity->tokens_last_minutes = 90'000;
    Diagnosis diagnosis = look(facts);
    EXPECT_EQ(diagnosis.conclusion, Conclusion::kBlocked);
    EXPECT_TRUE(diagnosis.is_burning);
    EXPECT_THAT(diagnosis.summary, HasSubstr("burns tokens"));
    EXPECT_EQ(diagnosis.next_action, "abort session s1");
    EXPECT_EQ(diagnosis.causes.front().what, "session s1 loops");
    facts.activity->tokens_last_minutes = 0;
    EXPECT_FALSE(look(facts).is_burning);
}

TEST(Conclude, BlocksOnASessionThatFailedOrWaits) {
    EXPECT_EQ(concluded(session("failed")), Conclusion::kBlocked);
    EXPECT_THAT(look(session("waiting_approval")).next_action, HasSubstr("approve"));
}

TEST(Conclude, IsUnknownForASessionThatOnlySaysItWorks) {
    for (const char* state : {"working", "idle", "stalled", "offline", ""})
        EXPECT_EQ(concluded(session(state)), Conclusion::kUnknown) << state;
}

TEST(Conclude, DoesNotTakeYesterdaysRunForTheSessionThatFailedToday) {
    Facts facts = session("failed");
    JobFacts& job = facts.job.emplace();
    job.job = "molt";
    job.runs = {run(24 * 60, "verified")};
    job.next = kFactsAt + std::chrono::hours(1);
    facts.receipts = {receipt(job.runs.front())};
    EXPECT_EQ(concluded(facts), Conclusion::kBlocked);
    job.runs.insert(job.runs.begin(), run(2, "verified"));
    facts.receipts = {receipt(job.runs.front())};
    EXPECT_EQ(concluded(facts), Conclusion::kEnhancement) << "it failed, and a later run did the work";
}

TEST(Conclude, IsUnknownWhenWeCannotSee) {
    Facts facts = session("offline");
    facts.own->source = "openclaw/main";
    facts.own->is_source_reachable = false;
    Diagnosis diagnosis = look(facts);
    EXPECT_EQ(diagnosis.conclusion, Conclusion::kUnknown);
    EXPECT_THAT(diagnosis.summary, HasSubstr("openclaw/main cannot be reached"));
    EXPECT_EQ(diagnosis.response_window, "1 h");
    facts.own->subject_last_event_elsewhere = kFactsAt - seconds(30);
    EXPECT_EQ(concluded(facts), Conclusion::kEnhancement) << "another source hears it";
}

TEST(Conclude, IsNeverAFalseAlarmWhileTheSourceCannotBeReached) {
    Facts facts = silent_log();
    facts.own->is_source_reachable = false;
    EXPECT_EQ(concluded(facts), Conclusion::kEnhancement) << "run records and receipts do not need it";
    facts.job->runs.front().verdict = "unverified";
    EXPECT_EQ(concluded(facts), Conclusion::kUnknown);
    facts.own->is_source_reachable.reset();
    EXPECT_EQ(concluded(facts), Conclusion::kUnknown);
}

TEST(Conclude, IsUnknownAndIncompleteWithoutFacts) {
    Facts nothing;
    nothing.subject = {"job", "molt"};
    EXPECT_EQ(concluded(nothing), Conclusion::kUnknown);
    EXPECT_FALSE(look(nothing).is_complete);
    for (const char* part : {"job", "receipts", "siblings", "dependencies", "own", "changes", "resources"}) {
        Facts facts = healthy();
        facts.late = {part};
        EXPECT_EQ(concluded(facts), Conclusion::kUnknown) << part;
        EXPECT_FALSE(look(facts).is_complete) << part;
    }
}

TEST(Conclude, IsUnknownWhileTheDeliveryIs) {
    Facts facts = healthy();
    facts.receipts->front().state = "unknown";
    EXPECT_EQ(concluded(facts), Conclusion::kUnknown);
    facts.receipts->front().state = "failed";
    EXPECT_EQ(concluded(facts), Conclusion::kDegraded);
}

TEST(Conclude, JudgesARouteByItselfAndTheOtherWay) {
    Facts facts = healthy();
    facts.subject = {"route", "fast"};
    facts.job.reset();
    facts.receipts.reset();
    facts.dependencies = {dependency("route", "fast", Health::kDown)};
    EXPECT_EQ(concluded(facts), Conclusion::kBlocked);
    facts.dependencies->front().has_alternative = true;
    EXPECT_EQ(concluded(facts), Conclusion::kDegraded);
    facts.dependencies->front().health = Health::kUnknown;
    EXPECT_EQ(concluded(facts), Conclusion::kUnknown);
    facts.dependencies->front().health = Health::kGood;
    EXPECT_EQ(concluded(facts), Conclusion::kFalseAlarm);
    facts.late = {"siblings"};
    EXPECT_EQ(concluded(facts), Conclusion::kUnknown);
}

TEST(Conclude, BlocksOnAnOwnPartThatFails) {
    Facts facts = healthy();
    facts.subject = {"self", "recorder"};
    facts.job.reset();
    facts.receipts.reset();
    EXPECT_EQ(concluded(facts), Conclusion::kUnknown) << "its own word proves nothing";
    facts.own->failing.push_back({"recorder", "disk full", std::nullopt});
    EXPECT_EQ(concluded(facts), Conclusion::kBlocked);
}

TEST(Conclude, RanksACommonCauseFirstAndAChangeShortlyBefore) {
    Facts facts = silent_log();
    facts.own->source_last_event = facts.alert_started - std::chrono::minutes(10);
    facts.changes->push_back(
        {*facts.own->source_last_event - std::chrono::minutes(4), "configuration reloaded", "ada"});
    Diagnosis diagnosis = look(facts);
    ASSERT_GE(diagnosis.causes.size(), 2U);
    EXPECT_EQ(diagnosis.causes[1].what, "configuration reloaded");
    EXPECT_EQ(diagnosis.causes[1].confidence, 75);
    SiblingFacts& siblings = facts.siblings->front();
    siblings.bad = 12;
    siblings.sharing = {"source openclaw/main"};
    EXPECT_EQ(look(facts).causes.front().what, "source openclaw/main");
}

TEST(Conclude, MeasuresHowManySiblingsAreBad) {
    Facts facts = healthy();
    EXPECT_EQ(look(facts).affected_percent, 0);
    facts.siblings->front().bad = 25;
    facts.siblings->front().unknown = 1'000;
    EXPECT_EQ(look(facts).affected_percent, 33);
    facts.siblings.reset();
    EXPECT_FALSE(look(facts).affected_percent);
}

TEST(Conclude, NamesABoundedNumberOfCauses) {
    Facts facts = healthy();
    for (int i = 0; i < 100; ++i)
        facts.dependencies->push_back(dependency("api", "a" + std::to_string(i), Health::kDown));
    Diagnosis diagnosis = look(facts);
    EXPECT_EQ(diagnosis.causes.size(), kCausesMax);
    for (const Check& each : diagnosis.checks) EXPECT_LE(each.says.size(), kTextBytesMax);
}

// Facts with something random in every part.
Facts random_facts(Random& random) {
    auto one_in = [&](uint64_t of) { return random.below(of) == 0; };
    Facts facts = one_in(2) ? silent_log() : healthy();
    constexpr const char* kVerdicts[] = {"verified", "late",       "silent_ok", "failed", "contradicted",
                                         "missed",   "unverified", "skipped",   ""};
    for (RunFact& each : facts.job->runs) {
        if (one_in(3)) each = run(static_cast<int>(random.below(100)), kVerdicts[random.below(9)]);
    }
    constexpr const char* kStates[] = {"delivered", "failed", "unknown", "queued"};
    for (ReceiptFact& each : *facts.receipts) each.state = kStates[one_in(3) ? random.below(4) : 0];
    facts.dependencies->front().health = static_cast<Health>(one_in(2) ? random.below(4) : 0);
    if (one_in(3)) facts.own->is_source_reachable.reset();
    if (one_in(4)) facts.own->is_source_reachable = false;
    if (one_in(4)) facts.own->is_behind = true;
    if (one_in(6)) facts.job.reset();
    if (one_in(6)) facts.receipts.reset();
    if (one_in(6)) facts.own.reset();
    constexpr const char* kParts[] = {"job", "receipts", "siblings", "dependencies",
                                      "own", "changes",  "resources"};
    if (one_in(4)) facts.late.emplace_back(kParts[random.below(7)]);
    return facts;
}

TEST(Conclude, SaysNothingGoodWithoutProofWhateverTheFacts) {
    int false_alarms = 0;
    for (uint64_t seed = 0; seed < 20'000; ++seed) {
        Random random(seed);
        Facts facts = random_facts(random);
        Diagnosis diagnosis = look(facts);
        bool says_good =
            diagnosis.conclusion != Conclusion::kUnknown && diagnosis.conclusion != Conclusion::kBlocked;
        if (!says_good) continue;
        ASSERT_TRUE(facts.job && facts.receipts && facts.own) << seed;
        auto newest = std::find_if(facts.job->runs.begin(), facts.job->runs.end(), [](const RunFact& each) {
            return !each.verdict.empty() && each.verdict != "skipped";
        });
        ASSERT_NE(newest, facts.job->runs.end()) << seed;
        EXPECT_TRUE(newest->verdict == "verified" || newest->verdict == "late" ||
                    newest->verdict == "silent_ok");
        if (diagnosis.conclusion != Conclusion::kFalseAlarm) continue;
        ++false_alarms;
        EXPECT_TRUE(facts.late.empty()) << seed;
        EXPECT_TRUE(diagnosis.is_complete) << seed;
        EXPECT_FALSE(facts.own->is_behind) << seed;
        for (const Check& each : diagnosis.checks)
            EXPECT_TRUE(each.finding == Finding::kGood || each.finding == Finding::kNothing)
                << each.says.view() << seed;
    }
    EXPECT_GT(false_alarms, 0);
}

}  // namespace
}  // namespace nightshift::incidents
