#include "net/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "net/client.h"
#include "net/server_for_test.h"
#include "net/stream.h"

namespace nightshift::net {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kGet = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";

// Says what it was asked.
Task<Response> describe(Request request) {
    std::string text =
        fmt::format("{} {} [{}] {}", to_string(request.method), request.path, request.query, request.body);
    co_return Response::text(200, std::move(text));
}

class ServerTest : public testing::Test {
protected:
    ServerTest() { handler_.answer = describe; }
    FunctionHandler handler_;
};

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
    ServerForTest server(handler_);
    RawPeer peer(server.port());
    for (size_t i = 1; i <= 3; ++i) {
        peer.send(kGet);
        std::string answers = peer.read_until("GET /hello [] ", i);
        EXPECT_THAT(answers, StartsWith("HTTP/1.1 200 OK\r\n"));
    }
    ServerStats stats = server.server().stats();
    EXPECT_EQ(stats.connections, 1u);
    EXPECT_EQ(stats.requests_total, 3u);
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
    ServerForTest server(handler_);
    RawPeer peer(server.port());
    std::string requests;
    for (int i = 0; i < 50; ++i) {
        requests += fmt::format("POST /{} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", i);
    }
    peer.send(requests);
    std::string answers = peer.read_until("] abc", 50);
    size_t at = 0;
    for (int i = 0; i < 50; ++i) {
        at = answers.find(fmt::format("POST /{} [] abc", i), at);
        ASSERT_NE(at, std::string::npos) << i;
    }
}

TEST_F(ServerTest, TakesARequestByteByByte) {
    ServerForTest server(handler_);
    RawPeer peer(server.port());
    std::string request =
        "POST /a%20b?q=1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
        "chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: v\r\n\r\n";
    for (char c : request) peer.send(std::string_view(&c, 1));
    EXPECT_THAT(peer.read_until("abcde"), EndsWith("POST /a b [q=1] abcde"));
}

TEST_F(ServerTest, ClosesAfterAnAnswerToHttp10) {
    ServerForTest server(handler_);
    RawPeer peer(server.port());
    peer.send("GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_THAT(peer.read_to_end(), HasSubstr("Connection: close\r\n"));
    EXPECT_TRUE(peer.is_at_end());
}

TEST_F(ServerTest, SendsNoBodyToHead) {
    ServerForTest server(handler_);
    RawPeer peer(server.port());
    peer.send("HEAD /x HTTP/1.1\r\nHost: x\r\n\r\nGET /y HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    std::string answers = peer.read_to_end();
    EXPECT_THAT(answers, HasSubstr("Content-Length: 11\r\n"));
    EXPECT_THAT(answers, Not(HasSubstr("HEAD /x")));
    EXPECT_THAT(answers, EndsWith("GET /y [] "));
}

TEST_F(ServerTest, AsksForTheBodyOfAClientThatExpects100) {
    ServerForTest server(handler_);
    RawPeer peer(server.port());
    peer.send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(peer.take(25), "HTTP/1.1 100 Continue\r\n\r\n");
    peer.send("body");
    EXPECT_THAT(peer.read_until("body"), EndsWith("POST /x [] body"));
}

TEST_F(ServerTest, RefusesATooLargeBodyBeforeReadingIt) {
    handler_.limit = [](const RequestHead& head) { return head.path == "/big" ? 10u : 1u; };
    ServerForTest server(handler_);
    RawPeer peer(server.port());
    peer.send("POST /big HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_THAT(peer.read_until("}"), StartsWith("HTTP/1.1 413 "));
    peer.send("01234567890");
    peer.shutdown_send();
    peer.read_to_end();
    EXPECT_TRUE(peer.is_at_end());
}

TEST_F(ServerTest, RefusesAChunkedBodyThatGrowsTooLarge) {
    handler_.limit = [](const RequestHead&) { return 10u; };
    ServerForTest server(handler_);
    RawPeer peer(server.port());
    peer.send(
        "POST /big HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n01234567\r\n3\r\nabc\r\n");
    EXPECT_THAT(peer.read_until("}"), StartsWith("HTTP/1.1 413 "));
}

TEST_F(ServerTest, RefusesATooLargeHead) {
    ServerOptions options;
    options.head_bytes_max = 1000;
    ServerForTest server(handler_, options);
    {
        RawPeer peer(server.port());
        peer.send("GET /" + std::string(2000, 'a'));
        EXPECT_THAT(peer.read_until("}"), StartsWith("HTTP/1.1 431 "));
    }
    RawPeer peer(server.port());
    peer.send("GET / HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; i < 100; ++i) peer.send(fmt::format("X-{}: {}\r\n", i, std::string(20, 'v')));
    EXPECT_THAT(peer.read_until("}"), StartsWith("HTTP/1.1 431 "));
}

TEST_F(ServerTest, RefusesMalformedRequests) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"garbage\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400"},
        {"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", "400"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "501"},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzzzz\r\n", "400"},
    };
    ServerForTest server(handler_);
    for (const auto& [request, status] : cases) {
        RawPeer peer(server.port());
        peer.send(request);
        EXPECT_THAT(peer.read_until("}"), StartsWith(fmt::format("HTTP/1.1 {} ", status))) << request;
    }
    EXPECT_EQ(server.server().stats().bad_requests_total, std::size(cases));
}

