#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "io/loop.h"
#include "live/hub.h"
#include "live/test_client.h"
#include "live/types.h"
#include "net/server.h"

// For tests only: the hub behind a server on a free port, and clients that speak the protocol byte by byte.
namespace nightshift::live {

// A safety net only: every wait ends when what it waits for has happened.
inline constexpr std::chrono::seconds kPatience(20);

inline bool wait_until(const std::function<bool()>& is_done) {
    auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!is_done()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

inline std::string log_item(uint64_t n, size_t padding = 0) {
    return "{\"n\":" + std::to_string(n) + ",\"pad\":\"" + std::string(padding, 'x') + "\"}";
}

inline std::string state_item(const std::string& key, uint64_t value, size_t padding = 0) {
    return "{\"key\":\"" + key + "\",\"v\":" + std::to_string(value) + ",\"pad\":\"" +
           std::string(padding, 'x') + "\"}";
}

// Passes everything to the hub; the tenant is a header, because who asks is not this room's business.
class LiveHandler final : public net::Handler {
public:
    size_t body_bytes_max(const net::RequestHead&) const override { return 0; }
    Task<net::Response> handle(net::Request request) override {
        net::Response response = hub->connect(request, request.headers.find("Tenant").value_or("default"));
        co_return response;
    }

    Hub* hub = nullptr;
};

struct LiveServer {
    explicit LiveServer(Options options = {}) {
        for (int i = 0; i < 2; ++i) loops.push_back(std::make_unique<io::Loop>("live" + std::to_string(i)));
        std::vector<io::Loop*> pointers = {loops[0].get(), loops[1].get()};
        hub = std::make_unique<Hub>(pointers, options, clock);
        handler.hub = hub.get();
        net::ServerOptions server_options;
        server_options.listen = {net::Address{"127.0.0.1", 0}};
        server = std::move(*net::Server::start(pointers, server_options, handler));
    }
    ~LiveServer() {
        hub.reset();
        server->stop();
    }
    uint16_t port() const { return server->ports().front(); }

    SystemClock clock;
    std::vector<std::unique_ptr<io::Loop>> loops;
    LiveHandler handler;
    std::unique_ptr<Hub> hub;
    std::unique_ptr<net::Server> server;
};

// One client over a real connection.
class Peer {
public:
    Peer(LiveServer& server, Transport transport, TestClient::Loss loss = TestClient::Loss::kNever)
        : reader(transport, loss), server_(server), transport_(transport) {}

    TestClient reader;
    std::string head;  // of the answer; with the body when it is a refusal
    bool has_ended = false;

    void connect(const std::string& topics, const std::string& since = "", const std::string& headers = "",
                 int receive_buffer = 0) {
        reader.reconnected();
        head.clear();
        chunks_.clear();
        is_past_head_ = false;
        has_ended = false;
        fd_ = FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (receive_buffer > 0)
            ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(server_.port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ASSERT_EQ(::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        std::string request = "GET /api/v1/live?topics=" + topics;
        bool is_socket = transport_ == Transport::kWebSocket;
        if (is_socket && !since.empty()) request += "&since=" + since;
        request += " HTTP/1.1\r\nHost: localhost\r\n" + headers;
        if (is_socket) {
            request +=
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
        } else if (!since.empty()) {
            request += "Last-Event-ID: " + since + "\r\n";
        }
        send(request + "\r\n");
    }
    void disconnect() { fd_ = FileDescriptor(); }

    void send(std::string_view bytes) { ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }
    // A masked text frame; the mask is zero.
    void say(std::string_view text) {
        std::string frame = "\x81";
        if (text.size() < 126) {
            frame += static_cast<char>(0x80 | text.size());
        } else {
            frame += '\xFE';
            frame += static_cast<char>(text.size() >> 8);
            frame += static_cast<char>(text.size() & 0xFF);
        }
        frame.append(4, '\0');
        send(frame.append(text));
    }

    // Reads until it is so; false when the connection ended or nothing came for long.
    bool read_until(const std::function<bool()>& is_done) {
        while (!is_done()) {
            pollfd wait{fd_.get(), POLLIN, 0};
            if (::poll(&wait, 1, static_cast<int>(std::chrono::milliseconds(kPatience).count())) <= 0)
                return false;
            char buffer[16384];
            ssize_t count = ::recv(fd_.get(), buffer, sizeof buffer, 0);
            if (count <= 0) {
                has_ended = true;
                return is_done();
            }
            take(std::string_view(buffer, static_cast<size_t>(count)));
            if (reader.close_code()) {
                disconnect();
                has_ended = true;
                return is_done();
            }
        }
        return true;
    }
    bool read_to_end() {
        return read_until([this] { return has_ended; });
    }
    bool knows(const std::string& topic, const std::string& key, const std::string& item) {
        return read_until([&] {
            const auto& items = reader.topic(topic).items;
            auto found = items.find(key);
            return found != items.end() && found->second == item;
        });
    }
    bool has_log(const std::string& topic, uint64_t last) {
        return read_until([&] { return reader.topic(topic).last == last; });
    }
    bool is_ready(const std::string& topic) {
        return read_until([&] { return reader.topic(topic).is_known && !reader.topic(topic).is_awaited; });
    }
    void expect_no_errors() {
        for (const std::string& error : reader.errors()) ADD_FAILURE() << error;
    }

private:
    void take(std::string_view bytes) {
        if (!is_past_head_) {
            head += bytes;
            size_t end = head.find("\r\n\r\n");
            if (end == std::string::npos) return;
            std::string rest = head.substr(end + 4);
            is_past_head_ = head.starts_with("HTTP/1.1 101") || head.starts_with("HTTP/1.1 200");
            if (!is_past_head_) return;
            head.resize(end + 4);
            feed(rest);
            return;
        }
        feed(bytes);
    }

    // Takes the chunks of a streamed body apart.
    void feed(std::string_view bytes) {
        if (transport_ == Transport::kWebSocket) {
            reader.feed(bytes);
            return;
        }
        chunks_ += bytes;
        while (true) {
            size_t line = chunks_.find("\r\n");
            if (line == std::string::npos) return;
            size_t size = std::stoul(chunks_.substr(0, line), nullptr, 16);
            if (chunks_.size() < line + 2 + size + 2) return;
            reader.feed(std::string_view(chunks_).substr(line + 2, size));
            chunks_.erase(0, line + 2 + size + 2);
        }
    }

    LiveServer& server_;
    Transport transport_;
    FileDescriptor fd_;
    bool is_past_head_ = false;
    std::string chunks_;
};

}  // namespace nightshift::live
