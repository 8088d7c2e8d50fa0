#include "ingest/openclaw/client.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "ingest/openclaw/fake_gateway.h"
#include "io/blocking.h"

namespace nightshift::ingest::openclaw {
namespace {

using testing::FakeGateway;

// Keeps what it is given, or refuses.
class FakeRecorder {
public:
    void append(const std::shared_ptr<recorder::EventBatch>& batch,
                const std::function<void(Result<recorder::Receipt>)>& done) {
        std::unique_lock lock(mutex_);
        if (refusals_ > 0) {
            refusals_--;
            lock.unlock();
            return done(fail(Code::kLimit, "the queue is full"));
        }
        for (const auto& event : batch->events) ids_.emplace_back(event.id);
        auto count = static_cast<uint32_t>(batch->events.size());
        lock.unlock();
        done(recorder::Receipt{1, count, 0});
    }
    void refuse(int times) {
        std::lock_guard lock(mutex_);
        refusals_ = times;
    }
    int refusals_left() const {
        std::lock_guard lock(mutex_);
        return refusals_;
    }
    int count(std::string_view part) const {
        std::lock_guard lock(mutex_);
        return static_cast<int>(std::count_if(ids_.begin(), ids_.end(), [&](const std::string& id) {
            return id.find(part) != std::string::npos;
        }));
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> ids_;
    int refusals_ = 0;
};

class SourceTest : public ::testing::Test {
protected:
    void start() {
        Options options;
        options.name = "g";
        options.url = gateway_.url();
        options.token = Secret("t");
        options.poll_every = milliseconds(50);
        options.call_deadline = milliseconds(300);
        options.reconcile_pause = milliseconds(100);
        auto append = [this](std::shared_ptr<recorder::EventBatch> batch,
                             std::function<void(Result<recorder::Receipt>)> done) {
            recorder_.append(batch, done);
        };
        source_ = std::make_unique<Source>(loop_, std::move(options), std::move(append), nullptr, clock_);
        source_->start();
    }

    void TearDown() override {
        if (source_) io::run_blocking(loop_, [this] { return source_->stop(); });
    }

    static bool eventually(const std::function<bool()>& is_true) {
        for (int i = 0; i < 3000; ++i) {
            if (is_true()) return true;
            std::this_thread::sleep_for(milliseconds(10));
        }
        return false;
    }

    bool reaches(SourceState state) {
        return eventually([&] { return source_->status().verdict.state == state; });
    }

    static std::string message(int number, int sequence) {
        return fmt::format(
            R"({{"type":"event","event":"session.message","seq":{},"payload":{{"sessionKey":"agent:main:main","sessionId":"s",)"
            R"("messageId":"m{}","message":{{"role":"assistant","model":"x","usage":{{"input":1,"output":1}},)"
            R"("stopReason":"stop","timestamp":1795314000000}}}}}})",
            sequence, number);
    }

