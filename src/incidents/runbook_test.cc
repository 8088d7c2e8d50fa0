#include "incidents/runbook.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "incidents/incident_for_test.h"

namespace nightshift::incidents {
namespace {

using ::testing::HasSubstr;
using testing::kStart;

class RunbookTest : public ::testing::Test {
protected:
    RunbookTest() {
        runbook_.name = "restart";
        runbook_.steps = {{StepKind::kRestartAgent, "", {}, seconds(60)}};
        runbook_.is_dry_run = false;
        incident_.diagnosis.emplace();
        incident_.diagnosis->conclusion = Conclusion::kBlocked;
        incident_.diagnosis->affected_percent = 5;
    }

    // A run of the runbook that ended `ago` in `state`.
    RunbookRun past(RunState state, std::chrono::seconds ago, std::string incident = "inc_0",
                    std::string target = "job molt") {
        RunbookRun run;
        run.id = "run_" + std::to_string(past_.size());
        run.runbook = "restart";
        run.incident = std::move(incident);
        run.key = incident_.key;
        run.target = std::move(target);
        run.state = state;
        run.planned = now_ - ago;
        run.acted = now_ - ago;
        return run;
    }
    Decision decided() { return decide(runbook_, incident_, past_, now_); }
    Guard guard() { return decided().guard; }

