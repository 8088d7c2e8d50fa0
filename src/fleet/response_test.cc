#include "fleet/response.h"

#include <gtest/gtest.h>

#include "fleet/test_events.h"

namespace nightshift::fleet {
namespace {

Session session_that_can_be_aborted() {
    Session session;
    session.tenant = "default";
    session.id = "s";
    session.abort_source = "openclaw/main";
    return session;
}

Detection loop() {
    Detection detection;
    detection.id = "s/same_call/1";
    detection.kind = DetectionKind::kSameCall;
    detection.explanation = "again and again";
    return detection;
}

TEST(ResponseFor, AbortsOnlyLoops) {
    ResponseOptions options;
    EXPECT_EQ(response_for(DetectionKind::kSameCall, options), Ladder::kTell) << "the default";
    options.ladder = Ladder::kAbort;
    EXPECT_EQ(response_for(DetectionKind::kPingPong, options), Ladder::kAbort);
    EXPECT_EQ(response_for(DetectionKind::kStalled, options), Ladder::kTell);
    EXPECT_EQ(response_for(DetectionKind::kTokenVelocity, options), Ladder::kTell);
    options.ladder = Ladder::kObserve;
    EXPECT_EQ(response_for(DetectionKind::kTokenVelocity, options), Ladder::kObserve);
}

TEST(DecideAbort, AsksOnceForADetectionAndOnceInACooldown) {
    ResponseOptions options;
    options.ladder = Ladder::kAbort;
    Session session = session_that_can_be_aborted();
    Detection detection = loop();
    const auto request = decide_abort(session, detection, kTestStart, options);
    ASSERT_TRUE(request);
    EXPECT_EQ(request->source, "openclaw/main");
    EXPECT_EQ(request->reason, "same_call: again and again");
    detection.acted = Acted{"abort", kTestStart, "requested"};
    session.aborted_us = kTestStart;
    EXPECT_FALSE(decide_abort(session, detection, kTestStart + 24 * kTestHour, options))
        << "once for a detection";
    EXPECT_FALSE(decide_abort(session, loop(), kTestStart + kTestMinute, options)) << "the cooldown";
    EXPECT_TRUE(decide_abort(session, loop(), kTestStart + kTestHour, options));
}

TEST(DecideAbort, LeavesAloneWhatItMayNotOrCannot) {
    ResponseOptions options;
    Session session = session_that_can_be_aborted();
    EXPECT_FALSE(decide_abort(session, loop(), kTestStart, options)) << "telling is not aborting";
    options.ladder = Ladder::kAbort;
    session.abort_source.clear();
    EXPECT_FALSE(decide_abort(session, loop(), kTestStart, options)) << "nobody can";
}

}  // namespace
}  // namespace nightshift::fleet
