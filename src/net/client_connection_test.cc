#include "net/client_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/blocking.h"
#include "io/completion.h"
#include "net/dial.h"
#include "net/server_for_test.h"

#include <boost/asio/this_coro.hpp>

namespace nightshift::net {
namespace {

using testing::HasSubstr;

SharedBytes get(std::string_view target, std::string_view more = "") {
    return std::make_shared<const std::string>(
        fmt::format("GET {} HTTP/1.1\r\nHost: here\r\n{}\r\n", target, more));
}

Task<std::unique_ptr<ClientConnection>> connect(std::string url) {
    auto executor = co_await boost::asio::this_coro::executor;
    Deadline deadline(executor, std::chrono::seconds(10));
    Url parsed = *parse_url(url);
    Result<std::shared_ptr<Transport>> transport = co_await dial(parsed, deadline);
    NS_ASSERT(transport.has_value());
    co_return std::make_unique<ClientConnection>(std::move(*transport));
}

Task<Result<std::string>> whole_body(ClientConnection& connection) {
    std::string body;
    while (true) {
        Result<std::string_view> piece = co_await connection.read_body();
        if (!piece) co_return Failure(piece.error());
        if (piece->empty()) co_return body;
        body += *piece;
    }
}

// One answer after the other, as a test wants them.
struct Peer {
    Peer() {
        handler.answer = [this](Request request) { return answer_to(std::move(request)); };
    }
    Task<Response> answer_to(Request request) {
        if (request.path == "/stream") {
            Response response = Response::empty(200);
            response.stream_keeps_connection = keeps;
            response.stream = [this](ByteStream& out) { return stream(out); };
            co_return response;
        }
        co_return Response::text(200, "answer to " + request.path);
    }
    Task<> stream(ByteStream& out) {
        for (int i = 0; i < 3; ++i) {
            out.offer(std::make_shared<const std::string>(fmt::format("piece {} ", i)), SIZE_MAX);
            Result<void> drained = co_await out.drained();
            if (!drained) co_return;
        }
        if (aborts) out.abort();
    }

