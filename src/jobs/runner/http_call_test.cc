#include "jobs/runner/http_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "base/text.h"
#include "io/blocking.h"
#include "net/server_for_test.h"

namespace nightshift::jobs {
namespace {

using testing::HasSubstr;

Task<net::Response> respond(int status, std::string body) {
    net::Response response;
    response.status = status;
    response.body = std::move(body);
    co_return response;
}

Task<net::Response> never_respond() {
    co_await io::sleep_for(std::chrono::hours(1));
    co_return net::Response{};
}

Task<> call_into(HttpAction action, milliseconds timeout, Execution& result) {
    SystemClock clock;
    result = co_await call_http(std::move(action), timeout, clock);
}

Execution call(HttpAction action, milliseconds timeout = milliseconds(20'000)) {
    io::Loop loop("test");
    Execution result;
    io::run_blocking(loop, [&] { return call_into(action, timeout, result); });
    return result;
}

TEST(HttpCall, SendsWhatItWasToldAndKeepsTheAnswer) {
    net::FunctionHandler handler;
    net::Request seen;
    handler.answer = [&seen](net::Request request) {
        seen = std::move(request);
        return respond(202, "accepted");
    };
    net::ServerForTest server(handler);
    HttpAction action;
    action.method = "put";
    action.url = server.url("/work?x=1");
    action.headers = {{"Authorization", "Bearer t"}, {"Idempotency-Key", "o-1"}};
    action.body = R"({"job":"report"})";
    Execution execution = call(action);
    EXPECT_TRUE(execution.succeeded()) << execution.error;
    EXPECT_FALSE(execution.exit_code);
    EXPECT_EQ(execution.summary, "accepted");
    EXPECT_GE(execution.ended, execution.started);
    EXPECT_EQ(seen.method, net::Method::kPut);
    EXPECT_EQ(seen.target, "/work?x=1");
    EXPECT_EQ(seen.headers.get("authorization"), "Bearer t");
    EXPECT_EQ(seen.headers.get("idempotency-key"), "o-1");
    EXPECT_EQ(seen.body, R"({"job":"report"})");
}

TEST(HttpCall, FailsOnAnyStatusThatIsNotSuccess) {
    net::FunctionHandler handler;
    int status = 0;
    handler.answer = [&status](const net::Request&) { return respond(status, "gone fishing"); };
    net::ServerForTest server(handler);
    HttpAction action;
    action.url = server.url("/work");
    for (int each : {301, 404, 500}) {
        status = each;
        Execution execution = call(action);
        EXPECT_FALSE(execution.succeeded());
        EXPECT_THAT(execution.error, HasSubstr(fmt::format("answered {}", each)));
        EXPECT_EQ(execution.summary, "gone fishing");
    }
}

TEST(HttpCall, EndsWhenNobodyAnswers) {
    net::FunctionHandler handler;
    handler.answer = [](const net::Request&) { return never_respond(); };
    HttpAction action;
    {
        net::ServerForTest server(handler);
        action.url = server.url("/work");
        Execution execution = call(action, milliseconds(50));
        EXPECT_TRUE(execution.timed_out);
        EXPECT_FALSE(execution.succeeded());
        server.server().stop(milliseconds(0));
    }
    Execution refused = call(action);
    EXPECT_FALSE(refused.timed_out);
    EXPECT_NE(refused.error, "");
}

TEST(HttpCall, CutsLongAnswersToValidText) {
    net::FunctionHandler handler;
    handler.answer = [](const net::Request&) { return respond(200, "\xff" + std::string(3u << 20, 'x')); };
    net::ServerForTest server(handler);
    HttpAction action;
    action.url = server.url("/work");
    Execution execution = call(action);
    EXPECT_TRUE(execution.succeeded()) << execution.error;
    EXPECT_LE(execution.summary.size(), kSummaryBytesMax);
    EXPECT_GT(execution.summary.size(), kSummaryBytesMax / 2);
    EXPECT_TRUE(is_valid_utf8(execution.summary));
}

TEST(HttpCall, RefusesWhatIsNoRequest) {
    HttpAction action;
    action.method = "FETCH";
    action.url = "http://127.0.0.1:1/";
    EXPECT_THAT(call(action).error, HasSubstr("no HTTP method"));
    action.method = "GET";
    action.url = "nowhere";
    EXPECT_FALSE(call(action).succeeded());
}

}  // namespace
}  // namespace nightshift::jobs
