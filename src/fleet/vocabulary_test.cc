#include "fleet/vocabulary.h"

#include <gtest/gtest.h>

namespace nightshift::fleet {
namespace {

using recorder::Event;
using recorder::Kind;
using recorder::Status;

TEST(SessionSign, UnderstandsTheWordsOfManySources) {
    struct Case {
        std::string_view name;
        Status status;
        SessionSign sign;
    };
    const Case cases[] = {
        {"session_start", Status::kUnset, SessionSign::kStarted},
        {"codex.conversation_starts", Status::kUnset, SessionSign::kStarted},
        {"start", Status::kRunning, SessionSign::kStarted},
        {"sessionStarted", Status::kUnset, SessionSign::kStarted},
        {"gemini_cli.conversation_finished", Status::kUnset, SessionSign::kEnded},
        {"session.end", Status::kOk, SessionSign::kEnded},
        {"delete", Status::kUnset, SessionSign::kEnded},
        {"session.state", Status::kRunning, SessionSign::kWorking},
        {"running", Status::kUnset, SessionSign::kWorking},
        {"agent.input.settled", Status::kUnset, SessionSign::kIdle},
        {"idle", Status::kUnset, SessionSign::kIdle},
        {"waiting_approval", Status::kRunning, SessionSign::kWaiting},
        {"message", Status::kUnset, SessionSign::kNone},
        {"", Status::kUnset, SessionSign::kNone},
        {"friendly_endpoint", Status::kUnset, SessionSign::kNone},
    };
    for (const Case& c : cases) EXPECT_EQ(session_sign(c.name, c.status), c.sign) << c.name;
}

TEST(RateLimit, KnowsItsClasses) {
    for (std::string_view word :
         {"rate_limit", "RateLimitError", "429", "overloaded_error", "http_529", "insufficient_quota",
          "RESOURCE_EXHAUSTED", "ThrottlingException", "too_many_requests"}) {
        EXPECT_TRUE(is_rate_limit(word)) << word;
    }
    for (std::string_view word : {"", "timeout", "auth", "500", "context_length"})
        EXPECT_FALSE(is_rate_limit(word)) << word;
}

TEST(NewInstruction, IsAMessageFromAPerson) {
    Event event;
    event.kind = Kind::kMessage;
    event.name = "user_prompt";
    EXPECT_TRUE(is_new_instruction(event));
    event.name = "assistant_response";
    EXPECT_FALSE(is_new_instruction(event));
    event.kind = Kind::kLog;
    event.name = "user_prompt";
    EXPECT_FALSE(is_new_instruction(event));
}

TEST(PollingText, IsFoundByWholeWords) {
    for (std::string_view call :
         {"check_status", "getJobStatus {\"id\":7}", "Bash {\"command\":\"sleep 30\"}", "wait_for_build",
          "kubectl rollout status deploy/x", "TaskOutput {\"until\":\"done\"}"}) {
        EXPECT_TRUE(is_polling_text(call)) << call;
    }
    for (std::string_view call :
         {"Bash {\"command\":\"ls\"}", "Read {\"path\":\"checkout.ts\"}", "search", "spinning", "waiter"}) {
        EXPECT_FALSE(is_polling_text(call)) << call;
    }
}

}  // namespace
}  // namespace nightshift::fleet
