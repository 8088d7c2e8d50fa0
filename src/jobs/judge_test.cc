#include "jobs/judge.h"

#include <gtest/gtest.h>

#include "jobs/test_jobs.h"

namespace nightshift::jobs {
namespace {

using testing::at;

constexpr Time kNominal{std::chrono::hours(24 * 365 * 56)};

Execution exited(int code) {
    Execution execution;
    execution.started = kNominal;
    execution.ended = kNominal + seconds(5);
    execution.exit_code = code;
    return execution;
}

// A case with one expectation for each piece of evidence; the same name again is another path to it.
class JudgeTest : public ::testing::Test {
protected:
    void see(std::string name, Impact impact, Outcome outcome, bool is_claimants_word = false,
             std::string kind = "file") {
        bool is_known = std::any_of(job_.expectations.begin(), job_.expectations.end(),
                                    [&](const Expectation& each) { return each.name == name; });
        if (!is_known) {
            Expectation expectation;
            expectation.name = name;
            expectation.impact = impact;
            job_.expectations.push_back(expectation);
        }
        Evidence evidence;
        evidence.expectation = name;
        evidence.impact = impact;
        evidence.kind = std::move(kind);
        evidence.outcome = outcome;
        evidence.observer = "file system";
        evidence.observed = "what was seen";
        evidence.is_claimants_word = is_claimants_word;
        evidence_.push_back(evidence);
    }

    Judgment judged(std::optional<Execution> execution, std::vector<Claim> claims = {}) {
        return judge(
            Case{job_, kNominal, kNominal + seconds(10), std::move(execution), std::move(claims), evidence_});
    }

