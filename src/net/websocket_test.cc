#include "net/websocket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "io/blocking.h"
#include "io/task_group.h"
#include "net/server_for_test.h"
#include "net/websocket_codec.h"

namespace nightshift::net {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

Task<> echo(WebSocket& socket) {
    while (true) {
        Result<WebSocket::Message> message = co_await socket.receive();
        if (!message) co_return;
        Result<void> sent = co_await socket.send_text(message->data);
        if (!sent) co_return;
    }
}

Task<Response> answer_echo(Request request) {
    Response response;
    if (request.path == "/forbidden") co_return Response::text(403, "no");
    if (request.path == "/unauthorized") co_return Response::text(401, "who");
    response.websocket = echo;
    co_return response;
}

class WebSocketTest : public testing::Test {
protected:
    WebSocketTest() { handler_.answer = answer_echo; }

    // Runs a client's coroutine against the server.
    void with_client(const ServerForTest& server, std::function<Task<>(WebSocket&)> talk) {
        io::Loop loop("client");
        io::run_blocking(loop, [&] { return connect_and(server.url("/ws", "ws"), talk); });
    }

    static Task<> connect_and(std::string url, std::function<Task<>(WebSocket&)> talk) {
        auto socket = co_await connect_websocket(std::move(url), WebSocketOptions{});
        EXPECT_TRUE(socket) << (socket ? "" : socket.error().message);
        if (socket) co_await talk(**socket);
    }

