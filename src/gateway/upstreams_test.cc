#include "gateway/upstreams.h"

#include <gtest/gtest.h>

#include "gateway/upstream_head.h"

namespace nightshift::gateway {
namespace {

// "host:port" of the proxy on the way, "" when there is none.
std::string proxy_of(std::string_view url, const ProxyEnvironment& environment) {
    auto found = proxy_for(*net::parse_url(url), environment);
    if (!found) return "error";
    return *found ? fmt::format("{}:{}", (*found)->host, (*found)->port) : "";
}

TEST(ProxyFor, FollowsTheScheme) {
    const ProxyEnvironment environment{.https = "http://secure:3128", .http = "plain:8080", .none = ""};
    EXPECT_EQ(proxy_of("https://api.groq.com/v1", environment), "secure:3128");
    EXPECT_EQ(proxy_of("http://models.lan/v1", environment), "plain:8080");
    EXPECT_EQ(proxy_of("https://api.groq.com/v1", {}), "");
}

TEST(ProxyFor, LeavesOutLoopbackAndWhatNoProxyLists) {
    const ProxyEnvironment environment{
        .https = "http://p:1", .http = "http://p:1", .none = "example.com, .lan,10.0.0.7"};
    for (const char* direct : {"http://127.0.0.1:11434", "http://localhost:1", "https://example.com",
                               "https://api.example.com", "https://gpu.lan", "http://10.0.0.7"})
        EXPECT_EQ(proxy_of(direct, environment), "") << direct;
    for (const char* proxied : {"https://notexample.com", "https://example.com.evil", "http://10.0.0.70"})
        EXPECT_EQ(proxy_of(proxied, environment), "p:1") << proxied;
    EXPECT_EQ(proxy_of("https://api.groq.com", {.https = "http://p:1", .http = "", .none = "*"}), "");
}

TEST(ProxyFor, RefusesWhatIsNoHttpProxy) {
    EXPECT_EQ(proxy_of("https://api.groq.com", {.https = "socks5://p:1", .http = "", .none = ""}), "error");
}

std::string head_of(std::string_view url, ProviderKind kind, const Secret* key, const net::Headers& client,
                    const std::optional<net::Url>& proxy = std::nullopt) {
    Origin origin{*net::parse_url(url), proxy};
    if (origin.url.target.ends_with('/')) origin.url.target.pop_back();
    const Dialect dialect = kind == ProviderKind::kAnthropic ? Dialect::kMessages : Dialect::kChat;
    return render_upstream_head({origin, kind, dialect, key, false, 12, client});
}

TEST(UpstreamHead, CarriesOurKeyAndNoneOfTheClients) {
    const Secret key("our-key");
    net::Headers client;
    client.add("Authorization", "Bearer client-token");
    client.add("x-api-key", "client-token");
    client.add("Cookie", "nightshift_token=client-token");
    client.add("OpenAI-Beta", "assistants=v2");
    const std::string head = head_of("https://api.groq.com/openai/v1", ProviderKind::kGroq, &key, client);
    EXPECT_TRUE(head.starts_with("POST /openai/v1/chat/completions HTTP/1.1\r\nHost: api.groq.com\r\n"))
        << head;
    EXPECT_NE(head.find("Authorization: Bearer our-key\r\n"), std::string::npos);
    EXPECT_EQ(head.find("client-token"), std::string::npos) << head;
    EXPECT_NE(head.find("openai-beta: assistants=v2\r\n"), std::string::npos);
    EXPECT_TRUE(head.ends_with("Content-Length: 12\r\n\r\n"));
}

TEST(UpstreamHead, SendsAnthropicsVersionUnlessTheClientChoseOne) {
    const Secret key("our-key");
    net::Headers client;
    std::string head = head_of("https://api.anthropic.com", ProviderKind::kAnthropic, &key, client);
    EXPECT_NE(head.find("x-api-key: our-key\r\n"), std::string::npos) << head;
    EXPECT_NE(head.find("anthropic-version: 2023-06-01\r\n"), std::string::npos);
    client.add("anthropic-version", "2099-01-01");
    head = head_of("https://api.anthropic.com", ProviderKind::kAnthropic, &key, client);
    EXPECT_EQ(head.find("2023-06-01"), std::string::npos);
    EXPECT_NE(head.find("anthropic-version: 2099-01-01\r\n"), std::string::npos);
}

TEST(UpstreamHead, NamesTheWholeUrlToAPlainProxy) {
    const std::string head = head_of("http://models.lan:8000/v1", ProviderKind::kOpenAi, nullptr, {},
                                     net::parse_url("http://proxy:3128").value());
    EXPECT_TRUE(head.starts_with(
        "POST http://models.lan:8000/v1/chat/completions HTTP/1.1\r\nHost: models.lan:8000\r\n"))
        << head;
    EXPECT_EQ(head.find("Authorization"), std::string::npos);
}

}  // namespace
}  // namespace nightshift::gateway
