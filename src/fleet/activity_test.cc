#include "fleet/activity.h"

#include <gtest/gtest.h>

#include "fleet/test_events.h"

namespace nightshift::fleet {
namespace {

using recorder::Event;
using recorder::Kind;
using recorder::Status;

// What is told about one session, and what follows from it.
class ActivityTest : public testing::Test {
protected:
    void tell(Kind kind, std::string_view name, Status status, int64_t start_s, int64_t duration_s = -1,
              std::string_view span = {}, std::string_view error_type = {}) {
        Event event;
        event.kind = kind;
        event.name = name;
        event.status = status;
        event.time_us = at(start_s);
        event.duration_us = duration_s < 0 ? -1 : duration_s * kTestSecond;
        event.span = span;
        event.error_type = error_type;
        activity_.apply(event, event.time_us + std::max<int64_t>(event.duration_us, 0));
    }
    static int64_t at(int64_t second) { return kTestStart + second * kTestSecond; }
    static Pace pace() {
        Pace pace;
        pace.hold_us = kTestMinute;
        pace.stalled_after_us = 5 * kTestMinute;
        pace.cool_down_us = 2 * kTestMinute;
        pace.agent_usual_us = kTestSecond;
        return pace;
    }
    AgentState state(int64_t second, Pace pace = ActivityTest::pace()) {
        return activity_.derive(at(second), pace).state;
    }
    int64_t since(int64_t second) {
        return (activity_.derive(at(second), pace()).since_us - kTestStart) / kTestSecond;
    }

