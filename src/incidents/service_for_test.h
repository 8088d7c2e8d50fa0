#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "base/text.h"
#include "incidents/incident_for_test.h"
#include "incidents/service.h"
#include "io/blocking.h"

namespace nightshift::incidents::testing {

// A service on a real loop and database, with a clock by hand, facts we choose, and an outbox that we read.
class IncidentServiceTest : public ::testing::Test {
protected:
    IncidentServiceTest() {
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
    ~IncidentServiceTest() override {
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
        parts.mark_heard = [this](store::Database&, const std::string& id) -> Result<void> {
            std::lock_guard lock(mutex_);
            heard_.push_back(id);
            return {};
        };
        parts.can_edit = [](const std::string&) { return true; };
        parts.speaks_alertmanager = [](const std::string& channel) { return channel == "team"; };
        parts.is_quiet = [](Time) { return false; };
        parts.dealt_with_by = [](const std::string&, const std::string&) { return ""; };
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

    // Of the group `job`.
    static Told told(uint32_t firing, bool is_over = false, const std::string& job = "molt") {
        Told told;
        told.change = change(firing, is_over ? 1 : 0);
        told.change.stakes.impact = "blocking";
        told.change.started = kStart;
        told.change.key += job;
        told.change.title = "The log of " + job + " is silent";
        told.change.subject.name = job;
        for (uint32_t i = 1; i <= firing; ++i) told.firing.push_back(i);
        told.is_over = is_over;
        return told;
    }

    std::vector<Wish> wishes() {
        std::lock_guard lock(mutex_);
        return wishes_;
    }
    std::vector<std::string> heard() {
        std::lock_guard lock(mutex_);
        return heard_;
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
    std::vector<Incident> all() {
        std::vector<Incident> found;
        io::run_blocking(*loop_, [&]() -> Task<> {
            Result<Page> page = co_await service_->list({.tenant = "default"});
            if (page) found = {page->incidents.rbegin(), page->incidents.rend()};
        });
        return found;
    }
    // The one about that job; empty when there is none.
    Incident about(const std::string& job) {
        for (Incident& each : all()) {
            if (each.subject.name == job) return std::move(each);
        }
        return {};
    }
    Incident only() {
        // What is enqueued is on disk a moment later.
        std::optional<Incident> found;
        EXPECT_TRUE(eventually([&] { return (found = find_only()).has_value(); }));
        return found.value_or(Incident());
    }
    Result<Incident> act(const std::string& id, Service::Act act) {
        Result<Incident> done = fail(Code::kInternal, "not run");
        io::run_blocking(*loop_, [&]() -> Task<> { done = co_await service_->act("default", id, act); });
        return done;
    }

    ManualClock clock_{kStart};
    std::filesystem::path folder_;
    Settings settings_;
    Facts facts_;
    std::mutex mutex_;
    std::vector<Wish> wishes_;
    std::vector<std::string> heard_;  // deliveries whose end is on disk
    bool is_outbox_full_ = false;
    std::unique_ptr<io::Loop> loop_;
    std::unique_ptr<io::Pool> pool_;
    std::unique_ptr<store::Writer> writer_;
    std::unique_ptr<store::Readers> readers_;
    std::unique_ptr<Service> service_;
};

}  // namespace nightshift::incidents::testing
