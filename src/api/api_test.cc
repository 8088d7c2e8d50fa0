#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/gate.h"
#include "api/problem.h"
#include "api/prometheus.h"
#include "api/router.h"

namespace nightshift::api {
namespace {

using auth::Scope;
using testing::ElementsAre;
using testing::HasSubstr;

Route route(net::Method method, std::string pattern, Access access = Access::open()) {
    return {method, std::move(pattern), access,
            [](Call) -> Task<net::Response> { co_return net::Response::empty(204); }};
}

TEST(Router, TakesEachNamedSegmentDecoded) {
    Router router;
    router.add(route(net::Method::kGet, "/api/v1/sessions/{id}"));
    router.add(route(net::Method::kPost, "/api/v1/sessions/{id}/abort"));
    auto match = router.find(net::Method::kPost, "/api/v1/sessions/agent%3Amain%2Fx/abort");
    ASSERT_NE(match.route, nullptr);
    EXPECT_THAT(match.params, ElementsAre("agent:main/x"));
}

TEST(Router, TellsWrongMethodFromUnknownPath) {
    Router router;
    router.add(route(net::Method::kGet, "/api/v1/agents"));
    auto wrong_method = router.find(net::Method::kPost, "/api/v1/agents");
    EXPECT_EQ(wrong_method.route, nullptr);
    EXPECT_TRUE(wrong_method.path_exists);
    for (const char* path : {"/api/v1/agent", "/api/v1/agents/", "/api/v1", "", "/api/v1/agents/x", "//"}) {
        EXPECT_FALSE(router.find(net::Method::kGet, path).path_exists) << path;
    }
    EXPECT_NE(router.find(net::Method::kHead, "/api/v1/agents").route, nullptr);
}

TEST(Router, RefusesBrokenEscapesAndEmptySegments) {
    Router router;
    router.add(route(net::Method::kGet, "/a/{id}"));
    EXPECT_EQ(router.find(net::Method::kGet, "/a/%zz").route, nullptr);
    EXPECT_EQ(router.find(net::Method::kGet, "/a/").route, nullptr);
}

class GateTest : public testing::Test {
protected:
    GateTest() {
        request_.headers.add("Host", "127.0.0.1:8700");
        request_.peer_is_loopback = true;
    }

    std::string token(std::vector<Scope> scopes) {
        return authenticator_
            ->create({.name = "t", .tenant = "acme", .scopes = auth::Scopes(std::move(scopes))})
            ->secret.reveal();
    }
    Result<auth::Principal> admit(const Route& to) { return gate_.admit(request_, to); }

    ManualClock clock_{from_unix_ms(1)};
    store::Database db_ = store::Database::open(":memory:").value();
    std::unique_ptr<auth::Authenticator> authenticator_ = auth::Authenticator::open(db_, clock_).value();
    Gate gate_{*authenticator_, {.allowed_hosts = {"night.example"}}};
    net::RequestHead request_;
    Route read_ = route(net::Method::kGet, "/x", Access::scoped(Scope::kRead));
};

TEST_F(GateTest, TakesTokenFromHeaderKeyOrCookie) {
    std::string secret = token({Scope::kRead});
    for (auto [name, value] : {std::pair<std::string, std::string>{"Authorization", "Bearer " + secret},
                               {"X-Api-Key", secret},
                               {"Cookie", "a=b; nightshift_token=" + secret}}) {
        net::RequestHead request = request_;
        request.headers.add(name, value);
        auto principal = gate_.admit(request, read_);
        ASSERT_TRUE(principal) << name;
        EXPECT_EQ(principal->tenant, "acme");
    }
}

TEST_F(GateTest, RefusesMissingTokenWrongTokenAndMissingScope) {
    EXPECT_EQ(admit(read_).error().code, Code::kUnauthorized);
    request_.headers.set("Authorization", "Bearer ns_wrong");
    EXPECT_EQ(admit(read_).error().code, Code::kUnauthorized);
    request_.headers.set("Authorization", "Bearer " + token({Scope::kIngest}));
    EXPECT_EQ(admit(read_).error().code, Code::kForbidden);
}

TEST_F(GateTest, TakesTelemetryWithoutTokenOnlyFromThisMachineAndNotFromABrowser) {
    Route telemetry = route(net::Method::kPost, "/v1/traces", Access::scoped(Scope::kIngest));
    telemetry.is_telemetry = true;
    EXPECT_EQ(admit(telemetry)->tenant, "default");
    EXPECT_EQ(admit(read_).error().code, Code::kUnauthorized);
    request_.headers.add("Origin", "https://evil.example");
    EXPECT_FALSE(admit(telemetry));
    request_.headers = {};
    request_.headers.add("Host", "127.0.0.1");
    request_.peer_is_loopback = false;
    EXPECT_FALSE(admit(telemetry));
}

TEST_F(GateTest, RefusesForeignHostNamesAndOrigins) {
    Route open = route(net::Method::kGet, "/x");
    for (auto [host, is_known] : {std::pair{"localhost:8700", true},
                                  {"[::1]:8700", true},
                                  {"10.0.0.4", true},
                                  {"night.example", true},
                                  {"evil.example", false},
                                  {"", false}}) {
        request_.headers.set("Host", host);
        EXPECT_EQ(admit(open).has_value(), is_known) << host;
    }
    request_.headers.set("Host", "localhost:8700");
    request_.headers.set("Origin", "http://localhost:8700");
    EXPECT_TRUE(admit(open));
    request_.headers.set("Origin", "http://evil.example");
    EXPECT_EQ(admit(open).error().code, Code::kForbidden);
}

TEST(Problem, SaysWhenToComeBackAndEscapesTheDetail) {
    net::Response response = problem(Code::kLimit, "queue \"full\"\n");
    EXPECT_EQ(response.status, 429);
    EXPECT_EQ(response.headers.get("Retry-After"), "1");
    EXPECT_THAT(response.body, HasSubstr(R"("detail":"queue \"full\"\n")"));
    EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
}

TEST(Prometheus, EscapesLabelValues) {
    PrometheusText text;
    text.begin("gauge", "up", "Whether.");
    text.labelled("up", {{"source", "a\"b\\c\n"}}, 1);
    EXPECT_EQ(text.take(),
              "# HELP nightshift_up Whether.\n# TYPE nightshift_up "
              "gauge\nnightshift_up{source=\"a\\\"b\\\\c\\n\"} 1\n");
}

}  // namespace
}  // namespace nightshift::api
