#include "app/signals.h"

#include <gtest/gtest.h>

namespace nightshift::app {
namespace {

const Time kNow = from_unix_us(1'700'000'000'000'000);

jobs::Occurrence occurrence(int hour, jobs::Verdict verdict, std::string warning = "") {
    jobs::Occurrence made;
    made.key = {"default", "backup", kNow + std::chrono::hours(hour)};
    made.verdict = verdict;
    made.why = "because";
    made.warning = std::move(warning);
    made.decided = made.key.nominal + seconds(5);
    return made;
}

TEST(JobVerdicts, TellsOfTheNewestOccurrence) {
    JobVerdicts verdicts;
    verdicts.take(occurrence(1, jobs::Verdict::kFailed));
    verdicts.take(occurrence(2, jobs::Verdict::kMissed));
    verdicts.take(occurrence(0, jobs::Verdict::kVerified));  // ended late
    auto signals = verdicts.signals(kNow);
    ASSERT_EQ(signals.size(), 1u);
    EXPECT_EQ(signals[0].labels.get("verdict"), "missed");
    EXPECT_EQ(signals[0].labels.get("impact"), "blocking");
    EXPECT_EQ(signals[0].value, 2);
    verdicts.take(occurrence(3, jobs::Verdict::kVerified));
    signals = verdicts.signals(kNow);
    EXPECT_EQ(signals[0].labels.get("verdict"), "verified");
    EXPECT_EQ(signals[0].value, 0);
}

TEST(JobVerdicts, LetsASkippedOneSayNothingOfTheWork) {
    JobVerdicts verdicts;
    verdicts.take(occurrence(1, jobs::Verdict::kFailed));
    verdicts.take(occurrence(2, jobs::Verdict::kSkipped));
    EXPECT_EQ(verdicts.signals(kNow)[0].labels.get("verdict"), "failed");
}

TEST(JobVerdicts, CallsVerifiedWorkWithAWarningDegraded) {
    JobVerdicts verdicts;
    verdicts.take(occurrence(1, jobs::Verdict::kVerified, "the API answered 404"));
    auto signal = verdicts.signals(kNow)[0];
    EXPECT_EQ(signal.labels.get("impact"), "degraded");
    EXPECT_EQ(signal.says, "the API answered 404");
}

TEST(JobVerdicts, LetsAPersonsWordCountUntilItsEnd) {
    jobs::Occurrence one = occurrence(1, jobs::Verdict::kFailed);
    one.override =
        jobs::Occurrence::Override{jobs::Verdict::kVerified, "ada", "seen", kNow + std::chrono::hours(5)};
    JobVerdicts verdicts;
    verdicts.take(one);
    EXPECT_EQ(verdicts.signals(kNow)[0].labels.get("verdict"), "verified");
    EXPECT_EQ(verdicts.signals(kNow + std::chrono::hours(6))[0].labels.get("verdict"), "failed");
}

TEST(JobVerdicts, ForgetsJobsThatAreGone) {
    JobVerdicts verdicts;
    verdicts.take(occurrence(1, jobs::Verdict::kFailed));
    verdicts.keep({});
    EXPECT_TRUE(verdicts.signals(kNow).empty());
}

}  // namespace
}  // namespace nightshift::app
