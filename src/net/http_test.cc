#include "net/http.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "net/client.h"
#include "net/outbox.h"
#include "net/problem.h"
#include "net/render.h"
#include "net/server.h"
#include "net/websocket_handshake.h"

namespace nightshift::net {
namespace {

// Packs with zlib; `window` chooses the wrapping: 31 gzip, 15 zlib, -15 raw.
std::string pack(std::string_view text, int window) {
    z_stream stream{};
    EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string out(deflateBound(&stream, text.size()) + 32, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

TEST(Headers, FindsNamesWithoutCaseAndReplaces) {
    Headers headers;
    headers.add("X-Two", "1");
    headers.add("x-two", "2");
    EXPECT_EQ(headers.get("X-TWO"), "1");
    EXPECT_FALSE(headers.find("x-one").has_value());
    headers.set("X-tWO", "3");
    ASSERT_EQ(headers.fields().size(), 1u);
    EXPECT_EQ(headers.get("x-two"), "3");
}

TEST(Request, DecodesQueryValues) {
    Request request;
    request.query = "a=1&b=x+y%26z&c&a=2&%64=d&broken=%zz";
    EXPECT_EQ(request.query_value("a"), "1");
    EXPECT_EQ(request.query_value("b"), "x y&z");
    EXPECT_EQ(request.query_value("c"), "");
    EXPECT_EQ(request.query_value("d"), "d");
    EXPECT_EQ(request.query_value("e"), std::nullopt);
    EXPECT_EQ(request.query_value("broken"), std::nullopt);
}

TEST(DecodeContent, UndoesEachEncoding) {
    std::string text;
    for (int i = 0; i < 10'000; ++i) text += std::to_string(i);
    const std::pair<std::string_view, std::string> cases[] = {
        {"gzip", pack(text, 31)},
        {"GZIP", pack(text, 31)},
        {"deflate", pack(text, 15)},
        {"deflate", pack(text, -15)},
        {"", text},
        {"identity", text},
    };
    for (const auto& [encoding, body] : cases) {
        auto decoded = decode_content(encoding, body, text.size());
        ASSERT_TRUE(decoded) << encoding << decoded.error().message;
        EXPECT_TRUE(*decoded == text) << encoding;
    }
}

TEST(DecodeContent, JoinsGzipMembers) {
    auto decoded = decode_content("gzip", pack("one", 31) + pack("two", 31), 100);
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(*decoded, "onetwo");
}

TEST(DecodeContent, StopsABombAtTheLimit) {
    std::string bomb = pack(std::string(50u << 20, '\0'), 31);
    EXPECT_LT(bomb.size(), 100u << 10);
    auto decoded = decode_content("gzip", bomb, 1u << 20);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, Code::kLimit);
    EXPECT_EQ(decode_content("gzip", pack("abcd", 31), 3).error().code, Code::kLimit);
    EXPECT_TRUE(decode_content("gzip", pack("abcd", 31), 4));
    EXPECT_EQ(decode_content("", "abcd", 3).error().code, Code::kLimit);
}

TEST(DecodeContent, RefusesDamageAndTheUnknown) {
    std::string whole = pack("some text that is packed", 31);
    for (size_t size = 0; size < whole.size(); ++size) {
        auto decoded = decode_content("gzip", whole.substr(0, size), 1000);
        ASSERT_FALSE(decoded) << size;
        EXPECT_EQ(decoded.error().code, Code::kInvalid);
    }
    EXPECT_EQ(decode_content("gzip", whole + "x", 1000).error().code, Code::kInvalid);
    EXPECT_EQ(decode_content("gzip", "no gzip at all", 1000).error().code, Code::kInvalid);
    EXPECT_EQ(decode_content("br", whole, 1000).error().code, Code::kInvalid);
}

TEST(ParseUrl, TakesItsParts) {
    auto url = parse_url("HTTP://Example.com:8080/a/b?c=d#fragment");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->scheme, "http");
    EXPECT_EQ(url->host, "example.com");
    EXPECT_EQ(url->port, 8080);
    EXPECT_EQ(url->target, "/a/b?c=d");
    EXPECT_EQ(parse_url("https://h")->port, 443);
    EXPECT_EQ(parse_url("https://h")->target, "/");
    EXPECT_EQ(parse_url("ws://h?x=1")->target, "/?x=1");
    EXPECT_EQ(parse_url("wss://[::1]:9/")->host, "::1");
    EXPECT_EQ(parse_url("wss://[::1]:9/")->port, 9);
}

TEST(ParseUrl, RefusesWhatIsNoUrl) {
    for (const char* text : {"", "example.com", "ftp://h/", "http://", "http://:80/", "http://h:0/",
                             "http://h:99999/", "http://h:x/", "http://h:/", "http://a b/",
                             "http://h/\r\nX: y", "http://user:pw@h/", "http://[::1/", "http://::1/"}) {
        auto url = parse_url(text);
        ASSERT_FALSE(url) << text;
        EXPECT_EQ(url.error().code, Code::kInvalid);
    }
}

TEST(ParseAddress, TakesHostAndPort) {
    EXPECT_EQ(parse_address("127.0.0.1:8700")->port, 8700);
    EXPECT_EQ(parse_address("[::1]:0")->host, "::1");
    EXPECT_EQ(parse_address("localhost:1")->host, "localhost");
    for (const char* text : {"", "8700", ":8700", "h", "h:", "h:65536", "h:-1", "h:1 "}) {
        EXPECT_FALSE(parse_address(text)) << text;
    }
}

TEST(Render, KeepsHeadersOnTheirLines) {
    Headers headers;
    headers.add("X-A", "one\r\nX-B: two");
    headers.add("content-length", "7");
    std::string out;
    ResponseHead head;
    head.headers = &headers;
    head.date = "D";
    head.body_bytes = 5;
    head.is_keep_alive = false;
    append_response_head(out, head);
    EXPECT_EQ(
        out,
        "HTTP/1.1 200 OK\r\nDate: D\r\nX-A: one  X-B: two\r\nContent-Length: 5\r\nConnection: close\r\n\r\n");
}

TEST(Render, WritesTheDateOfTheRfc) {
    DateText date;
    EXPECT_EQ(date.at(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(Problem, IsADocumentOfTheRfc) {
    Response full =
        render({.status = 503, .code = "limit", .detail = "a \"b\"\n", .members = R"("retry_ms":7)"});
    EXPECT_EQ(full.status, 503);
    EXPECT_EQ(full.headers.get("Content-Type"), "application/problem+json");
    EXPECT_EQ(full.body, R"({"type":"about:blank","title":"Service Unavailable","status":503,"code":"limit",)"
                         R"("detail":"a \"b\"\n","retry_ms":7})");
    Response plain = render({.status = 413, .code = {}, .detail = "too large", .members = {}});
    EXPECT_EQ(
        plain.body,
        R"({"type":"about:blank","title":"Content Too Large","status":413,"code":"limit","detail":"too large"})");
}

TEST(Outbox, SendsWrappedAndPlainPiecesInOrderFromAnyOffset) {
    auto letters = std::make_shared<const std::string>("abcdefghijklmnopqrstuvwxyz");
    auto digits = std::make_shared<const std::string>("0123456789");
    std::string expected = "1a\r\n" + *letters + "\r\n" + *digits + "a\r\n" + *digits + "\r\n";
    for (size_t step = 1; step <= expected.size(); ++step) {
        Outbox outbox;
        outbox.push(letters, Outbox::Wrap::kChunk);
        outbox.push(digits, Outbox::Wrap::kNone);
        outbox.push(digits, Outbox::Wrap::kChunk);
        ASSERT_EQ(outbox.bytes(), expected.size());
        std::string sent;
        while (!outbox.is_empty()) {
            std::array<iovec, 8> parts;
            size_t count = outbox.gather(parts);
            ASSERT_GT(count, 0u);
            std::string all;
            for (size_t i = 0; i < count; ++i)
                all.append(static_cast<char*>(parts[i].iov_base), parts[i].iov_len);
            size_t taken = std::min(step, all.size());
            sent += all.substr(0, taken);
            outbox.advance(taken);
        }
        ASSERT_EQ(sent, expected) << step;
    }
}

TEST(Outbox, StaysBoundedWhileItNeverRunsEmpty) {
    auto bytes = std::make_shared<const std::string>("0123456789");
    Outbox outbox;
    outbox.push(bytes, Outbox::Wrap::kNone);
    for (int i = 0; i < 1000; ++i) {
        outbox.push(bytes, Outbox::Wrap::kNone);
        outbox.advance(10);
    }
    EXPECT_EQ(outbox.bytes(), 10u);
    EXPECT_LT(bytes.use_count(), 5);
}

TEST(WebSocketHandshake, KnowsAnUpgrade) {
    Headers headers;
    EXPECT_EQ(upgrade_request(Method::kGet, headers), UpgradeRequest::kNone);
    headers.add("Connection", "keep-alive, upgrade");
    headers.add("Upgrade", "WebSocket");
    EXPECT_EQ(upgrade_request(Method::kGet, headers), UpgradeRequest::kInvalid);
    headers.add("Sec-WebSocket-Version", "13");
    headers.add("Sec-WebSocket-Key", make_websocket_key());
    EXPECT_EQ(upgrade_request(Method::kGet, headers), UpgradeRequest::kValid);
    EXPECT_EQ(upgrade_request(Method::kPost, headers), UpgradeRequest::kInvalid);
    headers.set("Sec-WebSocket-Version", "8");
    EXPECT_EQ(upgrade_request(Method::kGet, headers), UpgradeRequest::kInvalid);
}

}  // namespace
}  // namespace nightshift::net
