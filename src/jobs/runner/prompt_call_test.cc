#include "jobs/runner/prompt_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "io/blocking.h"
#include "net/server_for_test.h"

namespace nightshift::jobs {
namespace {

using testing::HasSubstr;

constexpr const char* kGood =
    R"({"id":"c1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant",)"
    R"("content":"All is quiet."},"finish_reason":"stop"}],)"
    R"("usage":{"prompt_tokens":12,"completion_tokens":4,"total_tokens":16}})";

Task<> ask(PromptAction action, PromptTarget target, Execution& result) {
    SystemClock clock;
    result =
        co_await call_prompt(std::move(action), std::move(target), "job@now", milliseconds(20'000), clock);
}

class PromptCallTest : public testing::Test {
protected:
    Execution call(int status, std::string body) {
        net::FunctionHandler handler;
        handler.answer = [this, status, &body](net::Request request) {
            seen_ = std::move(request);
            return respond(status, body);
        };
        net::ServerForTest server(handler);
        PromptAction action{
            .model = "fast", .url = "", .system = "Be short.", .prompt = "How was the night?"};
        PromptTarget target{server.url("/v1"), Secret("key-1")};
        io::Loop loop("test");
        Execution result;
        io::run_blocking(loop, [&] { return ask(action, target, result); });
        return result;
    }

    static Task<net::Response> respond(int status, std::string body) {
        co_return net::Response::json(status, std::move(body));
    }

    net::Request seen_;
};

TEST_F(PromptCallTest, AsksOnceAndCountsTokens) {
    Execution execution = call(200, kGood);
    EXPECT_TRUE(execution.succeeded()) << execution.error;
    EXPECT_EQ(execution.summary, "All is quiet.");
    EXPECT_EQ(execution.tokens, 16u);
    EXPECT_EQ(seen_.path, "/v1/chat/completions");
    EXPECT_EQ(seen_.headers.get("Authorization"), "Bearer key-1");
    EXPECT_EQ(seen_.headers.get("Idempotency-Key"), "job@now");
    boost::json::value asked = boost::json::parse(seen_.body);
    EXPECT_EQ(asked.at("model"), "fast");
    EXPECT_EQ(asked.at("messages").as_array().size(), 2u);
}

TEST_F(PromptCallTest, TakesNoAnswerForWorkThatIsNone) {
    EXPECT_THAT(call(200, R"({"choices":[{"message":{"content":"  "}}]})").error,
                HasSubstr("without content"));
    EXPECT_THAT(call(200, R"({"choices":[]})").error, HasSubstr("without content"));
    EXPECT_THAT(call(200, "busy").error, HasSubstr("not a JSON object"));
    Execution refused = call(503, R"({"error":{"message":"overloaded"}})");
    EXPECT_THAT(refused.error, HasSubstr("503"));
    EXPECT_THAT(refused.summary, HasSubstr("overloaded"));
}

}  // namespace
}  // namespace nightshift::jobs