    Activity activity_;
};

TEST_F(ActivityTest, WorksFromTheTurnsStartToItsEnd) {
    tell(Kind::kTurn, "run", Status::kRunning, 10);
    EXPECT_EQ(state(11), AgentState::kWorking);
    EXPECT_EQ(since(30), 10);
    tell(Kind::kToolCall, "Bash", Status::kRunning, 20, -1, "a");
    ASSERT_NE(activity_.open_tool(), nullptr);
    EXPECT_EQ(activity_.open_tool()->name, "Bash");
    tell(Kind::kToolCall, "Bash", Status::kOk, 20, 15, "a");
    EXPECT_EQ(activity_.open_tool(), nullptr);
    EXPECT_EQ(state(36), AgentState::kWorking);
    tell(Kind::kTurn, "run", Status::kOk, 10, 30);
    EXPECT_EQ(state(41), AgentState::kIdle);
    EXPECT_EQ(since(41), 40);
    EXPECT_EQ(activity_.turns(), 1u);
}

TEST_F(ActivityTest, PresumesWorkAfterACallForAWhileOnly) {
    tell(Kind::kModelCall, "chat", Status::kOk, 0, 5);
    EXPECT_EQ(state(20), AgentState::kWorking);
    EXPECT_EQ(state(70), AgentState::kIdle) << "with a known rhythm, a pause is a pause";
    Pace unknown = pace();
    unknown.agent_usual_us = 0;
    EXPECT_EQ(state(70, unknown), AgentState::kUnknown) << "without history we do not know";
}

TEST_F(ActivityTest, IsStalledOnlyWithProofOfOpenWork) {
    tell(Kind::kToolCall, "Bash", Status::kRunning, 0, -1, "a");
    EXPECT_EQ(state(299), AgentState::kWorking);
    EXPECT_EQ(state(301), AgentState::kStalled);
    tell(Kind::kLog, "note", Status::kUnset, 310);
    EXPECT_EQ(state(320), AgentState::kWorking) << "any sign of life counts";
    EXPECT_EQ(state(310 + 25 * 3600), AgentState::kUnknown) << "nobody waits for it any more";
}

TEST_F(ActivityTest, IsStalledInATurnOfASourceThatReportsTurns) {
    for (int turn = 0; turn < 2; ++turn) {
        tell(Kind::kModelCall, "chat", Status::kOk, turn * 10, 2);
        tell(Kind::kTurn, "run", Status::kOk, turn * 10, 3);
    }
    EXPECT_EQ(state(400), AgentState::kIdle) << "after a turn, silence is rest";
    tell(Kind::kModelCall, "chat", Status::kOk, 500, 2);
    EXPECT_EQ(state(502 + 299), AgentState::kWorking);
    EXPECT_EQ(state(502 + 301), AgentState::kStalled);
}

TEST_F(ActivityTest, FailsWithItsTurnAndRecoversWithTheNext) {
    tell(Kind::kTurn, "run", Status::kError, 0, 5, {}, "tool_error");
    EXPECT_EQ(state(6), AgentState::kFailed);
    EXPECT_EQ(state(6000), AgentState::kFailed) << "failure does not heal by waiting";
    tell(Kind::kTurn, "run", Status::kRunning, 20);
    EXPECT_EQ(state(21), AgentState::kWorking);
    tell(Kind::kTurn, "run", Status::kOk, 20, 5);
    EXPECT_EQ(state(26), AgentState::kIdle);
}

TEST_F(ActivityTest, FailsWhenModelCallsFailInARow) {
    for (int i = 0; i < 3; ++i) {
        EXPECT_NE(state(i * 10), AgentState::kFailed);
        tell(Kind::kModelCall, "chat", Status::kError, i * 10, 1, {}, "authentication");
    }
    EXPECT_EQ(state(22), AgentState::kFailed);
    EXPECT_EQ(since(22), 1);
    tell(Kind::kModelCall, "chat", Status::kOk, 30, 1);
    EXPECT_EQ(state(32), AgentState::kWorking);
}

TEST_F(ActivityTest, IsRateLimitedUntilASuccessOrTheCoolDown) {
    tell(Kind::kTurn, "run", Status::kRunning, 0);
    tell(Kind::kModelCall, "chat", Status::kError, 1, 1, {}, "rate_limit");
    tell(Kind::kModelCall, "chat", Status::kError, 10, 1, {}, "overloaded_error");
    EXPECT_EQ(state(12), AgentState::kRateLimited);
    EXPECT_EQ(since(12), 2);
    EXPECT_EQ(state(12 + 121), AgentState::kWorking);
    tell(Kind::kModelCall, "chat", Status::kOk, 20, 1);
    EXPECT_EQ(state(22), AgentState::kWorking);
}

TEST_F(ActivityTest, WaitsForApprovalUntilItIsAnswered) {
    tell(Kind::kTurn, "run", Status::kRunning, 0);
    tell(Kind::kApproval, "exec", Status::kRunning, 5, -1, "p");
    EXPECT_EQ(state(6), AgentState::kWaitingApproval);
    EXPECT_EQ(state(4000), AgentState::kWaitingApproval) << "waiting for a person is no stall";
    tell(Kind::kApproval, "exec", Status::kOk, 5, 60, "p");
    EXPECT_EQ(state(66), AgentState::kWorking);
    tell(Kind::kApproval, "exec", Status::kRunning, 70, -1, "q");
    tell(Kind::kModelCall, "chat", Status::kOk, 80, 1);
    EXPECT_EQ(state(82), AgentState::kWorking) << "the model went on";
}

TEST_F(ActivityTest, WaitsUntilEveryApprovalIsAnswered) {
    const auto ask = [&](std::string_view name, Status status, int64_t second, std::string_view attributes) {
        Event event;
        event.kind = Kind::kApproval;
        event.name = name;
        event.status = status;
        event.time_us = at(second);
        event.attributes = attributes;
        activity_.apply(event, event.time_us);
    };
    ask("exec.approval.requested", Status::kRunning, 1, R"({"approval_id":"a"})");
    ask("exec.approval.requested", Status::kRunning, 2, R"({"approval_id":"b"})");
    ask("exec.approval.resolved", Status::kOk, 3, R"({"approval_id":"b"})");
    EXPECT_EQ(state(4), AgentState::kWaitingApproval);
    ask("exec.approval.resolved", Status::kOk, 5, "");
    EXPECT_NE(state(6), AgentState::kWaitingApproval)
        << "an answer without a name is for the oldest question";
}

TEST_F(ActivityTest, TakesTheOutcomeFromTheSourcesWord) {
    tell(Kind::kSession, "session.working", Status::kRunning, 0);
    tell(Kind::kSession, "session.idle", Status::kError, 5);
    EXPECT_EQ(state(6), AgentState::kFailed);
    tell(Kind::kSession, "session.working", Status::kRunning, 10);
    EXPECT_EQ(state(11), AgentState::kWorking);
    tell(Kind::kSession, "session.idle", Status::kOk, 12);
    EXPECT_EQ(state(13), AgentState::kIdle);
}

TEST_F(ActivityTest, FollowsTheSourcesOwnWords) {
    tell(Kind::kSession, "session.start", Status::kUnset, 0);
    EXPECT_EQ(state(1), AgentState::kIdle);
    tell(Kind::kSession, "state", Status::kRunning, 5);
    EXPECT_EQ(state(6), AgentState::kWorking);
    tell(Kind::kSession, "waiting_approval", Status::kRunning, 7);
    EXPECT_EQ(state(8), AgentState::kWaitingApproval);
    tell(Kind::kSession, "idle", Status::kUnset, 9);
    EXPECT_EQ(state(10), AgentState::kIdle);
    tell(Kind::kSession, "session.end", Status::kOk, 11);
    EXPECT_TRUE(activity_.is_ended());
    tell(Kind::kTurn, "run", Status::kRunning, 12);
    EXPECT_FALSE(activity_.is_ended()) << "it came back";
}

TEST_F(ActivityTest, DoesNotMoveBackForLateReorderedOrRepeatedEvents) {
    tell(Kind::kTurn, "run", Status::kRunning, 0);
    tell(Kind::kTurn, "run", Status::kOk, 0, 10);
    tell(Kind::kTurn, "run", Status::kRunning, 0);
    EXPECT_EQ(state(11), AgentState::kIdle) << "a late start of an ended turn";
    tell(Kind::kToolCall, "Bash", Status::kOk, 12, 3, "a");
    tell(Kind::kToolCall, "Bash", Status::kRunning, 12, -1, "a");
    EXPECT_EQ(activity_.open_tool(), nullptr) << "a late start of an ended call";
    tell(Kind::kTurn, "run", Status::kOk, 12, 8);
    tell(Kind::kTurn, "run", Status::kError, 1, 5);
    EXPECT_EQ(state(21), AgentState::kIdle) << "a late failure of an older turn";
    tell(Kind::kModelCall, "chat", Status::kOk, 30, 1);
    for (int i = 0; i < 5; ++i) tell(Kind::kModelCall, "chat", Status::kError, 22 + i, 1, {}, "rate_limit");
    EXPECT_EQ(state(32), AgentState::kWorking) << "late refusals before a success";
    tell(Kind::kToolCall, "Read", Status::kOk, 3, 1);
    tell(Kind::kTurn, "run", Status::kOk, 30, 5);
    tell(Kind::kToolCall, "Read", Status::kOk, 33, 1);
    EXPECT_EQ(state(36), AgentState::kIdle) << "a late child of an ended turn";
}

TEST_F(ActivityTest, KnowsNothingFromLogsAlone) {
    tell(Kind::kLog, "hello", Status::kUnset, 0);
    tell(Kind::kSample, "cpu", Status::kUnset, 1);
    EXPECT_EQ(state(2), AgentState::kUnknown);
}

TEST_F(ActivityTest, DoubtsAnIdleAgentThatIsLate) {
    tell(Kind::kTurn, "run", Status::kOk, 0, 5);
    Pace late = pace();
    late.is_agent_late = true;
    EXPECT_EQ(state(4000, late), AgentState::kUnknown);
    EXPECT_EQ(state(4000), AgentState::kIdle);
}

TEST_F(ActivityTest, BoundsWhatIsOpen) {
    for (int i = 0; i < 1000; ++i) tell(Kind::kToolCall, "Bash", Status::kRunning, i, -1, std::to_string(i));
    tell(Kind::kTurn, "run", Status::kOk, 0, 2000);
    EXPECT_EQ(activity_.open_tool(), nullptr);
}

}  // namespace
}  // namespace nightshift::fleet
