#include <fmt/core.h>
#include <gtest/gtest.h>

#include "fleet/detect/no_new_information.h"
#include "fleet/detect/ping_pong.h"
#include "fleet/detect/polling.h"
#include "fleet/detect/same_call.h"
#include "fleet/detect/stalled.h"
#include "fleet/detect/watch.h"
#include "fleet/test_events.h"

namespace nightshift::fleet {
namespace {

using recorder::Kind;
using recorder::Status;

// A session's watch, told of calls one after the other; a model call of `think_s` seconds goes before each.
class WatchTest : public testing::Test {
protected:
    WatchTest() { watch_.set_session("s"); }

    void think(double seconds, uint64_t tokens = 10'000) {
        observe(writer_.model(static_cast<int64_t>(seconds * 1e6), tokens, 100));
    }
    void call(std::string_view tool, std::string_view arguments, std::string_view result,
              Status status = Status::kOk, int64_t duration_us = 10'000) {
        observe(writer_.tool(tool, arguments, result, duration_us, status));
    }
    void observe(const recorder::Event& event) {
        const int64_t end_us = event.time_us + std::max<int64_t>(event.duration_us, 0);
        watch_.observe(event, end_us, {last_us_, tokens_, 0, 0}, baseline_, options_);
        tokens_ += event.input_tokens + event.output_tokens;
        last_us_ = std::max(last_us_, end_us);
    }
    const Detection* found(DetectionKind kind) const {
        for (const Detection& detection : watch_.detections()) {
            if (detection.kind == kind) return &detection;
        }
        return nullptr;
    }

