#include "gateway/caller.h"

#include <gtest/gtest.h>

namespace nightshift::gateway {
namespace {

Caller identify_with(std::vector<std::pair<std::string, std::string>> fields,
                     const RequestFacts& facts = {}) {
    net::Headers headers;
    for (const auto& [name, value] : fields) headers.add(name, value);
    return identify(headers, facts, "default", "the token", {{"molt", "research"}}, "req_new");
}

TEST(Caller, IsItsTokenWhenItSaysNothing) {
    const Caller caller = identify_with({});
    EXPECT_EQ(caller.tenant, "default");
    EXPECT_EQ(caller.agent, "the token");
    EXPECT_EQ(caller.team, "");
    EXPECT_EQ(caller.session, "");
    EXPECT_EQ(caller.request_id, "req_new");
}

TEST(Caller, IsWhomItsHeadersName) {
    const Caller caller =
        identify_with({{"X-Nightshift-Agent", "molt"},
                       {"X-Nightshift-Session", "s1"},
                       {"X-Request-Id", "mine-1"},
                       {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}});
    EXPECT_EQ(caller.agent, "molt");
    EXPECT_EQ(caller.team, "research");
    EXPECT_EQ(caller.session, "s1");
    EXPECT_EQ(caller.request_id, "mine-1");
    EXPECT_EQ(caller.trace, "0af7651916cd43dd8448eb211c80319c");
    EXPECT_EQ(caller.parent_span, "b7ad6b7169203331");
}

TEST(Caller, TakesTheSessionFromTheBodyWhenNoHeaderNamesIt) {
    RequestFacts facts;
    facts.session = "of the body";
    EXPECT_EQ(identify_with({}, facts).session, "of the body");
    EXPECT_EQ(identify_with({{"x-nightshift-session", "of the header"}}, facts).session, "of the header");
}

TEST(Caller, IsNotTakenInByOddHeaders) {
    const Caller caller =
        identify_with({{"x-request-id", std::string(500, 'a')},
                       {"x-nightshift-agent", std::string(500, 'b')},
                       {"traceparent", "00-00000000000000000000000000000000-b7ad6b7169203331-01"}});
    EXPECT_EQ(caller.request_id, "req_new");
    EXPECT_EQ(caller.agent.size(), kNameBytesMax);
    EXPECT_EQ(caller.trace, "");
    EXPECT_EQ(identify_with({{"x-request-id", "two words"}}).request_id, "req_new");
}

}  // namespace
}  // namespace nightshift::gateway