    FakeGateway gateway_;
    FakeRecorder recorder_;
    SystemClock clock_;
    io::Loop loop_{"bridge"};
    std::unique_ptr<Source> source_;
};

TEST_F(SourceTest, PassesWhenCallsAreAnsweredAndRecordsWhatItHears) {
    start();
    ASSERT_TRUE(reaches(SourceState::kPassing));
    EXPECT_EQ(gateway_.scopes().front(), R"(["operator.read"])");
    EXPECT_TRUE(eventually([&] { return gateway_.calls("sessions.subscribe") == 1; }));
    for (int i = 1; i <= 5; ++i) gateway_.send(message(i, i));
    EXPECT_TRUE(eventually([&] { return recorder_.count("/message/") == 5; }));
    SourceStatus status = source_->status();
    EXPECT_EQ(status.gaps_total, 0u);
    EXPECT_EQ(status.protocol, 4);
    EXPECT_EQ(status.boot_id, "boot-1");
}

TEST_F(SourceTest, ReadsBackAfterAGap) {
    start();
    ASSERT_TRUE(reaches(SourceState::kPassing));
    ASSERT_TRUE(eventually([&] { return gateway_.calls("cron.runs") >= 1; }));
    int before = gateway_.calls("cron.runs");
    gateway_.send(message(1, 1));
    gateway_.send(message(2, 2));
    ASSERT_TRUE(eventually([&] { return recorder_.count("/message/") == 2; }));
    EXPECT_EQ(source_->status().gaps_total, 0u);
    int64_t now_ms = unix_ms(clock_.now());
    gateway_.answer(
        "cron.runs",
        fmt::format(
            R"({{"entries":[{{"ts":{0},"jobId":"j","action":"finished","status":"ok","runAtMs":{0}}}]}})",
            now_ms));
    gateway_.send(message(9, 9));
    EXPECT_TRUE(eventually([&] { return recorder_.count("/job/j/") == 1; }));
    EXPECT_EQ(source_->status().gaps_total, 1u);
    EXPECT_GT(gateway_.calls("cron.runs"), before);
}

TEST_F(SourceTest, LosesAndDoublesNothingWhileTheRecorderRefuses) {
    start();
    ASSERT_TRUE(reaches(SourceState::kPassing));
    recorder_.refuse(3);
    for (int i = 1; i <= 200; ++i) gateway_.send(message(i, i));
    EXPECT_TRUE(eventually([&] { return recorder_.count("/message/") >= 200; }));
    EXPECT_EQ(recorder_.refusals_left(), 0);
    EXPECT_EQ(recorder_.count("/message/"), 200);
}

TEST_F(SourceTest, CallsACrashACrashAndComesBack) {
    start();
    ASSERT_TRUE(reaches(SourceState::kPassing));
    gateway_.boot("boot-2");
    gateway_.drop_connections();
    EXPECT_TRUE(eventually([&] { return recorder_.count("/gateway.crashed/") == 1; }));
    EXPECT_TRUE(reaches(SourceState::kPassing));
    EXPECT_EQ(source_->status().boot_id, "boot-2");
    EXPECT_GE(source_->status().reconnects_total, 1u);
}

TEST_F(SourceTest, CallsAnAnnouncedRestartARestart) {
    start();
    ASSERT_TRUE(reaches(SourceState::kPassing));
    gateway_.send(R"({"type":"event","event":"shutdown","payload":{"reason":"update"}})");
    ASSERT_TRUE(eventually([&] { return recorder_.count("/gateway.shutdown/") == 1; }));
    gateway_.boot("boot-2");
    gateway_.drop_connections();
    EXPECT_TRUE(eventually([&] { return recorder_.count("/gateway.restarted/") == 1; }));
    EXPECT_EQ(recorder_.count("/gateway.crashed/"), 0);
}

TEST_F(SourceTest, FailsWhenCallsAreNotAnsweredThoughTheConnectionHolds) {
    start();
    ASSERT_TRUE(reaches(SourceState::kPassing));
    gateway_.never_answer("health");
    gateway_.never_answer("sessions.list");
    EXPECT_TRUE(reaches(SourceState::kFailing));
    EXPECT_NE(source_->status().connected_since_ms, 0);
    gateway_.answer("health", "{}");
    gateway_.answer("sessions.list", "{}");
    EXPECT_TRUE(reaches(SourceState::kPassing));
}

TEST_F(SourceTest, SaysWhatToDoWhenTheTokenIsWrong) {
    gateway_.answer(
        "connect", "",
        R"({"code":"INVALID_REQUEST","message":"token mismatch","details":{"code":"AUTH_TOKEN_MISMATCH"}})");
    start();
    ASSERT_TRUE(reaches(SourceState::kFailing));
    EXPECT_NE(source_->status().verdict.why.find("OPENCLAW_GATEWAY_TOKEN"), std::string::npos);
}

TEST_F(SourceTest, AbortsWithTheLeastPowerThatSuffices) {
    start();
    ASSERT_TRUE(reaches(SourceState::kPassing));
    auto abort = [&] {
        Result<std::string> outcome = fail(Code::kInternal, "not run");
        io::Loop other("caller");
        io::run_blocking(
            other, [&]() -> Task<> { outcome = co_await source_->abort_session("agent:main:main", "test"); });
        return outcome;
    };
    gateway_.answer("sessions.abort", R"({"ok":true,"abortedRunId":"r1","status":"aborted"})");
    auto aborted = abort();
    ASSERT_TRUE(aborted) << aborted.error().message;
    EXPECT_EQ(*aborted, "aborted run r1");
    EXPECT_EQ(gateway_.scopes().back(), R"(["operator.write"])");

    gateway_.answer("sessions.abort", R"({"ok":true,"abortedRunId":null,"status":"no-active-run"})");
    auto idle = abort();
    ASSERT_FALSE(idle);
    EXPECT_EQ(idle.error().code, Code::kNotFound);

    gateway_.answer("sessions.abort", "", R"({"code":"INVALID_REQUEST","message":"unauthorized"})");
    auto refused = abort();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kForbidden);
    EXPECT_EQ(gateway_.scopes().back(), R"(["operator.admin"])");
}

TEST_F(SourceTest, DoesNotRecordAgainWhatItIsTold) {
    gateway_.answer("sessions.list", "{}");
    start();
    ASSERT_TRUE(reaches(SourceState::kPassing));
    gateway_.send(message(1, 1));
    gateway_.send(message(1, 2));
    gateway_.send(message(2, 3));
    ASSERT_TRUE(eventually([&] { return recorder_.count("/m2") == 1; }));
    EXPECT_EQ(recorder_.count("/m1"), 1);
}

}  // namespace
}  // namespace nightshift::ingest::openclaw