    recorder::EventBatch batch_;
    EventWriter writer_{batch_};
    DetectOptions options_;
    Watch watch_;
    VelocityBaseline baseline_;
    int64_t last_us_ = -1;
    uint64_t tokens_ = 0;
};

TEST_F(WatchTest, CountsTheSameCallFromTheFifthTime) {
    for (int i = 1; i <= 40; ++i) {
        think(2);
        call("Bash", "ls", "same");
        EXPECT_EQ(found(DetectionKind::kSameCall) != nullptr, i >= 5) << i;
        if (i >= 5)
            EXPECT_EQ(found(DetectionKind::kSameCall)->count, static_cast<uint32_t>(i))
                << "also past the ring";
    }
    EXPECT_EQ(watch_.detections().size(), 1u) << "one trouble, one detection";
    EXPECT_EQ(found(DetectionKind::kSameCall)->tokens, 39u * 10'100);
}

TEST_F(WatchTest, NeedsTheSameKindOfResult) {
    for (int i = 0; i < 20; ++i) {
        think(2);
        call("fetch", "url", fmt::format("result-{}", i));
    }
    EXPECT_TRUE(watch_.detections().empty());
}

TEST_F(WatchTest, WantsMoreProofWhenTheResultIsNotKnown) {
    for (int i = 1; i <= 10; ++i) {
        think(2);
        call("fetch", "url", "");
        EXPECT_EQ(found(DetectionKind::kSameCall) != nullptr, i >= 10) << i;
    }
}

TEST_F(WatchTest, IgnoresCallsWithoutKnownArguments) {
    for (int i = 0; i < 30; ++i) {
        think(2);
        call("fetch", "", "same");
    }
    EXPECT_TRUE(watch_.detections().empty());
}

TEST_F(WatchTest, LetsPollingPass) {
    for (int i = 0; i < 30; ++i) {
        writer_.wait(20 * kTestSecond);
        call("fetch", "build", "pending");
    }
    EXPECT_TRUE(watch_.detections().empty());
}

TEST_F(WatchTest, StopsForANewInstruction) {
    for (int i = 0; i < 6; ++i) {
        think(2);
        call("Bash", "ls", "same");
    }
    EXPECT_TRUE(watch_.is_looping());
    observe(writer_.add(Kind::kMessage, "user_prompt", Status::kUnset));
    EXPECT_FALSE(watch_.is_looping());
    call("Bash", "ls", "same");
    EXPECT_FALSE(watch_.is_looping()) << "the person may want it once more";
}

TEST_F(WatchTest, SeesTheLoopWhereverACycleIsCut) {
    for (int i = 0; i < 4; ++i) {
        for (const char* file : {"a", "b", "c"}) {
            think(1);
            call("Read", file, "text");
        }
    }
    ASSERT_NE(found(DetectionKind::kPingPong), nullptr);
    EXPECT_EQ(found(DetectionKind::kPingPong)->count, 4u);
    EXPECT_EQ(found(DetectionKind::kPingPong)->signature, "Read a -> Read b -> Read c");
    const std::string id = found(DetectionKind::kPingPong)->id;
    think(1);
    call("Read", "a", "text");
    ASSERT_NE(found(DetectionKind::kPingPong), nullptr);
    EXPECT_EQ(found(DetectionKind::kPingPong)->id, id) << "it is the same detection";
}

TEST_F(WatchTest, TellsErrorsOfOneClassFromDebugging) {
    for (int i = 0; i < 9; ++i) {
        think(1);
        call("Bash", fmt::format("try-{}", i), "bad", Status::kError);
    }
    EXPECT_FALSE(watch_.is_looping()) << "trying different things is work, for a while";
    think(1);
    call("Bash", "try-10", "bad", Status::kError);
    ASSERT_NE(found(DetectionKind::kSameError), nullptr);
    EXPECT_EQ(found(DetectionKind::kSameError)->count, 10u);
    call("Bash", "try-11", "good");
    EXPECT_FALSE(watch_.is_looping()) << "success ends it";
}

TEST_F(WatchTest, LeavesRateLimitsToTheirOwnState) {
    for (int i = 0; i < 50; ++i) {
        recorder::Event& refused = writer_.add(Kind::kModelCall, "chat", Status::kError, kTestSecond);
        refused.error_type = "rate_limit";
        observe(refused);
    }
    EXPECT_TRUE(watch_.detections().empty());
}

TEST_F(WatchTest, FindsARunawayAgainstTheAgentsOwnPast) {
    for (int minute = 0; minute < 40; ++minute) {
        for (int i = 0; i < 6; ++i) think(10, 2'000 + static_cast<uint64_t>(minute % 7) * 100);
    }
    EXPECT_EQ(found(DetectionKind::kTokenVelocity), nullptr);
    for (int i = 0; i < 6 * 5; ++i) think(10, 60'000);
    ASSERT_NE(found(DetectionKind::kTokenVelocity), nullptr);
    EXPECT_GE(found(DetectionKind::kTokenVelocity)->count, 3u);
    EXPECT_FALSE(watch_.is_looping()) << "fast is not in circles";
    for (int i = 0; i < 6 * 2; ++i) think(10, 2'000);
    EXPECT_EQ(found(DetectionKind::kTokenVelocity), nullptr);
}

TEST(IsPolling, JudgesTheSpacing) {
    struct Case {
        const char* name;
        Spacing spacing;
        bool is_polling;
    };
    const Case cases[] = {
        {"a model that calls at once", {{2000, 4000, 3000, 2500}, {10, 20, 10, 15}, true}, false},
        {"long rests", {{40'000, 42'000, 39'000}, {30'000, 31'000, 29'000}, true}, true},
        {"rests that grow", {{1000, 2000, 4000, 8000}, {900, 1900, 3900, 7900}, true}, true},
        {"a timer without a model", {{10'000, 10'010, 9'990}, {9'900, 9'900, 9'900}, false}, true},
        {"a fast loop without known tokens", {{1000, 1000, 1000}, {900, 900, 900}, false}, false},
        {"too little to say", {{100'000}, {100'000}, true}, false},
    };
    for (const Case& c : cases) EXPECT_EQ(is_polling(c.spacing, 15'000), c.is_polling) << c.name;
}

TEST(StalledAfter, IsThreeTimesTheStepsOwnP99) {
    DetectOptions options;
    GapHistogram quick;
    GapHistogram slow;
    for (int i = 0; i < 100; ++i) {
        quick.add(kTestSecond);
        slow.add(20 * kTestMinute);
    }
    EXPECT_EQ(stalled_after_us(&quick, true, 0, options), 5 * kTestMinute);
    EXPECT_GE(stalled_after_us(&slow, true, 0, options), 60 * kTestMinute);
    EXPECT_EQ(stalled_after_us(nullptr, true, 0, options), 15 * kTestMinute);
    EXPECT_EQ(stalled_after_us(nullptr, false, 0, options), 5 * kTestMinute);
    EXPECT_EQ(stalled_after_us(&quick, true, kTestMinute, options), 6 * kTestMinute)
        << "exporters gather first";
}

}  // namespace
}  // namespace nightshift::fleet
