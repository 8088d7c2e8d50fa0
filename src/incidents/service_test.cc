#include "incidents/service.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <mutex>
#include <thread>

#include "base/random.h"
#include "base/text.h"
#include "incidents/incident_for_test.h"
#include "io/blocking.h"

namespace nightshift::incidents {
namespace {

// A service on a real loop and database, with a clock by hand, facts we choose, and an outbox that we read.
class IncidentService : public ::testing::Test {
protected:
    IncidentService() {
        std::string name = random_bytes(6);
        folder_ =
            std::filesystem::temp_directory_path() / ("incidents_test_" + to_hex(name.data(), name.size()));
        std::filesystem::create_directories(folder_);
        settings_.policies[Severity::kCritical] =
            default_policy(Severity::kCritical,
                           {{{"phone"}, std::chrono::minutes(5)}, {{"team"}, std::chrono::minutes(15)}});
        settings_.policies[Severity::kWarning] =
            default_policy(Severity::kWarning, {{{"team"}, std::chrono::minutes(15)}});
        settings_.url = "http://night.example";
        settings_.signing_key = Secret("0123456789abcdef");
        open();
    }
    ~IncidentService() override {
        close();
        std::filesystem::remove_all(folder_);
    }

    void open() {
        loop_ = std::make_unique<io::Loop>("incidents");
        pool_ = std::make_unique<io::Pool>(1, 100);
        auto writer = store::Writer::open(folder_ / "state.db", migrate_incidents);
        ASSERT_TRUE(writer);
        writer_ = std::move(*writer);
        readers_ = std::make_unique<store::Readers>(folder_ / "state.db");
        Service::Parts parts{
            .loop = *loop_, .pool = *pool_, .writer = *writer_, .readers = *readers_, .clock = clock_};
        parts.gather = [this](const Incident& incident) -> Task<Facts> {
            Facts facts = facts_;
            facts.subject = incident.subject;
            facts.at = clock_.now();
            co_return facts;
        };
        parts.spent = [](const Incident&) -> Task<std::pair<uint64_t, int64_t>> {
            co_return std::pair<uint64_t, int64_t>(7, 9);
        };
        parts.enqueue = [this](store::Database&, const std::string&, const Wish& wish, Time) -> Result<void> {
            std::lock_guard lock(mutex_);
            if (is_outbox_full_) return fail(Code::kLimit, "full");
            wishes_.push_back(wish);
            return {};
        };
        parts.wake_deliveries = [] {};
        parts.can_edit = [](const std::string&) { return true; };
        parts.speaks_alertmanager = [](const std::string& channel) { return channel == "team"; };
        parts.is_quiet = [](Time) { return false; };
        parts.on_change = [](const Incident&, bool) {};
        auto service = Service::open(std::move(parts), settings_);
        ASSERT_TRUE(service);
        service_ = std::move(*service);
        service_->start();
    }
    void close() {
        if (service_) service_->stop();
        if (writer_) (void)writer_->commit_blocking([](store::Database&) -> Result<void> { return {}; });
        if (loop_) loop_->stop();
        service_.reset();
        writer_.reset();
        readers_.reset();
        pool_.reset();
        loop_.reset();
    }

    static Told told(uint32_t firing, bool is_over = false) {
        Told told;
        told.change = testing::change(firing, is_over ? 1 : 0);
        told.change.stakes.impact = "blocking";
        told.change.started = kStart;
        for (uint32_t i = 1; i <= firing; ++i) told.firing.push_back(i);
        told.is_over = is_over;
        return told;
    }

    std::vector<Wish> wishes() {
        std::lock_guard lock(mutex_);
        return wishes_;
    }
    template <class Test>
    bool eventually(Test test) {
        for (int i = 0; i < 2'000; ++i) {
            if (test()) return true;
            std::this_thread::sleep_for(milliseconds(5));
        }
        return false;
    }
    std::optional<Incident> find_only() {
        std::optional<Incident> found;
        io::run_blocking(*loop_, [&]() -> Task<> {
            Result<Page> page = co_await service_->list({.tenant = "default"});
            if (page && page->incidents.size() == 1) found = page->incidents[0];
        });
        return found;
    }
    Incident only() {
        std::optional<Incident> found = find_only();
        EXPECT_TRUE(found);
        return found.value_or(Incident());
    }
    Result<Incident> act(const std::string& id, Service::Act act) {
        Result<Incident> done = fail(Code::kInternal, "not run");
        io::run_blocking(*loop_, [&]() -> Task<> { done = co_await service_->act("default", id, act); });
        return done;
    }

    static constexpr Time kStart{std::chrono::hours(24 * 365 * 56)};
    ManualClock clock_{kStart};
    std::filesystem::path folder_;
    Settings settings_;
    Facts facts_;
    std::mutex mutex_;
    std::vector<Wish> wishes_;
    bool is_outbox_full_ = false;
    std::unique_ptr<io::Loop> loop_;
    std::unique_ptr<io::Pool> pool_;
    std::unique_ptr<store::Writer> writer_;
    std::unique_ptr<store::Readers> readers_;
    std::unique_ptr<Service> service_;
};

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
    service_->delivery_settled(wishes()[0].thread, {wishes()[0].key, "failed", "", "403", clock_.now()});
    ASSERT_TRUE(eventually([&] { return wishes().size() == 2; }));
    EXPECT_EQ(wishes()[1].channel, "team");
}

TEST_F(IncidentService, EscalatesUntilSomebodyAcknowledges) {
    service_->tell({told(1)});
    ASSERT_TRUE(eventually([&] { return wishes().size() == 1; }));
    service_->delivery_settled(wishes()[0].thread, {wishes()[0].key, "delivered", "m1", "", clock_.now()});
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
    service_->delivery_settled(wishes()[0].thread, {wishes()[0].key, "delivered", "m1", "", clock_.now()});
    clock_.advance(std::chrono::minutes(1));
    service_->tell({told(0, true)});
    ASSERT_TRUE(eventually([&] { return wishes().size() >= 2; }));
    Incident it = only();
    EXPECT_EQ(it.state, State::kResolved);
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
    ASSERT_TRUE(eventually([&] { return wishes().size() == 1; }));
    EXPECT_EQ(only().notifications.size(), 1u);
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
