#include <set>

#include "incidents/common_cause.h"
#include "incidents/service_for_test.h"

namespace nightshift::incidents {
namespace {

// Jobs that use a route which nobody serves.
class CommonCause : public testing::IncidentServiceTest {
protected:
    CommonCause() {
        DependencyFact route{.kind = "route", .name = "fast", .health = DependencyFact::Health::kDown};
        route.is_its_own = true;
        facts_.dependencies = std::vector<DependencyFact>{route};
    }
    // Three jobs fail, one after another.
    void fail_three() {
        for (const char* job : {"a", "b", "c"}) {
            service_->tell({told(1, false, job)});
            ASSERT_TRUE(eventually([&] { return about(job).diagnosed.has_value(); }));
        }
        ASSERT_TRUE(eventually([&] { return look_later() && about("a").parts_open == 2; }));
    }
    // One that is a warning, where the others are critical.
    Told minor(const char* job) {
        Told warning = told(1, false, job);
        warning.change.stakes.impact = "degraded";
        return warning;
    }
    // What waits to be looked at waits for the clock.
    bool look_later() {
        clock_.advance(milliseconds(300));
        return true;
    }
    // How many incidents people have heard of.
    size_t told_of() {
        std::set<std::string> threads;
        for (const Wish& each : wishes()) threads.insert(each.thread);
        return threads.size();
    }
};

TEST_F(CommonCause, TellsOnceOfAllThatHaveIt) {
    fail_three();
    EXPECT_EQ(told_of(), 1u);
    EXPECT_EQ(about("b").part_of, about("a").id);
    EXPECT_EQ(about("b").part_of_why, "route fast: down");
    EXPECT_EQ(about("a").parts.size(), 2u);
    EXPECT_TRUE(about("b").notifications.empty());
}

TEST_F(CommonCause, LeavesAloneWhatHasAnother) {
    fail_three();
    facts_.dependencies->front().name = "slow";
    service_->tell({told(1, false, "d")});
    ASSERT_TRUE(eventually([&] { return told_of() == 2; }));
    EXPECT_EQ(about("d").part_of, "");
}

TEST_F(CommonCause, IsNoneWhenNobodyKnowsWhetherTheyUseIt) {
    facts_.dependencies->front().is_its_own = false;
    service_->tell({told(1, false, "a"), told(1, false, "b")});
    ASSERT_TRUE(eventually([&] { return told_of() == 2; }));
}

TEST_F(CommonCause, EndsWhenTheLastOneEnds) {
    fail_three();
    service_->tell({told(0, true, "a"), told(0, true, "b")});
    ASSERT_TRUE(eventually([&] { return look_later() && about("a").parts_open == 1; }));
    EXPECT_EQ(about("a").state, State::kOpen);
    service_->tell({told(0, true, "c")});
    ASSERT_TRUE(eventually([&] { return look_later() && about("a").state == State::kResolved; }));
    EXPECT_EQ(about("a").resolved_why, "its alert has ended, and 2 incidents with the same cause");
    EXPECT_EQ(about("c").state, State::kResolved);
}

TEST_F(CommonCause, EndsForAllWhenAPersonSaysSo) {
    fail_three();
    auto ended = act(about("a").id, [](Incident& one, Time now) {
        return resolve(one, {"ada", "the route is back", Conclusion::kDegraded}, now);
    });
    ASSERT_TRUE(ended);
    ASSERT_TRUE(eventually([&] { return about("c").state == State::kResolved; }));
    EXPECT_EQ(about("b").judged, Conclusion::kDegraded);
}

TEST_F(CommonCause, IsKeptOverARestart) {
    fail_three();
    close();
    open();
    EXPECT_EQ(about("b").part_of, about("a").id);
    service_->tell({told(1, false, "d")});
    ASSERT_TRUE(eventually([&] { return look_later() && about("a").parts_open == 3; }));
    EXPECT_EQ(told_of(), 1u);
}

TEST_F(CommonCause, IsGivenUpWhenAPersonSeparatesThem) {
    fail_three();
    ASSERT_TRUE(act(about("b").id, [](Incident& one, Time now) { return separate(one, "ada", now); }));
    ASSERT_TRUE(eventually([&] { return look_later() && told_of() == 2 && about("a").parts_open == 1; }));
    EXPECT_EQ(about("b").notifications.size(), 1u);
}

TEST_F(CommonCause, DoesNotSilenceOthersWithTheOneThatIsSilenced) {
    fail_three();
    Told silenced = told(1, false, "a");
    silenced.change.is_suppressed = true;
    silenced.change.suppressed_why = "silenced by sil_1";
    service_->tell({silenced});
    ASSERT_TRUE(eventually([&] { return look_later() && told_of() == 2; }));
    EXPECT_TRUE(eventually([&] {
        return about("c").part_of == about("b").id || about("b").part_of == about("c").id;
    })) << "one speaks for both";
}

TEST_F(CommonCause, IsAsSevereAsTheSeverestOfThem) {
    service_->tell({minor("a")});
    ASSERT_TRUE(eventually([&] { return told_of() == 1; }));
    service_->tell({minor("b")});
    ASSERT_TRUE(eventually([&] { return look_later() && about("a").parts_open == 1; }));
    ASSERT_EQ(about("a").severity, Severity::kWarning);
    service_->tell({told(2, false, "b")});
    ASSERT_TRUE(eventually([&] { return look_later() && about("a").severity == Severity::kCritical; }));
    EXPECT_EQ(about("a").severity_why,
              "impact degraded; it is also the cause of \"The log of b is silent\": critical");
}

TEST_F(CommonCause, LetsASevererOneSpeakForItself) {
    service_->tell({minor("a")});
    ASSERT_TRUE(eventually([&] { return told_of() == 1; }));
    service_->tell({told(1, false, "b")});
    ASSERT_TRUE(eventually([&] { return look_later() && told_of() == 2; }));
    EXPECT_EQ(about("b").part_of, "");
    EXPECT_EQ(about("a").severity, Severity::kWarning);
    service_->tell({told(1, false, "c"), minor("d")});
    ASSERT_TRUE(eventually([&] { return look_later() && about("b").parts_open == 2; }))
        << "the severest tells of those that come later";
    EXPECT_EQ(told_of(), 2u);
}

TEST_F(CommonCause, IsTakenByWhoeverTakesTheOneThatTells) {
    fail_three();
    auto taken = act(about("b").id, [](Incident& one, Time now) { return acknowledge(one, "ada", now); });
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, Code::kConflict);
}

}  // namespace
}  // namespace nightshift::incidents
