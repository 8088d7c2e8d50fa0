#include "incidents/service_for_test.h"

namespace nightshift::incidents {
namespace {

class IncidentService : public testing::IncidentServiceTest {};

TEST_F(IncidentService, IsDiagnosedWhenItIsNoLongerSuppressed) {
    Told muted = told(1);
    muted.change.is_suppressed = true;
    service_->tell({muted});
    ASSERT_TRUE(eventually([&] { return find_only().has_value(); }));
    EXPECT_TRUE(wishes().empty());
    service_->tell({told(1)});
    ASSERT_TRUE(eventually([&] { return wishes().size() == 1; }))
        << "the clock stands still: nothing to wait for";
    EXPECT_TRUE(only().diagnosis);
}

TEST_F(IncidentService, SpeaksAlertmanagersFormatToThoseWhoExpectIt) {
    Told group = told(1);
    group.change.stakes.impact = "degraded";
    service_->tell({group});
    ASSERT_TRUE(eventually([&] { return wishes().size() == 1; }));
    EXPECT_EQ(wishes()[0].channel, "team");
    EXPECT_NE(wishes()[0].payload.find(R"("version":"4")"), std::string::npos) << wishes()[0].payload;
}

TEST_F(IncidentService, TellsOnceAfterItWasDiagnosed) {
    service_->tell({told(1)});
    ASSERT_TRUE(eventually([&] { return wishes().size() == 1; }));
    for (int i = 0; i < 50; ++i) service_->tell({told(1)});
    Incident it = only();
    EXPECT_TRUE(it.diagnosed);
    EXPECT_TRUE(it.notified);
    EXPECT_EQ(wishes().size(), 1u);
    EXPECT_EQ(wishes()[0].channel, "phone");
    EXPECT_EQ(wishes()[0].what, "post");
    EXPECT_NE(wishes()[0].links.acknowledge.find("http://night.example/ack/" + it.id), std::string::npos);
}

TEST_F(IncidentService, GoesToAnotherChannelWhenTheFirstDoesNotDeliver) {
    service_->tell({told(1)});
    ASSERT_TRUE(eventually([&] { return wishes().size() == 1; }));
    service_->delivery_settled(wishes()[0].thread,
                               {wishes()[0].key, "failed", "", "403", clock_.now(), "dlv_1"});
    ASSERT_TRUE(eventually([&] { return wishes().size() == 2; }));
    EXPECT_EQ(wishes()[1].channel, "team");
}

TEST_F(IncidentService, ForgetsNoReceiptBeforeItIsOnDisk) {
    service_->tell({told(1)});
    ASSERT_TRUE(eventually([&] { return wishes().size() == 1; }));
    service_->delivery_settled(only().id, {wishes()[0].key, "delivered", "m1", "", clock_.now(), "dlv_1"});
    ASSERT_TRUE(eventually([&] { return !heard().empty(); }));
    EXPECT_EQ(heard(), std::vector<std::string>{"dlv_1"});
    EXPECT_EQ(only().notifications.at(0).state, "delivered");
    service_->delivery_settled("inc_gone", {"key", "delivered", "m2", "", clock_.now(), "dlv_2"});
    ASSERT_TRUE(eventually([&] { return heard().size() == 2; })) << "nobody waits for it any more";
}

TEST_F(IncidentService, EscalatesUntilSomebodyAcknowledges) {
    service_->tell({told(1)});
    ASSERT_TRUE(eventually([&] { return wishes().size() == 1; }));
    service_->delivery_settled(wishes()[0].thread,
                               {wishes()[0].key, "delivered", "m1", "", clock_.now(), "dlv_1"});
    clock_.advance(std::chrono::minutes(6));
    ASSERT_TRUE(eventually([&] { return wishes().size() >= 2; }));
    bool team_was_told = false;
    for (const Wish& each : wishes()) team_was_told = team_was_told || each.channel == "team";
    EXPECT_TRUE(team_was_told);
    auto taken =
        act(wishes()[0].thread, [](Incident& one, Time now) { return acknowledge(one, "ada", now); });
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->state, State::kAcknowledged);
    EXPECT_EQ(taken->acknowledged_by, "ada");
}

TEST_F(IncidentService, SaysThatItIsOverAndWhatItCost) {
    service_->tell({told(1)});
    ASSERT_TRUE(eventually([&] { return wishes().size() == 1; }));
    service_->delivery_settled(wishes()[0].thread,
                               {wishes()[0].key, "delivered", "m1", "", clock_.now(), "dlv_1"});
    clock_.advance(std::chrono::minutes(1));
    service_->tell({told(0, true)});
    ASSERT_TRUE(eventually([&] { return wishes().size() >= 2 && only().state == State::kResolved; }));
    Incident it = only();
    EXPECT_EQ(it.tokens, 7u);
    EXPECT_TRUE(wishes()[1].is_resolution);
}

TEST_F(IncidentService, TellsNobodyTwiceAfterARestart) {
    service_->tell({told(1)});
    ASSERT_TRUE(eventually([&] { return wishes().size() == 1; }));
    std::string id = only().id;
    close();
    open();
    ASSERT_EQ(service_->known().size(), 1u);
    EXPECT_EQ(service_->known()[0].firing, std::vector<uint64_t>{1});
    service_->tell({told(1)});
    clock_.advance(seconds(1));
    std::this_thread::sleep_for(milliseconds(600));
    EXPECT_EQ(only().id, id);
    EXPECT_EQ(wishes().size(), 1u);
}

TEST_F(IncidentService, EscalatesByThePolicyOfItsRouteAlsoAfterARestart) {
    close();
    settings_.named_policies["night"] = default_policy(
        Severity::kCritical, {{{"pager"}, std::chrono::minutes(5)}, {{"manager"}, std::chrono::minutes(15)}});
    open();
    Told group = told(1);
    group.policy = "night";
    service_->tell({group});
    ASSERT_TRUE(eventually([&] { return wishes().size() == 1; }));
    EXPECT_EQ(wishes()[0].channel, "pager");
    close();
    clock_.advance(std::chrono::minutes(6));
    open();
    ASSERT_TRUE(eventually([&] { return wishes().size() >= 2; }));
    for (const Wish& each : wishes())
        EXPECT_TRUE(each.channel == "pager" || each.channel == "manager") << each.channel;
}

TEST_F(IncidentService, SendsLaterWhatTheOutboxDidNotTake) {
    {
        std::lock_guard lock(mutex_);
        is_outbox_full_ = true;
    }
    service_->tell({told(1)});
    std::this_thread::sleep_for(milliseconds(300));
    EXPECT_TRUE(wishes().empty());
    {
        std::lock_guard lock(mutex_);
        is_outbox_full_ = false;
    }
    clock_.advance(seconds(2));
    ASSERT_TRUE(eventually([&] {
        auto found = find_only();
        return found && found->notifications.size() == 1;
    }));
    EXPECT_EQ(wishes().size(), 1u);
}

TEST_F(IncidentService, TellsNobodyOfWhatIsSuppressed) {
    Told silenced = told(1);
    silenced.change.is_suppressed = true;
    silenced.change.suppressed_why = "silenced by sil_1";
    service_->tell({silenced});
    ASSERT_TRUE(eventually([&] {
        auto found = find_only();
        return found && found->is_suppressed;
    }));
    clock_.advance(std::chrono::minutes(10));
    std::this_thread::sleep_for(milliseconds(600));
    EXPECT_TRUE(wishes().empty());
    service_->tell({told(1)});
    ASSERT_TRUE(eventually([&] { return wishes().size() == 1; }));
}

}  // namespace
}  // namespace nightshift::incidents
