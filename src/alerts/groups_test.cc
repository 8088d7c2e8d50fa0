#include "alerts/groups.h"

#include <gtest/gtest.h>

#include <map>

#include "alerts/silence.h"

// The situations of Alertmanager's published acceptance tests, and those its users report against it.
namespace nightshift::alerts {
namespace {

const Time kStart = from_unix_us(1'700'000'000'000'000);

class GroupsTest : public testing::Test {
protected:
    GroupsTest() {
        root_.name = "root";
        root_.options.group_by = {"alertname"};
        root_.options.wait = {milliseconds(1'000), milliseconds(1'000), milliseconds(1'000)};
        root_.options.interval = milliseconds(1'000);
        root_.options.repeat = milliseconds(3'600'000);
    }

    void build() {
        groups_ = std::make_unique<Groups>(root_, inhibitions_,
                                           [this](const Alert& alert, const RouteOptions&, Time now) {
                                               for (const Silence& each : silences_) {
                                                   if (each.mutes(alert, now))
                                                       return Suppression{Suppression::By::kSilence, each.id};
                                               }
                                               return Suppression();
                                           });
    }

    static Time at(double second) { return kStart + microseconds(static_cast<int64_t>(second * 1e6)); }

    void fire(const Labels& labels, double second, double until = 1e9) {
        run_to(second);
        Alert alert{.labels = labels, .starts = at(second), .updated = at(second)};
        alert.ends = until > 1e8 ? Alert::kForever : at(until);
        groups_->put(std::make_shared<const Alert>(alert), at(second));
    }
    void resolve(const Labels& labels, double second) {
        run_to(second);
        Alert alert{.labels = labels, .starts = at(0), .updated = at(second)};
        alert.ends = at(second);
        groups_->put(std::make_shared<const Alert>(alert), at(second));
    }
    // Lets time pass in tenths of a second.
    void run_to(double second) {
        for (; now_ <= second; now_ += 0.1) {
            for (Flush& each : groups_->tick(at(now_))) told_.push_back({now_, std::move(each)});
        }
    }
    struct ToldAt {
        double second;
        Flush flush;
    };
    // When, how many fire, how many have ended.
    std::vector<std::tuple<int, uint32_t, size_t>> told() const {
        std::vector<std::tuple<int, uint32_t, size_t>> all;
        for (const ToldAt& each : told_)
            all.emplace_back(static_cast<int>(each.second + 0.05), each.flush.firing,
                             each.flush.alerts.size() - each.flush.firing);
        return all;
    }

    using Lines = std::vector<std::tuple<int, uint32_t, size_t>>;
    Route root_;
    std::vector<InhibitRule> inhibitions_;
    std::vector<Silence> silences_;
    std::unique_ptr<Groups> groups_;
    double now_ = 0;
    std::vector<ToldAt> told_;
};

TEST_F(GroupsTest, TellsTogetherWhatComesWithinTheWait) {
    build();
    fire({{"alertname", "a"}, {"n", "1"}}, 0.1);
    fire({{"alertname", "a"}, {"n", "2"}}, 0.5);
    run_to(10);
    EXPECT_EQ(told(), (Lines{{1, 2, 0}}));
    EXPECT_EQ(told_[0].flush.reason, Flush::Reason::kFirst);
    EXPECT_EQ(told_[0].flush.group, (Labels{{"alertname", "a"}}));
}

TEST_F(GroupsTest, WaitsItsIntervalBeforeItTellsOfMore) {
    root_.options.interval = milliseconds(5'000);
    build();
    fire({{"alertname", "a"}, {"n", "1"}}, 0);
    fire({{"alertname", "a"}, {"n", "2"}}, 2);
    fire({{"alertname", "a"}, {"n", "3"}}, 3);
    run_to(20);
    EXPECT_EQ(told(), (Lines{{1, 1, 0}, {6, 3, 0}}));
    EXPECT_EQ(told_[1].flush.reason, Flush::Reason::kChanged);
}

TEST_F(GroupsTest, RepeatsWhatStaysAndNothingInBetween) {
    root_.options.repeat = milliseconds(4'000);
    build();
    fire({{"alertname", "a"}}, 0);
    run_to(10.5);
    EXPECT_EQ(told(), (Lines{{1, 1, 0}, {5, 1, 0}, {9, 1, 0}}));
    EXPECT_EQ(told_[1].flush.reason, Flush::Reason::kRepeated);
}

TEST_F(GroupsTest, SaysOnceThatAllIsOver) {
    build();
    fire({{"alertname", "a"}}, 0);
    resolve({{"alertname", "a"}}, 5);
    resolve({{"alertname", "a"}}, 7);
    run_to(30);
    EXPECT_EQ(told(), (Lines{{1, 1, 0}, {5, 0, 1}}));
    EXPECT_EQ(told_[1].flush.reason, Flush::Reason::kResolved);
    EXPECT_EQ(groups_->size(), 0u);
    EXPECT_TRUE(groups_->alerts().empty());
}

TEST_F(GroupsTest, SaysWhatIsOverAndWhatGoesOn) {
    build();
    fire({{"alertname", "a"}, {"n", "1"}}, 0);
    fire({{"alertname", "a"}, {"n", "2"}}, 0);
    resolve({{"alertname", "a"}, {"n", "1"}}, 5);
    run_to(10);
    EXPECT_EQ(told(), (Lines{{1, 2, 0}, {5, 1, 1}}));
    EXPECT_EQ(told_[1].flush.reason, Flush::Reason::kChanged);
}

TEST_F(GroupsTest, SaysNothingOfWhatCameAndWentWithinTheWait) {
    root_.options.wait = {milliseconds(5'000), milliseconds(5'000), milliseconds(5'000)};
    build();
    fire({{"alertname", "a"}}, 0);
    resolve({{"alertname", "a"}}, 2);
    run_to(20);
    EXPECT_TRUE(told_.empty());
    EXPECT_EQ(groups_->size(), 0u);
}

TEST_F(GroupsTest, EndsAnAlertThatIsNotRepeated) {
    build();
    fire({{"alertname", "a"}}, 0, 5);
    run_to(20);
    EXPECT_EQ(told(), (Lines{{1, 1, 0}, {5, 0, 1}}));
}

TEST_F(GroupsTest, GoesOnWithAnAlertThatIsRepeated) {
    build();
    fire({{"alertname", "a"}}, 0, 5);
    fire({{"alertname", "a"}}, 4, 9);
    fire({{"alertname", "a"}}, 8, 13);
    run_to(12);
    EXPECT_EQ(told(), (Lines{{1, 1, 0}}));
    run_to(20);
    EXPECT_EQ(told(), (Lines{{1, 1, 0}, {13, 0, 1}}));
}

TEST_F(GroupsTest, FiresAnewAfterItWasOver) {
    build();
    fire({{"alertname", "a"}}, 0);
    resolve({{"alertname", "a"}}, 5);
    fire({{"alertname", "a"}}, 8);
    run_to(20);
    EXPECT_EQ(told(), (Lines{{1, 1, 0}, {5, 0, 1}, {9, 1, 0}}));
    EXPECT_EQ(told_[2].flush.reason, Flush::Reason::kFirst);
}

TEST_F(GroupsTest, KeepsSilencedAlertsFromPeopleAndTellsWhenTheSilenceEnds) {
    silences_.push_back(
        {.id = "sil_1", .matchers = *parse_matchers("alertname=a"), .starts = at(0), .ends = at(10)});
    build();
    fire({{"alertname", "a"}}, 0);
    fire({{"alertname", "b"}}, 0);
    run_to(9.5);
    ASSERT_EQ(told_.size(), 2u);
    for (const ToldAt& each : told_) {
        bool is_silenced = each.flush.group.get("alertname") == "a";
        EXPECT_EQ(each.flush.firing, is_silenced ? 0u : 1u);
        EXPECT_EQ(each.flush.reason == Flush::Reason::kSuppressed, is_silenced);
        if (is_silenced) EXPECT_EQ(each.flush.suppression.what, "sil_1");
    }
    run_to(13);
    ASSERT_EQ(told_.size(), 3u);
    EXPECT_EQ(told_[2].flush.firing, 1u);
}

TEST_F(GroupsTest, DoesNotCallItsEndWhatIsSilencedLater) {
    build();
    fire({{"alertname", "a"}}, 0);
    run_to(3);
    silences_.push_back(
        {.id = "sil_1", .matchers = *parse_matchers("alertname=a"), .starts = at(3), .ends = at(1'000)});
    groups_->review(at(3));
    run_to(8);
    ASSERT_EQ(told_.size(), 2u);
    EXPECT_EQ(told_[1].flush.reason, Flush::Reason::kSuppressed);
    resolve({{"alertname", "a"}}, 9);
    run_to(15);
    ASSERT_EQ(told_.size(), 3u);
    EXPECT_EQ(told_[2].flush.reason, Flush::Reason::kResolved);
}

TEST_F(GroupsTest, InhibitsWithEqualLabelsOnly) {
    inhibitions_.push_back({.name = "host",
                            .source = *parse_matchers("alertname=host_down"),
                            .target = *parse_matchers("alertname=agent_down"),
                            .equal = {"host"}});
    root_.options.group_by = {"alertname", "host"};
    build();
    fire({{"alertname", "host_down"}, {"host", "x"}}, 0);
    fire({{"alertname", "agent_down"}, {"host", "x"}, {"agent", "1"}}, 0);
    fire({{"alertname", "agent_down"}, {"host", "y"}, {"agent", "2"}}, 0);
    run_to(5);
    std::map<std::string, uint32_t> firing;
    for (const ToldAt& each : told_)
        firing[std::string(each.flush.group.get("alertname")) + std::string(each.flush.group.get("host"))] =
            each.flush.firing;
    EXPECT_EQ(firing["host_downx"], 1u);
    EXPECT_EQ(firing["agent_downx"], 0u);
    EXPECT_EQ(firing["agent_downy"], 1u);
    size_t before = told_.size();
    resolve({{"alertname", "host_down"}, {"host", "x"}}, 6);
    run_to(12);
    // The host's end, and the agent that is still down: now somebody must hear of it.
    ASSERT_EQ(told_.size(), before + 2);
    EXPECT_EQ(told_.back().flush.firing, 1u);
}

TEST_F(GroupsTest, NeverSaysThatSomethingInhibitedIsOver) {
    inhibitions_.push_back({.name = "host",
                            .source = *parse_matchers("alertname=host_down"),
                            .target = *parse_matchers("alertname=agent_down"),
                            .equal = {}});
    build();
    fire({{"alertname", "host_down"}}, 0);
    fire({{"alertname", "agent_down"}}, 0);
    run_to(3);
    resolve({{"alertname", "agent_down"}}, 4);
    run_to(10);
    for (const ToldAt& each : told_)
        EXPECT_FALSE(each.flush.group.get("alertname") == "agent_down" &&
                     each.flush.reason == Flush::Reason::kResolved);
}

TEST_F(GroupsTest, DoesNotLetAnAlertInhibitItself) {
    inhibitions_.push_back({.name = "all",
                            .source = *parse_matchers("severity=critical"),
                            .target = *parse_matchers("severity=~\".+\""),
                            .equal = {}});
    build();
    fire({{"alertname", "a"}, {"severity", "critical"}}, 0);
    fire({{"alertname", "b"}, {"severity", "critical"}}, 0);
    fire({{"alertname", "c"}, {"severity", "warning"}}, 0);
    run_to(5);
    for (const ToldAt& each : told_)
        EXPECT_EQ(each.flush.firing, each.flush.group.get("alertname") == "c" ? 0u : 1u);
}

TEST_F(GroupsTest, TellsNobodyTwiceAfterARestart) {
    build();
    Labels labels{{"alertname", "a"}};
    fire(labels, 0);
    run_to(3);
    ASSERT_EQ(told_.size(), 1u);
    Told before{.key = told_[0].flush.key, .firing = {labels.fingerprint()}, .at = at(1)};
    told_.clear();
    build();
    groups_->restore(before);
    groups_->settle_until(at(5));
    Alert alert{.labels = labels, .starts = at(0), .ends = Alert::kForever, .updated = at(0)};
    groups_->put(std::make_shared<const Alert>(alert), at(3));
    run_to(20);
    EXPECT_TRUE(told_.empty());
    resolve(labels, 21);
    run_to(25);
    EXPECT_EQ(told(), (Lines{{21, 0, 1}}));
}

TEST_F(GroupsTest, WaitsAfterAStartForWhatInhibitsUnlessCritical) {
    inhibitions_.push_back({.name = "host",
                            .source = *parse_matchers("alertname=host_down"),
                            .target = *parse_matchers("alertname=agent_down"),
                            .equal = {}});
    build();
    groups_->settle_until(at(10));
    fire({{"alertname", "agent_down"}}, 0);
    fire({{"alertname", "other"}, {"severity", "critical"}}, 0);
    fire({{"alertname", "host_down"}}, 5);
    run_to(20);
    ASSERT_GE(told_.size(), 2u);
    EXPECT_EQ(told_[0].flush.group.get("alertname"), "other");
    EXPECT_LT(told_[0].second, 2);
    for (const ToldAt& each : told_) {
        if (each.flush.group.get("alertname") == "agent_down") EXPECT_EQ(each.flush.firing, 0u);
    }
}

TEST_F(GroupsTest, WaitsShorterForWhatIsWorse) {
    root_.options.wait = {milliseconds(30'000), milliseconds(5'000), milliseconds(0)};
    build();
    fire({{"alertname", "a"}, {"severity", "info"}}, 0);
    fire({{"alertname", "b"}}, 0);
    fire({{"alertname", "c"}, {"severity", "critical"}}, 0);
    run_to(40);
    ASSERT_EQ(told_.size(), 3u);
    EXPECT_EQ(told_[0].flush.group.get("alertname"), "c");
    EXPECT_LT(told_[0].second, 0.5);
    EXPECT_EQ(told_[1].flush.group.get("alertname"), "b");
    EXPECT_EQ(told_[2].flush.group.get("alertname"), "a");
}

TEST_F(GroupsTest, SendsAnAlertDownTheFirstBranchThatMatches) {
    Route first;
    first.name = "first";
    first.matchers = *parse_matchers("team=a");
    first.options = root_.options;
    Route second = first;
    second.name = "second";
    Route both = first;
    both.name = "both";
    both.is_continued = true;
    root_.branches = {both, first, second};
    build();
    fire({{"alertname", "x"}, {"team", "a"}}, 0);
    fire({{"alertname", "y"}, {"team", "b"}}, 0);
    run_to(3);
    std::multimap<std::string, std::string> routes;
    for (const ToldAt& each : told_)
        routes.emplace(std::string(each.flush.group.get("alertname")), each.flush.route);
    EXPECT_EQ(routes,
              (std::multimap<std::string, std::string>{{"x", "both"}, {"x", "first"}, {"y", "root"}}));
}

TEST_F(GroupsTest, GroupsByEveryLabelWhenAsked) {
    root_.options.group_by = {"..."};
    build();
    fire({{"alertname", "a"}, {"n", "1"}}, 0);
    fire({{"alertname", "a"}, {"n", "2"}}, 0);
    run_to(3);
    EXPECT_EQ(told_.size(), 2u);
}

TEST_F(GroupsTest, KeepsTenantsApart) {
    build();
    for (const char* tenant : {"default", "other"}) {
        Alert alert{
            .tenant = tenant, .labels = {{"alertname", "a"}}, .starts = at(0), .ends = Alert::kForever};
        groups_->put(std::make_shared<const Alert>(alert), at(0));
    }
    run_to(3);
    ASSERT_EQ(told_.size(), 2u);
    EXPECT_NE(told_[0].flush.key, told_[1].flush.key);
    EXPECT_EQ(told_[0].flush.firing, 1u);
}

TEST_F(GroupsTest, TellsInPortionsWhenAsked) {
    root_.options.group_by = {"..."};
    build();
    for (int i = 0; i < 10; ++i) {
        Alert alert{.labels = {{"alertname", "a"}, {"n", std::to_string(i)}}, .starts = at(0)};
        alert.ends = Alert::kForever;
        groups_->put(std::make_shared<const Alert>(alert), at(0));
    }
    EXPECT_EQ(groups_->tick(at(2), 4).size(), 4u);
    EXPECT_EQ(groups_->tick(at(2), 0).size(), 0u);
    EXPECT_LE(*groups_->next(), at(2));
    EXPECT_EQ(groups_->tick(at(2), 100).size(), 6u);
    EXPECT_EQ(groups_->tick(at(2)).size(), 0u);
}

TEST_F(GroupsTest, TellsOfOtherWordsAtItsInterval) {
    root_.options.interval = milliseconds(5'000);
    build();
    for (int i = 0; i < 200; ++i) {
        run_to(0.1 * i);
        Alert alert{.labels = {{"alertname", "a"}}, .starts = at(0), .ends = Alert::kForever};
        alert.annotations = {{"summary", std::to_string(i) + " times"}};
        groups_->put(std::make_shared<const Alert>(alert), at(0.1 * i));
    }
    run_to(20);
    EXPECT_EQ(told().size(), 4u);
    EXPECT_EQ(told_[1].flush.reason, Flush::Reason::kChanged);
}

TEST_F(GroupsTest, SaysItOnceHoweverOftenItIsToldOf) {
    build();
    for (int i = 0; i < 1'000; ++i) fire({{"alertname", "a"}}, 0.1 * i);
    run_to(120);
    EXPECT_EQ(told().size(), 1u);
}

}  // namespace
}  // namespace nightshift::alerts