    FunctionHandler handler_;
};

std::string masked(Opcode opcode, std::string_view payload) {
    return encode_frame(opcode, payload, 0xa1b2c3d4);
}
std::string plain(Opcode opcode, std::string_view payload) {
    return encode_frame(opcode, payload, std::nullopt);
}

// The head of the 101 answer, read off the peer.
std::string take_head(RawPeer& peer) {
    std::string head;
    while (!head.ends_with("\r\n\r\n")) {
        std::string next = peer.take(1);
        if (next.empty()) break;
        head += next;
    }
    return head;
}

Task<> exchange_many(WebSocket& socket) {
    for (size_t size : {0u, 1u, 125u, 126u, 65536u, 1000000u}) {
        std::string text(size, 'x');
        Result<void> sent = co_await socket.send_text(text);
        EXPECT_TRUE(sent);
        Result<WebSocket::Message> answer = co_await socket.receive();
        EXPECT_TRUE(answer);
        if (!answer) co_return;
        EXPECT_TRUE(answer->data == text) << size;
        EXPECT_TRUE(answer->is_text);
    }
    co_await socket.close(4001, "enough");
    EXPECT_EQ(socket.close_code(), 4001);
    EXPECT_FALSE(socket.is_open());
}

TEST_F(WebSocketTest, EchoesMessagesOfAllSizesAndCloses) {
    ServerForTest server(handler_);
    with_client(server, exchange_many);
}

TEST_F(WebSocketTest, AnswersTheHandshakeOfTheRfc) {
    ServerForTest server(handler_);
    RawPeer peer(server.port());
    peer.send(kUpgrade);
    std::string head = take_head(peer);
    EXPECT_THAT(head, StartsWith("HTTP/1.1 101 "));
    EXPECT_THAT(head, HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    EXPECT_THAT(head, Not(HasSubstr("Content-Length")));
}

TEST_F(WebSocketTest, TakesFramesSentTogetherWithTheHandshake) {
    ServerForTest server(handler_);
    RawPeer peer(server.port());
    peer.send(std::string(kUpgrade) + masked(Opcode::kText, "one") + masked(Opcode::kText, "two"));
    take_head(peer);
    EXPECT_EQ(peer.take(10), plain(Opcode::kText, "one") + plain(Opcode::kText, "two"));
}

TEST_F(WebSocketTest, TakesManyMessagesOfOneRead) {
    ServerForTest server(handler_);
    RawPeer peer(server.port());
    std::string sent;
    std::string expected;
    for (int i = 0; i < 2000; ++i) {
        sent += masked(Opcode::kText, std::to_string(i));
        expected += plain(Opcode::kText, std::to_string(i));
    }
    peer.send(std::string(kUpgrade) + sent);
    take_head(peer);
    EXPECT_EQ(peer.take(expected.size()), expected);
}

TEST_F(WebSocketTest, JoinsFragmentsAndAnswersPingsBetweenThem) {
    ServerForTest server(handler_);
    RawPeer peer(server.port());
    peer.send(kUpgrade);
    take_head(peer);
    std::string first = masked(Opcode::kText, "ab");
    first[0] = 0x01;
    std::string last = masked(Opcode::kContinuation, "cd");
    peer.send(first + masked(Opcode::kPing, "hi") + last);
    EXPECT_EQ(peer.take(10), plain(Opcode::kPong, "hi") + plain(Opcode::kText, "abcd"));
}

TEST_F(WebSocketTest, ClosesOnAnInvalidFrameWithItsCode) {
    ServerForTest server(handler_);
    const std::pair<std::string, uint16_t> cases[] = {
        {plain(Opcode::kText, "unmasked"), 1002},
        {masked(Opcode::kText, "\xff\xfe"), 1007},
        {std::string("\x82\xff\x00\x00\x00\x00\x7f\xff\xff\xff", 10) + "mask", 1009},
    };
    for (const auto& [frame, code] : cases) {
        RawPeer peer(server.port());
        peer.send(kUpgrade);
        take_head(peer);
        peer.send(frame);
        std::string close = peer.take(4);
        ASSERT_EQ(close.size(), 4u);
        EXPECT_EQ(close[0], '\x88');
        EXPECT_EQ(static_cast<unsigned char>(close[2]) << 8 | static_cast<unsigned char>(close[3]), code);
        peer.read_to_end();
        EXPECT_TRUE(peer.is_at_end());
    }
}

TEST_F(WebSocketTest, EchoesTheCloseFrame) {
    ServerForTest server(handler_);
    RawPeer peer(server.port());
    peer.send(kUpgrade);
    take_head(peer);
    peer.send(masked(Opcode::kClose, encode_close(1001, "bye")));
    EXPECT_EQ(peer.read_to_end(), plain(Opcode::kClose, encode_close(1001, "")));
    EXPECT_TRUE(peer.is_at_end());
}

TEST_F(WebSocketTest, RefusesAPlainRequestWith426) {
    ServerForTest server(handler_);
    RawPeer peer(server.port());
    peer.send("GET /ws HTTP/1.1\r\nHost: x\r\n\r\n");
    std::string answer = peer.read_to_end();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 426 "));
    EXPECT_THAT(answer, HasSubstr("Sec-WebSocket-Version: 13\r\n"));
}

Task<> expect_refusal(std::string url, Code code) {
    auto socket = co_await connect_websocket(url, WebSocketOptions{});
    EXPECT_FALSE(socket);
    if (!socket) EXPECT_EQ(socket.error().code, code) << socket.error().message;
}

TEST_F(WebSocketTest, ClientTellsWhyItWasRefused) {
    ServerForTest server(handler_);
    io::Loop loop("client");
    io::run_blocking(loop, [&] { return expect_refusal(server.url("/forbidden", "ws"), Code::kForbidden); });
    io::run_blocking(loop,
                     [&] { return expect_refusal(server.url("/unauthorized", "ws"), Code::kUnauthorized); });
    io::run_blocking(loop, [] { return expect_refusal("ws://127.0.0.1:1/", Code::kUnavailable); });
    io::run_blocking(loop, [] { return expect_refusal("http://127.0.0.1:1/", Code::kInvalid); });
}

TEST_F(WebSocketTest, ClientSendsNoOriginAndTheHeadersItWasGiven) {
    std::string seen;
    handler_.answer = [&seen](Request request) -> Task<Response> {
        for (const auto& [name, value] : request.headers.fields()) seen += name + ": " + value + "\n";
        co_return Response::text(403, "");
    };
    ServerForTest server(handler_);
    io::Loop loop("client");
    io::run_blocking(loop, [&]() -> Task<> {
        WebSocketOptions options;
        options.headers.add("Authorization", "Bearer x\r\nInjected: y");
        auto socket = co_await connect_websocket(server.url("/ws", "ws"), options);
        EXPECT_FALSE(socket);
    });
    EXPECT_THAT(seen, Not(HasSubstr("Origin")));
    EXPECT_THAT(seen, Not(HasSubstr("\nInjected")));
    EXPECT_THAT(seen, HasSubstr("Authorization: Bearer x"));
}

Task<> offer_to(WebSocket& socket) {
    auto frame = encode_text_frame("shared");
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(socket.offer(frame, 1000));
    co_await socket.closed();  // answers pings meanwhile
}

Task<> expect_offers(WebSocket& socket) {
    for (int i = 0; i < 3; ++i) {
        Result<WebSocket::Message> message = co_await socket.receive();
        EXPECT_TRUE(message);
        if (message) EXPECT_EQ(message->data, "shared");
    }
    EXPECT_FALSE(socket.offer(encode_text_frame("unmasked"), 1000));
    Result<void> pinged = co_await socket.send_ping();
    EXPECT_TRUE(pinged);
}

TEST_F(WebSocketTest, OffersFramesEncodedOnceToManyClients) {
    handler_.answer = [](Request) -> Task<Response> {
        Response response;
        response.websocket = offer_to;
        co_return response;
    };
    ServerForTest server(handler_);
    with_client(server, expect_offers);
    with_client(server, expect_offers);
    while (server.server().stats().connections > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST_F(WebSocketTest, AnswersPingsWhileOnlyAWriterIsActive) {
    handler_.answer = [](Request) -> Task<Response> {
        Response response;
        response.websocket = offer_to;
        co_return response;
    };
    ServerForTest server(handler_);
    RawPeer peer(server.port());
    peer.send(kUpgrade);
    take_head(peer);
    peer.take(3 * 8);
    peer.send(masked(Opcode::kPing, "hi"));
    EXPECT_EQ(peer.take(4), plain(Opcode::kPong, "hi"));
}

struct Ending {
    std::atomic<int> code = 0;
    std::atomic<bool> is_unavailable = false;
};

Task<> record_end(WebSocket& socket, Ending& ending) {
    Result<WebSocket::Message> message = co_await socket.receive();
    ending.is_unavailable = !message && message.error().code == Code::kUnavailable;
    ending.code = socket.close_code();
}

TEST_F(WebSocketTest, Tells1006WhenThePeerGoesWithoutAClose) {
    Ending ending;
    handler_.answer = [&ending](Request) -> Task<Response> {
        Response response;
        response.websocket = [&ending](WebSocket& socket) { return record_end(socket, ending); };
        co_return response;
    };
    ServerForTest server(handler_);
    {
        RawPeer peer(server.port());
        peer.send(kUpgrade);
        take_head(peer);
    }
    while (ending.code == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_EQ(ending.code, 1006);
    EXPECT_TRUE(ending.is_unavailable);
}

TEST_F(WebSocketTest, ServerStopEndsOpenWebSockets) {
    ServerForTest server(handler_);
    RawPeer peer(server.port());
    peer.send(kUpgrade);
    take_head(peer);
    server.server().stop(std::chrono::milliseconds(1));
    peer.read_to_end();
    EXPECT_TRUE(peer.is_at_end());
}

Task<> close_while_receiving(WebSocket& socket, io::Loop& loop) {
    io::TaskGroup group(loop, "receiver");
    Code seen = Code::kInternal;
    group.spawn([&]() -> Task<> {
        Result<WebSocket::Message> message = co_await socket.receive();
        if (!message) seen = message.error().code;
    });
    co_await io::sleep_for(std::chrono::milliseconds(1));
    co_await socket.close(1000, "done");
    co_await group.stop();
    EXPECT_EQ(seen, Code::kUnavailable);
    EXPECT_EQ(socket.close_code(), 1000);
}

TEST_F(WebSocketTest, CloseEndsAReceiveOfAnotherTask) {
    ServerForTest server(handler_);
    io::Loop loop("client");
    io::run_blocking(loop, [&] {
        return connect_and(server.url("/ws", "ws"),
                           [&loop](WebSocket& socket) { return close_while_receiving(socket, loop); });
    });
}

}  // namespace
}  // namespace nightshift::net