    FunctionHandler handler;
    ServerForTest server{handler};
    bool keeps = true;
    bool aborts = false;
};

Task<> two_requests(Peer& peer, bool& is_done) {
    auto connection = co_await connect(peer.server.url("/"));
    for (const char* path : {"/one", "/two"}) {
        EXPECT_TRUE(connection->is_quiet());
        EXPECT_TRUE(connection->send(get(path)));
        Result<void> head = co_await connection->read_head();
        EXPECT_TRUE(head);
        EXPECT_EQ(connection->status(), 200);
        Result<std::string> body = co_await whole_body(*connection);
        EXPECT_EQ(body.value_or("failed"), std::string("answer to ") + path);
        EXPECT_TRUE(connection->is_reusable());
    }
    is_done = true;
}

TEST(ClientConnection, ServesOneRequestAfterTheOther) {
    Peer peer;
    io::Loop loop("client");
    bool is_done = false;
    io::run_blocking(loop, [&] { return two_requests(peer, is_done); });
    EXPECT_TRUE(is_done);
    EXPECT_EQ(peer.server.server().stats().connections_total, 1u);
}

Task<> stream_then_request(Peer& peer, bool& is_done) {
    auto connection = co_await connect(peer.server.url("/"));
    connection->send(get("/stream"));
    Result<void> head = co_await connection->read_head();
    EXPECT_TRUE(head);
    Result<std::string> body = co_await whole_body(*connection);
    EXPECT_EQ(body.value_or("failed"), "piece 0 piece 1 piece 2 ");
    EXPECT_TRUE(connection->is_reusable());
    connection->send(get("/after"));
    Result<void> again = co_await connection->read_head();
    EXPECT_TRUE(again);
    is_done = true;
}

TEST(ClientConnection, GoesOnAfterAStreamThatKeepsTheConnection) {
    Peer peer;
    io::Loop loop("client");
    bool is_done = false;
    io::run_blocking(loop, [&] { return stream_then_request(peer, is_done); });
    EXPECT_TRUE(is_done);
}

Task<> cut_stream(Peer& peer, Result<std::string>& body, bool& is_reusable) {
    auto connection = co_await connect(peer.server.url("/"));
    connection->send(get("/stream"));
    Result<void> head = co_await connection->read_head();
    EXPECT_TRUE(head);
    body = co_await whole_body(*connection);
    is_reusable = connection->is_reusable();
}

TEST(ClientConnection, SeesThatAStreamWasCut) {
    Peer peer;
    peer.aborts = true;
    io::Loop loop("client");
    Result<std::string> body;
    bool is_reusable = true;
    io::run_blocking(loop, [&] { return cut_stream(peer, body, is_reusable); });
    ASSERT_FALSE(body);
    EXPECT_EQ(body.error().code, Code::kUnavailable);
    EXPECT_FALSE(is_reusable);
}

TEST(ClientConnection, IsNotReusableWhenTheServerCloses) {
    Peer peer;
    peer.keeps = false;
    io::Loop loop("client");
    Result<std::string> body;
    bool is_reusable = true;
    io::run_blocking(loop, [&] { return cut_stream(peer, body, is_reusable); });
    EXPECT_TRUE(body);
    EXPECT_FALSE(is_reusable);
}

// Sends nothing behind its head until the client has seen it.
struct Hesitant {
    Hesitant() {
        handler.answer = [this](Request request) { return answer_to(std::move(request)); };
    }
    Task<Response> answer_to(Request) {
        Response response = Response::empty(200);
        response.stream_keeps_connection = true;
        response.stream = [this](ByteStream& out) { return stream(out); };
        co_return response;
    }
    Task<> stream(ByteStream& out) {
        Result<void> drained = co_await out.drained();
        if (!drained) co_return;
        co_await seen.wait();
        out.offer(std::make_shared<const std::string>("late"), SIZE_MAX);
    }
    io::Signal seen;
    FunctionHandler handler;
    ServerForTest server{handler};
};

Task<> read_late(Hesitant& peer, Result<std::string>& body) {
    auto connection = co_await connect(peer.server.url("/"));
    connection->send(get("/"));
    Result<void> head = co_await connection->read_head();
    EXPECT_TRUE(head);
    peer.seen.wake();
    body = co_await whole_body(*connection);
}

TEST(Server, SendsAHeadThatWaitsForItsBodyWhenTheHandlerWaitsForIt) {
    Hesitant peer;
    io::Loop loop("client");
    Result<std::string> body;
    io::run_blocking(loop, [&] { return read_late(peer, body); });
    EXPECT_EQ(body.value_or("failed"), "late");
}

// Waits in the handler until the client has gone.
struct Patient {
    Patient() {
        handler.answer = [this](Request request) { return wait(std::move(request)); };
    }
    Task<Response> wait(Request request) {
        io::Signal gone;
        request.watch_client([gone] { gone.wake(); });
        is_waiting = true;
        co_await gone.wait();
        has_seen = true;
        co_return Response::empty(204);
    }
    std::atomic<bool> is_waiting = false;
    std::atomic<bool> has_seen = false;
    FunctionHandler handler;
    ServerForTest server{handler};
};

TEST(Server, TellsTheHandlerThatTheClientHasGone) {
    Patient patient;
    {
        RawPeer client(patient.server.port());
        client.send("GET /slow HTTP/1.1\r\nHost: here\r\n\r\n");
        while (!patient.is_waiting) std::this_thread::yield();
    }
    for (int i = 0; i < 5000 && !patient.has_seen; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_TRUE(patient.has_seen);
}

class Refusing final : public Handler {
public:
    size_t body_bytes_max(const RequestHead&) const override { return 10; }
    Task<Response> handle(Request) override { co_return Response::empty(204); }
    Response refuse(const RequestHead& head, int status, std::string_view) const override {
        return Response::text(status, "refused " + head.path);
    }
};

TEST(Server, LetsTheHandlerSayWhyABodyIsRefused) {
    Refusing handler;
    ServerForTest server(handler);
    RawPeer client(server.port());
    client.send("POST /large HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\n");
    EXPECT_THAT(client.read_until("refused /large"), HasSubstr("413"));
}

}  // namespace
}  // namespace nightshift::net