    Job job_;
    std::vector<Evidence> evidence_;
};

TEST_F(JudgeTest, VerifiesByEvidenceOfAnother) {
    see("post", Impact::kBlocking, Outcome::kHolds);
    Judgment judgment = judged(exited(0));
    EXPECT_EQ(judgment.verdict, Verdict::kVerified);
    EXPECT_TRUE(judgment.warning.empty());
}

TEST_F(JudgeTest, DoesNotBelieveExitStatus) {
    EXPECT_EQ(judged(exited(0)).verdict, Verdict::kUnverified);
    see("exit", Impact::kBlocking, Outcome::kHolds, true, "exit_code");
    EXPECT_EQ(judged(exited(0)).verdict, Verdict::kUnverified);
}

TEST_F(JudgeTest, ContradictsClaimAgainstEvidenceAndSaysWhoSaidWhat) {
    see("post", Impact::kBlocking, Outcome::kFails);
    Judgment judgment = judged(exited(0));
    EXPECT_EQ(judgment.verdict, Verdict::kContradicted);
    EXPECT_NE(judgment.why.find("exit 0"), std::string::npos);
    EXPECT_NE(judgment.why.find("file system: what was seen"), std::string::npos);
    Claim claim;
    claim.by = "molt";
    claim.says_done = true;
    Judgment by_agent = judged(exited(1), {claim});
    EXPECT_EQ(by_agent.verdict, Verdict::kContradicted);
    EXPECT_NE(by_agent.why.find("molt says done"), std::string::npos);
}

TEST_F(JudgeTest, VerifiesWithWarningWhenExitIsBadAndEvidenceIsThere) {
    see("post", Impact::kBlocking, Outcome::kHolds);
    Judgment judgment = judged(exited(1));
    EXPECT_EQ(judgment.verdict, Verdict::kVerified);
    EXPECT_NE(judgment.warning.find("exit 1"), std::string::npos);
}

TEST_F(JudgeTest, FailsWhenNobodyClaimsAndEvidenceIsMissing) {
    see("post", Impact::kBlocking, Outcome::kFails);
    EXPECT_EQ(judged(exited(1)).verdict, Verdict::kFailed);
}

TEST_F(JudgeTest, TakesOtherPathWhenOneIsBlind) {
    see("post", Impact::kBlocking, Outcome::kUnknown);
    see("post", Impact::kBlocking, Outcome::kHolds);
    EXPECT_EQ(judged(exited(0)).verdict, Verdict::kVerified);
}

TEST_F(JudgeTest, StaysUnverifiedWhenNothingCouldBeObserved) {
    see("post", Impact::kBlocking, Outcome::kUnknown);
    EXPECT_EQ(judged(exited(0)).verdict, Verdict::kUnverified);
    see("post", Impact::kBlocking, Outcome::kFails);  // one path blind, one without: still not known
    EXPECT_EQ(judged(exited(0)).verdict, Verdict::kUnverified);
}

TEST_F(JudgeTest, NeverTurnsRedForSilentEnhancement) {
    see("post", Impact::kBlocking, Outcome::kHolds);
    see("log", Impact::kEnhancement, Outcome::kFails);
    Judgment judgment = judged(exited(0));
    EXPECT_EQ(judgment.verdict, Verdict::kVerified);
    EXPECT_TRUE(judgment.warning.empty());
}

TEST_F(JudgeTest, ProvesNothingByEnhancementAlone) {
    see("log", Impact::kEnhancement, Outcome::kHolds);
    EXPECT_EQ(judged(exited(0)).verdict, Verdict::kUnverified);
}

TEST_F(JudgeTest, DoesNotTakeTheReceiptOfWordsForWork) {
    see("delivery to telegram", Impact::kDegraded, Outcome::kHolds, false, "delivery");
    EXPECT_EQ(judged(exited(0)).verdict, Verdict::kUnverified);
    see("the summary arrived", Impact::kBlocking, Outcome::kHolds, false, "delivery");
    EXPECT_EQ(judged(exited(0)).verdict, Verdict::kVerified);
}

TEST_F(JudgeTest, WarnsOfDegradedWork) {
    see("post", Impact::kBlocking, Outcome::kHolds);
    see("delivery", Impact::kDegraded, Outcome::kFails, false, "delivery");
    Judgment judgment = judged(exited(0));
    EXPECT_EQ(judgment.verdict, Verdict::kVerified);
    EXPECT_NE(judgment.warning.find("delivery"), std::string::npos);
}

TEST_F(JudgeTest, CallsProvenWorkLateAfterItsDeadline) {
    job_.deadline = seconds(2);
    see("post", Impact::kBlocking, Outcome::kHolds);
    EXPECT_EQ(judged(exited(0)).verdict, Verdict::kLate);
}

TEST_F(JudgeTest, AcceptsIntendedSilence) {
    see("delivery", Impact::kBlocking, Outcome::kFails, false, "delivery");
    Execution silent = exited(0);
    silent.was_silent = true;
    EXPECT_EQ(judged(silent).verdict, Verdict::kSilentOk);
    Execution failed = exited(1);
    failed.was_silent = true;
    EXPECT_EQ(judged(failed).verdict, Verdict::kFailed);
    see("tokens", Impact::kBlocking, Outcome::kFails, false, "tokens");
    EXPECT_EQ(judged(silent).verdict, Verdict::kContradicted);
}

TEST_F(JudgeTest, MissesWatchedWorkWithoutWordUnlessEvidenceSpeaks) {
    EXPECT_EQ(judged(std::nullopt).verdict, Verdict::kMissed);
    see("post", Impact::kBlocking, Outcome::kHolds);
    Judgment judgment = judged(std::nullopt);
    EXPECT_EQ(judgment.verdict, Verdict::kVerified);
    EXPECT_NE(judgment.warning.find("no word"), std::string::npos);
}

TEST_F(JudgeTest, DoesNotGuessHowLostRunEnded) {
    Execution lost = exited(0);
    lost.exit_code.reset();
    lost.lost = true;
    EXPECT_EQ(judged(lost).verdict, Verdict::kUnverified);
    see("post", Impact::kBlocking, Outcome::kHolds);
    EXPECT_EQ(judged(lost).verdict, Verdict::kVerified);
}

}  // namespace
}  // namespace nightshift::jobs