    Runbook runbook_;
    Incident incident_ = testing::incident();
    std::vector<RunbookRun> past_;
    Time now_ = kStart + std::chrono::minutes(10);
};

TEST_F(RunbookTest, RunsWhenEveryGuardAllowsIt) {
    EXPECT_EQ(decided(), (Decision{Guard::kRun, "it acts on job molt"}));
}

TEST_F(RunbookTest, OnlySaysWhatItWouldDoUnlessToldOtherwise) {
    runbook_.is_dry_run = Runbook{}.is_dry_run;
    EXPECT_EQ(guard(), Guard::kDryRun);
    runbook_.when.severity_min = Severity::kCritical;
    EXPECT_EQ(guard(), Guard::kRefuse) << "the guards hold for dry runs too";
}

TEST_F(RunbookTest, LooksAtItsConditions) {
    runbook_.when.conclusions = {Conclusion::kDegraded};
    EXPECT_THAT(decided().why, HasSubstr("not for what is blocked"));
    runbook_.when.conclusions = {Conclusion::kBlocked};
    runbook_.when.matches = [](const Incident& incident) { return incident.subject.kind == "agent"; };
    EXPECT_EQ(guard(), Guard::kRefuse);
    incident_.subject.kind = "agent";
    EXPECT_EQ(guard(), Guard::kRun);
    incident_.diagnosis.reset();
    EXPECT_THAT(decided().why, HasSubstr("not diagnosed"));
    runbook_.steps.clear();
    EXPECT_THAT(decided().why, HasSubstr("no steps"));
}

TEST_F(RunbookTest, LeavesResolvedAndSuppressedIncidentsAlone) {
    incident_.is_suppressed = true;
    EXPECT_EQ(guard(), Guard::kRefuse);
    incident_.is_suppressed = false;
    incident_.state = State::kResolved;
    EXPECT_EQ(guard(), Guard::kRefuse);
}

TEST_F(RunbookTest, AsksWhenItNeedsAnApproval) {
    runbook_.needs_approval = true;
    EXPECT_EQ(guard(), Guard::kAsk);
    past_.push_back(past(RunState::kPlanned, seconds(5), incident_.id));
    EXPECT_EQ(guard(), Guard::kAsk);
    past_.back().approved_by = "ada";
    EXPECT_EQ(guard(), Guard::kRun);
    incident_.diagnosis->affected_percent = 90;
    EXPECT_EQ(guard(), Guard::kRefuse) << "the guards hold for approved runs too";
}

TEST_F(RunbookTest, KeepsToOneAtATimeOnATarget) {
    past_.push_back(past(RunState::kRunning, seconds(5), "inc_other"));
    past_.back().runbook = "rerun";
    EXPECT_THAT(decided().why, HasSubstr("runbook rerun is at work on job molt"));
    past_.back().target = "job other";
    EXPECT_EQ(guard(), Guard::kRun);
}

TEST_F(RunbookTest, WaitsForTheAlertToClearAndEscalatesWhenItDoesNot) {
    past_.push_back(past(RunState::kVerifying, seconds(299), incident_.id));
    EXPECT_EQ(guard(), Guard::kVerifyAgain);
    EXPECT_FALSE(outcome_of(past_.back(), runbook_, incident_, now_));
    now_ += seconds(1);
    EXPECT_EQ(decided(), (Decision{Guard::kEscalate, "did not help"}));
    EXPECT_EQ(outcome_of(past_.back(), runbook_, incident_, now_), RunState::kDidNotHelp);
    incident_.firing = 0;
    EXPECT_EQ(outcome_of(past_.back(), runbook_, incident_, now_), RunState::kHelped);
}

TEST_F(RunbookTest, DoesNotRepeatWhatDidNotHelpThisIncident) {
    past_.push_back(past(RunState::kDidNotHelp, std::chrono::hours(2), incident_.id));
    EXPECT_EQ(guard(), Guard::kEscalate);
}

TEST_F(RunbookTest, StopsAfterTheTroubleCameBackTwice) {
    past_.push_back(past(RunState::kHelped, std::chrono::hours(3)));
    EXPECT_EQ(guard(), Guard::kRun);
    past_.push_back(past(RunState::kHelped, std::chrono::hours(2)));
    EXPECT_EQ(guard(), Guard::kEscalate);
    EXPECT_THAT(decided().why, HasSubstr("2 times in 24 h"));
    past_[0].planned = past_[0].acted.emplace() = now_ - std::chrono::hours(25);
    EXPECT_EQ(guard(), Guard::kRun) << "outside of the window";
    past_[0] = past(RunState::kHelped, std::chrono::hours(3));
    past_[0].key = "another trouble";
    EXPECT_EQ(guard(), Guard::kRun);
}

TEST_F(RunbookTest, KeepsItsRates) {
    past_.push_back(past(RunState::kFailed, seconds(60)));
    past_.push_back(past(RunState::kFailed, seconds(50)));
    EXPECT_THAT(decided().why, HasSubstr("at most 2 runs on job molt in 1 h"));
    past_.pop_back();
    past_.push_back(past(RunState::kRefused, seconds(50)));
    EXPECT_EQ(guard(), Guard::kRun) << "what was refused did nothing";
    runbook_.rate.count = 1;
    EXPECT_THAT(decided().why, HasSubstr("at most 1 run in 1 h"));
}

TEST_F(RunbookTest, KeepsItsBlastRadius) {
    for (const char* target : {"job a", "job b", "job c"})
        past_.push_back(past(RunState::kFailed, seconds(60), "inc_0", target));
    EXPECT_THAT(decided().why, HasSubstr("it acted on 3 targets in 1 h"));
    past_.back().target = "job molt";
    EXPECT_EQ(guard(), Guard::kRun) << "a known target adds nothing";
}

TEST_F(RunbookTest, SuspectsACommonCauseInAStorm) {
    incident_.diagnosis->affected_percent = 31;
    EXPECT_THAT(decided().why, HasSubstr("common cause"));
    incident_.diagnosis->affected_percent.reset();
    EXPECT_EQ(guard(), Guard::kAsk) << "unknown is never good";
}

TEST_F(RunbookTest, ActsAtMostTwiceOnATroubleThatAlwaysComesBack) {
    int acted = 0;
    for (int i = 0; i < 200; ++i, now_ += std::chrono::minutes(5)) {
        incident_.id = "inc_" + std::to_string(i + 10);
        if (guard() != Guard::kRun) continue;
        ++acted;
        past_.push_back(past(RunState::kHelped, seconds(0), incident_.id));
    }
    EXPECT_EQ(acted, 2);
}

TEST(RunbookRun, GoesOnlyTheWaysItsStatesGo) {
    RunbookRun run;
    EXPECT_EQ(move_to(run, RunState::kHelped, "", kStart).error().code, Code::kConflict);
    ASSERT_TRUE(move_to(run, RunState::kRunning, "", kStart));
    EXPECT_FALSE(move_to(run, RunState::kRefused, "", kStart));
    ASSERT_TRUE(move_to(run, RunState::kVerifying, "", kStart + seconds(1)));
    EXPECT_EQ(run.acted, kStart + seconds(1));
    EXPECT_FALSE(run.ended);
    ASSERT_TRUE(move_to(run, RunState::kDidNotHelp, "still firing", kStart + seconds(2)));
    EXPECT_EQ(run.ended, kStart + seconds(2));
    EXPECT_FALSE(move_to(run, RunState::kRunning, "", kStart));
}

TEST(RunbookRun, IsAudited) {
    RunbookRun run{"r1",
                   "default",
                   "restart",
                   "inc_1",
                   "k",
                   "agent a",
                   RunState::kFailed,
                   false,
                   "ada",
                   "exit 1",
                   kStart,
                   kStart + seconds(1),
                   kStart + seconds(2)};
    Entry entry = entry_of(run, kStart);
    EXPECT_EQ(entry.kind, "action");
    EXPECT_EQ(entry.text, "failed on agent a, approved by ada: exit 1");
    EXPECT_EQ(entry.ref, "runbook_run:r1");
    EXPECT_EQ(*parse_runbook_run(boost::json::serialize(show(run))), run);
    EXPECT_EQ(parse_runbook_run("[]").error().code, Code::kCorrupt);
}

TEST(Runbook, ReadsTheWordsItWrites) {
    for (int i = 0; i < 8; ++i)
        EXPECT_EQ(parse_step_kind(to_string(static_cast<StepKind>(i))), static_cast<StepKind>(i));
    EXPECT_FALSE(parse_step_kind("format_disk"));
    for (int i = 0; i < 7; ++i)
        EXPECT_EQ(parse_run_state(to_string(static_cast<RunState>(i))), static_cast<RunState>(i));
}

}  // namespace
}  // namespace nightshift::incidents
