#include "app/signals.h"

#include <gtest/gtest.h>

#include "alerts/defaults.h"
#include "alerts/evaluator.h"

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

health::ProbeView probe(health::State state, std::string_view last) {
    auto spec = std::make_shared<health::ProbeSpec>();
    spec->name = "db";
    spec->subject = {"job", "backup"};
    spec->labels = {{"team", "night"}};
    health::ProbeView view;
    view.spec = spec;
    view.standing = {state, kNow, "because"};
    view.last = last;
    return view;
}

TEST(ProbeSignals, SayWhichProbeAndHowItIs) {
    alerts::Signal signal = probe_signals({probe(health::State::kFailing, "failing")}).at(0);
    EXPECT_EQ(signal.labels, (Labels{{"probe", "db"},
                                     {"state", "failing"},
                                     {"last", "failing"},
                                     {"job", "backup"},
                                     {"team", "night"}}));
    EXPECT_EQ(signal.added, (Labels{{"job", "backup"}, {"team", "night"}}));
    EXPECT_EQ(signal.value, 1);
    EXPECT_EQ(signal.says, "because");
    EXPECT_EQ(signal.since, kNow);
}

TEST(ProbeSignals, HaveNoValueOfHealthUnlessItPasses) {
    EXPECT_EQ(probe_signals({probe(health::State::kPassing, "passing")}).at(0).value, 0);
    EXPECT_EQ(probe_signals({probe(health::State::kStale, "passing")}).at(0).value, 1);
    EXPECT_EQ(probe_signals({probe(health::State::kUnknown, "")}).at(0).value, 1);
}

// The default rules over probes, as they go from one state to the next.
std::vector<std::string> firing_after(std::vector<health::ProbeView> states) {
    alerts::Evaluator evaluator(alerts::default_rules());
    Time now = kNow;
    for (const health::ProbeView& each : states) {
        for (int look = 0; look < 2; ++look, now += seconds(700)) {
            evaluator.observe(alerts::SignalKind::kProbe, probe_signals({each}), now);
            evaluator.tick(now);
        }
    }
    std::vector<std::string> firing;
    for (const alerts::RuleState& each : evaluator.rules()) {
        if (each.firing > 0) firing.push_back(each.rule->name);
    }
    return firing;
}

TEST(ProbeSignals, FireTheDefaultRules) {
    using health::State;
    using Names = std::vector<std::string>;
    health::ProbeView passing = probe(State::kPassing, "passing");
    health::ProbeView failing = probe(State::kFailing, "failing");
    EXPECT_EQ(firing_after({passing}), Names{});
    EXPECT_EQ(firing_after({failing}), Names{"probe_failing"});
    EXPECT_EQ(firing_after({failing, passing}), Names{});
    EXPECT_EQ(firing_after({passing, probe(State::kStale, "passing")}), Names{"probe_silent"});
    EXPECT_EQ(firing_after({probe(State::kUnknown, "")}), Names{"probe_silent"});
    EXPECT_EQ(firing_after({failing, probe(State::kStale, "failing")}), Names{"probe_failing"})
        << "what failed and is not seen any more is not well again";
}

}  // namespace
}  // namespace nightshift::app
