#include "fleet/service.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <future>
#include <thread>

#include "fleet/test_events.h"

namespace nightshift::fleet {
namespace {

// A folder that goes with the test.
class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "fleet_test_XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

std::shared_ptr<recorder::EventBatch> make_batch(const std::function<void(EventWriter&)>& write,
                                                 int64_t at_us = kTestStart) {
    auto batch = std::make_shared<recorder::EventBatch>();
    EventWriter writer(*batch, at_us);
    write(writer);
    return batch;
}

void write_loop(EventWriter& writer) {
    writer.source = "openclaw/main";
    for (int i = 0; i < 6; ++i) {
        writer.model(kTestSecond, 5000, 100);
        writer.tool("Bash", "ls", "same", 10'000);
    }
}

// A service on its loop, with a hub, and if wanted a recorder. The clock stands where the events end.
class ServiceTest : public testing::Test {
protected:
    ServiceTest() { options_.publish_every = std::chrono::milliseconds(1); }
    ~ServiceTest() override { service_.reset(); }

    void open_recorder() {
        recorder_.reset();
        recorder::Options options;
        options.directory = folder_.path() / "recorder";
        auto opened = recorder::Recorder::open(options, clock_);
        ASSERT_TRUE(opened) << opened.error().message;
        recorder_ = std::move(*opened);
        recorder_->set_tap(
            [this](std::shared_ptr<const recorder::EventBatch> batch, recorder::Position position) {
                if (is_tapped_ && service_ != nullptr) service_->on_batch(std::move(batch), position);
            });
    }
    void start() {
        service_ =
            std::make_unique<Service>(loop_, hub_, options_, clock_, [this](AbortRequest request, auto done) {
                aborts_.push_back(request.session);
                std::thread([done] { done(std::string("aborted")); }).join();
            });
        if (recorder_ != nullptr) {
            const Result<void> restored = service_->restore(*recorder_);
            ASSERT_TRUE(restored) << restored.error().message;
        }
        service_->start();
    }
    void append(std::shared_ptr<recorder::EventBatch> batch) {
        std::promise<bool> done;
        recorder_->append(std::move(batch),
                          [&](Result<recorder::Receipt> receipt) { done.set_value(receipt.has_value()); });
        ASSERT_TRUE(done.get_future().get());
    }
    // Asks until it is so; the clock goes on, since views are built by it. False after a long time.
    bool comes_true(const std::function<bool()>& claim) {
        for (int i = 0; i < 5000; ++i) {
            if (claim()) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
        return false;
    }
    std::string state_of(std::string_view session) {
        const std::optional<std::string> json = service_->session("default", session);
        return json ? std::string(boost::json::parse(*json).at("state").at("value").as_string()) : "";
    }

    Folder folder_;
    ManualClock clock_{from_unix_us(kTestStart + kTestMinute)};
    io::Loop loop_{"fleet"};
    live::Hub hub_{{&loop_}, {}, clock_};
    Options options_;
    std::unique_ptr<recorder::Recorder> recorder_;
    std::unique_ptr<Service> service_;
    bool is_tapped_ = true;
    std::vector<std::string> aborts_;  // on the loop
};

TEST_F(ServiceTest, ShowsWhatTheRecorderCommits) {
    start();
    service_->on_batch(make_batch([](EventWriter& writer) { writer.model(kTestSecond); }), 1);
    // Told of one after the other.
    ASSERT_TRUE(comes_true([&] {
        return service_->session("default", "s1").has_value() &&
               service_->agent("default", "builder").has_value() && service_->stats().events_total == 1;
    }));
    EXPECT_FALSE(service_->session("other", "s1").has_value());
    const auto view = service_->view("default");
    EXPECT_EQ(view->list_sessions({}).total, 1u);
    EXPECT_EQ(view->list_agents({}).total, 1u);
    const boost::json::value fleet = boost::json::parse(*view->fleet_body());
    EXPECT_TRUE(fleet.at("totals").is_object());
    EXPECT_EQ(service_->stats().events_total, 1u);
}

TEST_F(ServiceTest, TakesEachPositionOnce) {
    start();
    const auto batch = make_batch([](EventWriter& writer) { writer.model(kTestSecond); });
    for (int i = 0; i < 3; ++i) service_->on_batch(batch, 1);
    ASSERT_TRUE(comes_true([&] {
        return service_->stats().queued_events == 0 && service_->session("default", "s1").has_value();
    }));
    EXPECT_EQ(service_->stats().events_total, 1u);
}

TEST_F(ServiceTest, TellsOfALoopAndAbortsItOnceWhenToldTo) {
    options_.state.response.ladder = Ladder::kAbort;
    start();
    service_->on_batch(make_batch(write_loop), 12);
    ASSERT_TRUE(comes_true([&] {
        const std::string body = *service_->view("default")->attention_body();
        clock_.advance(seconds(1));
        return body.find("\"outcome\":\"aborted\"") != std::string::npos;
    }));
    EXPECT_EQ(state_of("s1"), "looping");
    service_->on_batch(make_batch(write_loop, kTestStart + 20 * kTestSecond), 24);
    ASSERT_TRUE(comes_true([&] { return service_->stats().events_total == 24; }));
    service_->stop();
    EXPECT_EQ(aborts_.size(), 1u);
}

TEST_F(ServiceTest, AnswersAPersonWhoWantsToAbort) {
    start();
    service_->on_batch(make_batch([](EventWriter& writer) {
                           writer.add(recorder::Kind::kTurn, "run", recorder::Status::kRunning);
                           writer.source = "openclaw/main";
                           writer.session = "claw";
                           writer.add(recorder::Kind::kTurn, "run", recorder::Status::kRunning);
                       }),
                       2);
    const auto abort = [&](std::string session) {
        std::promise<Result<std::string>> answer;
        service_->abort("default", std::move(session), "enough",
                        [&](Result<std::string> result) { answer.set_value(result); });
        return answer.get_future().get();
    };
    ASSERT_TRUE(comes_true([&] { return service_->session("default", "claw").has_value(); }));
    EXPECT_EQ(abort("none").error().code, Code::kNotFound);
    const Result<std::string> other = abort("s1");
    EXPECT_EQ(other.error().code, Code::kConflict);
    EXPECT_NE(other.error().message.find("OpenClaw"), std::string::npos);
    EXPECT_EQ(abort("claw").value(), "aborted");
}

TEST_F(ServiceTest, DismissesAttention) {
    start();
    service_->on_batch(make_batch([](EventWriter& writer) {
                           writer.add(recorder::Kind::kTurn, "run", recorder::Status::kError, kTestSecond);
                       }),
                       1);
    ASSERT_TRUE(comes_true([&] { return state_of("s1") == "failed"; }));
    const auto dismiss = [&](std::string id) {
        std::promise<Result<void>> answer;
        service_->dismiss("default", std::move(id), "known",
                          [&](Result<void> result) { answer.set_value(result); });
        return answer.get_future().get();
    };
    EXPECT_EQ(dismiss("failed:none").error().code, Code::kNotFound);
    EXPECT_TRUE(dismiss("failed:s1"));
    clock_.advance(seconds(5));
    EXPECT_EQ(service_->view("default")->attention_body()->substr(0, 12), "{\"items\":[],");
}

TEST_F(ServiceTest, CarriesConditionsAndSourcesFromOutside) {
    start();
    Attention attention;
    attention.id = "source_failing:openclaw/main";
    attention.kind = "source_failing";
    attention.title = "no answer";
    service_->set_condition("default", attention);
    const auto shows = [&] {
        clock_.advance(seconds(1));
        return service_->view("default")->attention_body()->find("no answer") != std::string::npos;
    };
    EXPECT_TRUE(comes_true(shows));
    service_->clear_condition("default", attention.id);
    EXPECT_TRUE(comes_true([&] { return !shows(); }));
}

TEST_F(ServiceTest, KnowsTheStateAfterARestart) {
    options_.snapshot_file = folder_.path() / "fleet.snapshot";
    open_recorder();
    start();
    append(make_batch(write_loop));
    ASSERT_TRUE(comes_true([&] { return state_of("s1") == "looping"; }));
    service_.reset();
    // While the fleet is away the recorder goes on.
    append(make_batch(
        [](EventWriter& writer) {
            writer.session = "s2";
            writer.model(kTestSecond);
        },
        kTestStart + 30 * kTestSecond));
    start();
    EXPECT_EQ(state_of("s1"), "looping") << "right from the start, with no event since";
    EXPECT_EQ(state_of("s2"), "working");
}

TEST_F(ServiceTest, RebuildsFromTheRecorderWhenTheSnapshotIsDamaged) {
    options_.snapshot_file = folder_.path() / "fleet.snapshot";
    open_recorder();
    start();
    append(make_batch(write_loop));
    ASSERT_TRUE(comes_true([&] { return state_of("s1") == "looping"; }));
    service_.reset();
    std::filesystem::resize_file(options_.snapshot_file, 100);
    start();
    EXPECT_EQ(state_of("s1"), "looping");
}

TEST_F(ServiceTest, ReadsBackWhatItHadToShed) {
    options_.queue_events_max = 100;
    open_recorder();
    is_tapped_ = false;
    start();
    // The loop is held up, so that the queue overflows.
    std::promise<void> release;
    loop_.post([held = release.get_future().share()] { held.wait(); });
    is_tapped_ = true;
    for (int i = 0; i < 40; ++i) {
        append(make_batch(
            [&](EventWriter& writer) {
                writer.session = fmt::format("s{}", i);
                for (int j = 0; j < 10; ++j) writer.model(1000, 10, 1);
            },
            kTestStart + i * kTestSecond));
    }
    EXPECT_GT(service_->stats().shed_batches_total, 0u);
    EXPECT_LE(service_->stats().queued_events, 100u);
    release.set_value();
    EXPECT_TRUE(comes_true([&] {
        clock_.advance(seconds(1));
        return service_->view("default")->list_sessions({}).total == 40;
    }));
    const std::optional<std::string> last = service_->session("default", "s39");
    ASSERT_TRUE(last);
    EXPECT_EQ(boost::json::parse(*last).at("model_calls").as_int64(), 10) << "once, not twice";
    EXPECT_GT(service_->stats().catch_ups_total, 0u);
    EXPECT_EQ(service_->stats().shed_batches_total > 0, true);
}

}  // namespace
}  // namespace nightshift::fleet
