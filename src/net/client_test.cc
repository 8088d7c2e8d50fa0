#include "net/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "io/blocking.h"
#include "io/task_group.h"
#include "net/server_for_test.h"

namespace nightshift::net {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// Accepts one connection, reads the request's head and answers with fixed bytes: for answers no right server
// gives.
class FixedAnswer {
public:
    explicit FixedAnswer(std::string answer, bool closes = true)
        : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        NS_ASSERT(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        NS_ASSERT(::listen(fd_, 1) == 0);
        socklen_t size = sizeof address;
        NS_ASSERT(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this, answer = std::move(answer), closes] { serve(answer, closes); });
    }
    FixedAnswer(const FixedAnswer&) = delete;
    FixedAnswer& operator=(const FixedAnswer&) = delete;
    ~FixedAnswer() {
        thread_.join();
        ::close(fd_);
    }
    std::string url() const { return fmt::format("http://127.0.0.1:{}/", port_); }
    // After the answer was read.
    const std::string& request() const { return request_; }

private:
    void serve(const std::string& answer, bool closes) {
        int peer = ::accept(fd_, nullptr, nullptr);
        char buffer[4096];
        while (request_.find("\r\n\r\n") == std::string::npos) {
            ssize_t count = ::recv(peer, buffer, sizeof buffer, 0);
            if (count <= 0) break;
            request_.append(buffer, static_cast<size_t>(count));
        }
        ::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
        // Without closing, waits until the client gives up.
        while (!closes && ::recv(peer, buffer, sizeof buffer, 0) > 0) {
        }
        ::close(peer);
    }

    int fd_;
    uint16_t port_ = 0;
    std::string request_;
    std::thread thread_;
};

Result<ClientResponse> get(std::string url, std::function<void(ClientRequest&)> change = {}) {
    ClientRequest request;
    request.url = std::move(url);
    if (change) change(request);
    return fetch_blocking(std::move(request));
}

TEST(Fetch, SendsARequestAndReadsTheAnswer) {
    FixedAnswer peer("HTTP/1.1 201 Created\r\nContent-Length: 2\r\nX-A: b\r\n\r\nok", false);
    auto response = get(peer.url(), [](ClientRequest& request) {
        request.method = Method::kPost;
        request.headers.add("X-Token", "t");
        request.body = "body";
    });
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 201);
    EXPECT_EQ(response->headers.get("x-a"), "b");
    EXPECT_EQ(response->body, "ok");
    EXPECT_THAT(peer.request(), StartsWith("POST / HTTP/1.1\r\nHost: 127.0.0.1:"));
    EXPECT_THAT(peer.request(), HasSubstr("X-Token: t\r\nContent-Length: 4\r\nConnection: close\r\n\r\n"));
}

TEST(Fetch, ReadsEachKindOfBody) {
    const std::string_view answers[] = {
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nabcdef",
        "HTTP/1.0 200 OK\r\n\r\nabcdef",
        "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 "
        "OK\r\nContent-Length: 6\r\n\r\nabcdef",
    };
    for (std::string_view answer : answers) {
        FixedAnswer peer{std::string(answer)};
        auto response = get(peer.url());
        ASSERT_TRUE(response) << answer << response.error().message;
        EXPECT_EQ(response->body, "abcdef") << answer;
        EXPECT_FALSE(response->headers.find("x").has_value());
    }
}

TEST(Fetch, HandsOverPiecesAndStopsWhenTold) {
    FixedAnswer peer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", false);
    std::string seen;
    auto response = get(peer.url(), [&](ClientRequest& request) {
        request.on_body = [&](std::string_view piece) {
            seen += piece;
            return seen.size() < 3;
        };
    });
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "");
    EXPECT_EQ(seen, "abc");
}

TEST(Fetch, TellsFailuresApart) {
    auto nobody = get("http://127.0.0.1:1/");
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().code, Code::kUnavailable);
    EXPECT_THAT(nobody.error().message, HasSubstr("127.0.0.1 port 1"));
    {
        FixedAnswer peer("SSH-2.0-OpenSSH\r\n");
        EXPECT_EQ(get(peer.url()).error().code, Code::kInvalid);
    }
    {
        FixedAnswer peer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
        EXPECT_EQ(get(peer.url()).error().code, Code::kInvalid);
    }
    {
        FixedAnswer peer("", false);
        auto late =
            get(peer.url(), [](ClientRequest& request) { request.timeout = std::chrono::milliseconds(50); });
        ASSERT_FALSE(late);
        EXPECT_EQ(late.error().code, Code::kTimeout);
    }
    {
        FixedAnswer peer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabcdefghij");
        EXPECT_EQ(get(peer.url(), [](ClientRequest& request) { request.body_bytes_max = 9; }).error().code,
                  Code::kLimit);
    }
    EXPECT_EQ(get("ws://127.0.0.1/").error().code, Code::kInvalid);
}

TEST(Fetch, NamesAHostItCannotFind) {
    auto unknown = get("http://no-such-host.invalid/",
                       [](ClientRequest& request) { request.timeout = std::chrono::milliseconds(5000); });
    ASSERT_FALSE(unknown);
    EXPECT_THAT(unknown.error().message, HasSubstr("no-such-host.invalid"));
}

TEST(Fetch, EndsWhenItsTaskIsCancelled) {
    FixedAnswer peer("", false);
    io::Loop loop("client");
    bool returned = false;
    struct Steps {
        static Task<> fetch_into(std::string url, bool& returned) {
            ClientRequest request;
            request.url = std::move(url);
            Result<ClientResponse> response = co_await fetch(std::move(request));
            returned = response.has_value();
        }
        static Task<> cancel(io::Loop& loop, std::string url, bool& returned) {
            io::TaskGroup group(loop, "test");
            group.spawn([url, &returned] { return fetch_into(url, returned); });
            co_await io::sleep_for(std::chrono::milliseconds(20));
            co_await group.stop();
        }
    };
    io::run_blocking(loop, [&] { return Steps::cancel(loop, peer.url(), returned); });
    EXPECT_FALSE(returned);
}

}  // namespace
}  // namespace nightshift::net