Task<Response> throw_or_describe(Request request) {
    if (request.path == "/throw") throw std::runtime_error("expected by the test");
    Response response = co_await describe(std::move(request));
    co_return response;
}

TEST_F(ServerTest, AnswersAHandlersExceptionWith500AndLives) {
    handler_.answer = throw_or_describe;
    ServerForTest server(handler_);
    RawPeer peer(server.port());
    peer.send("GET /throw HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(peer.read_to_end(), StartsWith("HTTP/1.1 500 "));
    RawPeer next(server.port());
    next.send(kGet);
    EXPECT_THAT(next.read_until("/hello"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, ClosesIdleAndSlowConnections) {
    ServerOptions options;
    options.idle_timeout = std::chrono::seconds(1);
    options.request_timeout = std::chrono::seconds(1);
    ServerForTest server(handler_, options);
    RawPeer idle(server.port());
    RawPeer slow(server.port());
    slow.send("GET / HTTP/1.1\r\nHo");
    EXPECT_EQ(idle.read_to_end(), "");
    EXPECT_THAT(slow.read_to_end(), StartsWith("HTTP/1.1 408 "));
    EXPECT_TRUE(idle.is_at_end());
}

TEST_F(ServerTest, RefusesConnectionsBeyondTheLimit) {
    ServerOptions options;
    options.connections_max = 1;
    ServerForTest server(handler_, options);
    RawPeer first(server.port());
    first.send(kGet);
    first.read_until("/hello");
    RawPeer second(server.port());
    EXPECT_EQ(second.read_to_end(), "");
    EXPECT_TRUE(second.is_at_end());
    EXPECT_EQ(server.server().stats().connections_refused, 1u);
}

Task<Response> answer_large(Request request) {
    static const auto kShared = std::make_shared<const std::string>(std::string(5'000'000, 's') + "end");
    Response response = Response::text(200, "");
    if (request.path == "/shared") {
        response.shared_body = kShared;
    } else {
        response.body = std::string(5'000'000, 'o') + "end";
    }
    co_return response;
}

TEST_F(ServerTest, TakesACrowdThatCameWhileTheLoopWasBusy) {
    ServerForTest server(handler_);
    std::promise<void> all_connected;
    std::shared_future<void> connected = all_connected.get_future().share();
    server.loop().post([connected] { connected.wait(); });
    std::vector<std::unique_ptr<RawPeer>> peers;
    for (int i = 0; i < 300; ++i) peers.push_back(std::make_unique<RawPeer>(server.port()));
    all_connected.set_value();
    for (auto& peer : peers) {
        peer->send(kGet);
        EXPECT_NE(peer->read_until("\r\n\r\n").find("HTTP/1.1 200"), std::string::npos);
    }
    EXPECT_EQ(server.server().stats().connections, 300u);
}

TEST_F(ServerTest, SendsLargeBodiesWhole) {
    handler_.answer = answer_large;
    ServerForTest server(handler_);
    for (const char* path : {"/shared", "/own"}) {
        ClientRequest request;
        request.url = server.url(path);
        auto response = fetch_blocking(request);
        ASSERT_TRUE(response) << response.error().message;
        EXPECT_EQ(response->body.size(), 5'000'003u);
        EXPECT_THAT(response->body.substr(4'999'990), EndsWith("end"));
    }
}

Task<Response> echo(Request request) {
    Response response = Response::text(200, "");
    response.headers.set("X-Size", std::to_string(request.body.size()));
    response.body = std::move(request.body);
    co_return response;
}

TEST_F(ServerTest, TakesLargeBodies) {
    handler_.answer = echo;
    handler_.limit = [](const RequestHead&) { return 64u << 20; };
    ServerForTest server(handler_, {}, 2);
    ClientRequest request;
    request.url = server.url("/");
    request.method = Method::kPost;
    request.body.resize(40u << 20);
    for (size_t i = 0; i < request.body.size(); ++i)
        request.body[i] = static_cast<char>(i * 2654435761u >> 13);
    auto response = fetch_blocking(request);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_TRUE(response->body == request.body);
}

Task<> send_numbers(ByteStream& stream) {
    for (int i = 0; i < 1000; ++i) {
        auto bytes = std::make_shared<const std::string>(fmt::format("{};", i));
        while (!stream.offer(bytes, 64)) {
            Result<void> drained = co_await stream.drained();
            if (!drained) co_return;
        }
    }
}

Task<Response> answer_stream(Request) {
    Response response = Response::text(200, "");
    response.stream = send_numbers;
    co_return response;
}

TEST_F(ServerTest, StreamsInChunks) {
    handler_.answer = answer_stream;
    ServerForTest server(handler_);
    ClientRequest request;
    request.url = server.url("/");
    auto response = fetch_blocking(request);
    ASSERT_TRUE(response) << response.error().message;
    std::string expected;
    for (int i = 0; i < 1000; ++i) expected += fmt::format("{};", i);
    EXPECT_EQ(response->body, expected);

    RawPeer old(server.port());
    old.send("GET / HTTP/1.0\r\n\r\n");
    std::string answer = old.read_to_end();
    EXPECT_THAT(answer, EndsWith("\r\n\r\n" + expected));
    EXPECT_THAT(answer, Not(HasSubstr("chunked")));
}

struct SlowReaderRun {
    std::atomic<size_t> accepted = 0;
    std::atomic<bool> is_refused = false;
    std::atomic<size_t> queued_max = 0;
    std::atomic<bool> saw_close = false;
};

Task<> fill(ByteStream& stream, SlowReaderRun& run) {
    constexpr size_t kBound = 256 << 10;
    auto bytes = std::make_shared<const std::string>(std::string(16 << 10, 'x'));
    while (stream.offer(bytes, kBound)) ++run.accepted;
    run.queued_max = stream.queued_bytes();
    run.is_refused = stream.is_open();
    co_await stream.closed();
    run.saw_close = !stream.is_open();
}

TEST_F(ServerTest, RefusesToQueueMoreThanTheBoundForASlowReader) {
    SlowReaderRun run;
    handler_.answer = [&run](Request) -> Task<Response> {
        Response response = Response::text(200, "");
        response.stream = [&run](ByteStream& stream) { return fill(stream, run); };
        co_return response;
    };
    ServerForTest server(handler_);
    {
        RawPeer peer(server.port(), 4096);
        peer.send(kGet);
        while (!run.is_refused) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        EXPECT_GT(run.queued_max, 200u << 10);
        EXPECT_LE(run.queued_max, 256u << 10);
    }
    while (server.server().stats().connections > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_TRUE(run.saw_close);
}

TEST_F(ServerTest, TellsWhichListenerAndPeer) {
    handler_.answer = [](Request request) -> Task<Response> {
        std::string text = fmt::format("{} {} {};", request.listener, request.peer, request.peer_is_loopback);
        co_return Response::text(200, std::move(text));
    };
    ServerOptions options;
    options.listen = {Address{"127.0.0.1", 0}, Address{"localhost", 0}};
    ServerForTest server(handler_, options, 2);
    ASSERT_EQ(server.server().ports().size(), 2u);
    RawPeer peer(server.server().ports()[1]);
    peer.send(kGet);
    EXPECT_THAT(peer.read_until(";"), EndsWith("1 127.0.0.1 true;"));
}

TEST_F(ServerTest, RefusesAPortThatIsTaken) {
    ServerForTest server(handler_);
    io::Loop loop("other");
    ServerOptions options;
    options.listen = {Address{"127.0.0.1", server.port()}};
    auto second = Server::start({&loop}, options, handler_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Code::kIo);
    EXPECT_THAT(second.error().message, HasSubstr(std::to_string(server.port())));
}

Task<Response> sleep_then_answer(Request request) {
    auto time = request.path == "/long" ? std::chrono::milliseconds(60'000) : std::chrono::milliseconds(20);
    co_await io::sleep_for(time);
    co_return Response::text(200, "done");
}

TEST_F(ServerTest, StopLetsOpenRequestsFinishAndClosesTheRest) {
    handler_.answer = sleep_then_answer;
    ServerForTest server(handler_, {}, 2);
    RawPeer idle(server.port());
    RawPeer brief(server.port());
    RawPeer endless(server.port());
    brief.send("GET /short HTTP/1.1\r\nHost: x\r\n\r\n");
    endless.send("GET /long HTTP/1.1\r\nHost: x\r\n\r\n");
    while (server.server().stats().requests_total < 2)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    server.server().stop(std::chrono::milliseconds(1000));
    EXPECT_EQ(server.server().stats().connections, 0u);
    EXPECT_THAT(brief.read_to_end(), EndsWith("done"));
    EXPECT_EQ(endless.read_to_end(), "");
    EXPECT_EQ(idle.read_to_end(), "");
}

}  // namespace
}  // namespace nightshift::net
