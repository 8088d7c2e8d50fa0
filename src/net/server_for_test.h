#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "io/loop.h"
#include "net/server.h"

namespace nightshift::net {

// A handler made of functions, for tests.
class FunctionHandler final : public Handler {
public:
    size_t body_bytes_max(const RequestHead& head) const override { return limit ? limit(head) : 1u << 20; }
    Task<Response> handle(Request request) override { return answer(std::move(request)); }

    std::function<size_t(const RequestHead&)> limit;
    std::function<Task<Response>(Request)> answer;
};

// A server on a free loopback port with loops of its own.
class ServerForTest {
public:
    explicit ServerForTest(Handler& handler, ServerOptions options = {}, size_t loop_count = 1) {
        std::vector<io::Loop*> loops;
        for (size_t i = 0; i < loop_count; ++i) {
            loops_.push_back(std::make_unique<io::Loop>("server"));
            loops.push_back(loops_.back().get());
        }
        if (options.listen.empty()) options.listen = {Address{"127.0.0.1", 0}};
        auto started = Server::start(loops, std::move(options), handler);
        NS_ASSERT(started.has_value());
        server_ = std::move(*started);
    }

    Server& server() { return *server_; }
    io::Loop& loop() { return *loops_.front(); }
    uint16_t port() const { return server_->ports().front(); }
    std::string url(std::string_view target, std::string_view scheme = "http") const {
        return fmt::format("{}://127.0.0.1:{}{}", scheme, port(), target);
    }

private:
    std::vector<std::unique_ptr<io::Loop>> loops_;
    std::unique_ptr<Server> server_;
};

// A blocking socket that sends exactly the bytes a test wants.
class RawPeer {
public:
    explicit RawPeer(uint16_t port, int receive_buffer = 0)
        : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        if (receive_buffer > 0)
            ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int connected = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
        NS_ASSERT(connected == 0);
    }
    RawPeer(const RawPeer&) = delete;
    RawPeer& operator=(const RawPeer&) = delete;
    ~RawPeer() { ::close(fd_); }

    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return;
            bytes.remove_prefix(static_cast<size_t>(sent));
        }
    }
    void shutdown_send() { ::shutdown(fd_, SHUT_WR); }

    // Reads until `count` occurrences of `mark` were seen, the end, or ten seconds of silence.
    std::string read_until(std::string_view mark, size_t count = 1) {
        while (occurrences(mark) < count && read_some()) {
        }
        return received_;
    }
    std::string read_to_end() {
        while (read_some()) {
        }
        return received_;
    }
    // Exactly the next `count` bytes, or fewer at the end.
    std::string take(size_t count) {
        while (received_.size() < count && read_some()) {
        }
        std::string out = received_.substr(0, count);
        received_.erase(0, out.size());
        return out;
    }
    bool is_at_end() const { return is_at_end_; }

private:
    size_t occurrences(std::string_view mark) const {
        size_t count = 0;
        for (size_t at = received_.find(mark); at != std::string::npos;
             at = received_.find(mark, at + mark.size())) {
            ++count;
        }
        return count;
    }

    bool read_some() {
        pollfd wait{fd_, POLLIN, 0};
        if (::poll(&wait, 1, 10'000) <= 0) return false;
        char buffer[16384];
        ssize_t count = ::recv(fd_, buffer, sizeof buffer, 0);
        if (count <= 0) {
            is_at_end_ = true;
            return false;
        }
        received_.append(buffer, static_cast<size_t>(count));
        return true;
    }

    int fd_;
    std::string received_;
    bool is_at_end_ = false;
};

}  // namespace nightshift::net
