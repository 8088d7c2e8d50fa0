#include "ingest/openclaw/handshake.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/text.h"
#include "ingest/openclaw/json.h"
#include "ingest/openclaw/replay_testing.h"

namespace nightshift::ingest::openclaw {
namespace {

namespace json = boost::json;

Frame hello_with_scopes(const std::string& scopes) {
    return testing::frame(
        R"({"type":"res","id":"1","ok":true,"payload":{"type":"hello-ok","protocol":4,)"
        R"("server":{"version":"2026.9.6","bootId":"b1"},"features":{"methods":["health"]},)"
        R"("snapshot":{"uptimeMs":17},"auth":{"role":"operator","scopes":)" +
        scopes + "}}}");
}

TEST(ConnectParams, AskForReadingOnly) {
    json::value params = json::parse(connect_params(Secret("t\"1"), Scope::kRead, "0.1.0"));
    EXPECT_EQ(params.at("minProtocol").as_int64(), 3);
    EXPECT_EQ(params.at("maxProtocol").as_int64(), 4);
    EXPECT_EQ(params.at("client").at("id").as_string(), "gateway-client");
    EXPECT_EQ(params.at("client").at("mode").as_string(), "backend");
    EXPECT_EQ(params.at("client").at("displayName").as_string(), "nightshift");
    EXPECT_EQ(params.at("role").as_string(), "operator");
    EXPECT_EQ(json::serialize(params.at("scopes")), R"(["operator.read"])");
    EXPECT_EQ(json::serialize(params.at("caps")), R"(["tool-events"])");
    EXPECT_EQ(params.at("auth").at("token").as_string(), "t\"1");
    json::value writing = json::parse(connect_params(Secret("t"), Scope::kWrite, "0.1.0"));
    EXPECT_EQ(json::serialize(writing.at("scopes")), R"(["operator.write"])");
}

TEST(Hello, IsReadInBothEras) {
    int hellos = 0;
    for (const char* file : {"frames-2026.9.6.jsonl", "frames-2026.4.27.jsonl"}) {
        for (const auto& step : testing::recording(file)) {
            if (step.frame.find("hello-ok") == std::string::npos) continue;
            auto hello = parse_hello(testing::frame(step.frame), Scope::kRead);
            ASSERT_TRUE(hello) << hello.error().message;
            bool is_new = hello->protocol == 4;
            EXPECT_EQ(hello->version, is_new ? "2026.9.6" : "2026.4.27");
            EXPECT_EQ(hello->boot_id.empty(), !is_new);
            EXPECT_EQ(hello->has_method("tasks.list"), is_new);
            EXPECT_TRUE(hello->has_method("cron.runs"));
            EXPECT_GT(hello->uptime_ms, 0);
            hellos++;
        }
    }
    EXPECT_EQ(hellos, 6);
}

TEST(Hello, WithScopesTakenAwayIsRefusedWithAdvice) {
    auto hello = parse_hello(hello_with_scopes("[]"), Scope::kRead);
    ASSERT_FALSE(hello);
    EXPECT_EQ(hello.error().code, Code::kForbidden);
    EXPECT_NE(hello.error().message.find("tunnel"), std::string::npos);
    EXPECT_TRUE(parse_hello(hello_with_scopes(R"(["operator.read"])"), Scope::kRead));
    EXPECT_FALSE(parse_hello(hello_with_scopes(R"(["operator.read"])"), Scope::kWrite));
    EXPECT_TRUE(parse_hello(hello_with_scopes(R"(["operator.admin"])"), Scope::kWrite));
}

// Every refusal that real gateways of both eras gave to a client like ours.
TEST(Refusal, IsExplainedForEveryRecordedCase) {
    int refused = 0;
    std::string all = testing::data("handshake-matrix.jsonl");
    for (std::string_view line : split(all, '\n')) {
        if (line.empty()) continue;
        json::object recorded = json::parse(line).as_object();
        if (!recorded.contains("error")) continue;
        json::object answer{{"type", "res"}, {"id", "1"}, {"ok", false}, {"error", recorded.at("error")}};
        RpcError error = testing::frame(json::serialize(answer)).error();
        Refusal refusal = explain_refusal(error, "ws://g:1");
        EXPECT_FALSE(refusal.is_worth_retrying) << line;
        EXPECT_NE(refusal.error.message.find("ws://g:1"), std::string::npos) << line;
        if (error.detail_code == "AUTH_TOKEN_MISMATCH" || error.detail_code == "DEVICE_IDENTITY_REQUIRED")
            EXPECT_EQ(refusal.error.code, Code::kUnauthorized) << line;
        if (error.detail_code == "PROTOCOL_MISMATCH")
            EXPECT_NE(refusal.error.message.find("protocol"), std::string::npos) << line;
        refused++;
    }
    EXPECT_GE(refused, 10);
}

TEST(Refusal, OfAStartingGatewayIsWorthRetryingWhenItSays) {
    RpcError error;
    error.code = "UNAVAILABLE";
    error.detail_code = "startup-sidecars";
    error.is_retryable = true;
    error.retry_after_ms = 500;
    Refusal refusal = explain_refusal(error, "ws://g:1");
    EXPECT_TRUE(refusal.is_worth_retrying);
    EXPECT_EQ(refusal.retry_after_ms, 500);
    error.retry_after_ms = 999'999'999;
    EXPECT_EQ(explain_refusal(error, "ws://g:1").retry_after_ms, 60'000);
}

TEST(Refusal, OfAnUnapprovedDeviceNamesTheCommand) {
    RpcError error;
    error.code = "NOT_PAIRED";
    error.detail_code = "PAIRING_REQUIRED";
    error.request_id = "2f7f";
    EXPECT_NE(explain_refusal(error, "u").error.message.find("openclaw devices approve 2f7f"),
              std::string::npos);
}

}  // namespace
}  // namespace nightshift::ingest::openclaw
