// Takes notifications over webhooks and remembers when it first heard of each group ("group-00017" anywhere
// in the body). GET answers with what was heard so far:
//     {"posts":…, "groups":…, "last_new_ns":…, "twice":…}
// where "twice" counts groups that got a second living message: another webhook-id with "mode":"post".
//     alerts_receiver PORT
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <charconv>
#include <cstdio>
#include <memory>
#include <string>
#include <unordered_map>

#include "message_reader.h"
#include "sockets.h"

namespace nightshift::bench {
namespace {

constexpr std::string_view kGroup = "group-";
constexpr size_t kGroupBytes = kGroup.size() + 5;

struct Connection {
    FileDescriptor socket;
    MessageReader reader;
    std::string body;
    std::string out;
    size_t sent = 0;
};

class Receiver {
public:
    explicit Receiver(FileDescriptor listener) : listener_(std::move(listener)) {
        poll_.add(listener_.get(), EPOLLIN, static_cast<uint64_t>(listener_.get()));
    }

    void run() {
        epoll_event events[256];
        for (;;) {
            const int count = poll_.wait(events, 256, now_ns() + 1'000'000'000);
            for (int i = 0; i < count; ++i) handle(static_cast<int>(events[i].data.u64));
        }
    }

private:
    void handle(int socket) {
        if (socket == listener_.get()) return accept_all();
        const auto found = connections_.find(socket);
        if (found == connections_.end()) return;
        Connection& connection = *found->second;
        std::string bytes;
        const bool is_open = receive(socket, bytes);
        connection.reader.feed(bytes);
        if (!is_open || !take(connection) || !flush(socket, connection.out, connection.sent))
            connections_.erase(found);
    }

    void accept_all() {
        for (;;) {
            FileDescriptor socket(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
            if (!socket.is_open()) return;
            const int on = 1;
            setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            const int number = socket.get();
            poll_.add(number, EPOLLIN | EPOLLOUT | EPOLLET, static_cast<uint64_t>(number));
            connections_[number] = std::make_unique<Connection>();
            connections_[number]->socket = std::move(socket);
        }
    }

    bool take(Connection& connection) {
        for (;;) {
            switch (connection.reader.next()) {
                case MessageReader::Step::kMore:
                    return true;
                case MessageReader::Step::kBroken:
                    return false;
                case MessageReader::Step::kBody:
                    connection.body += connection.reader.body();
                    break;
                case MessageReader::Step::kEnd:
                    answer(connection);
                    connection.body.clear();
            }
        }
    }

    void answer(Connection& connection) {
        std::string text = "{}";
        if (connection.reader.head().starts_with("GET"))
            text = fmt::format(R"({{"posts":{},"groups":{},"last_new_ns":{},"twice":{}}})", posts_,
                               first_id_.size(), last_new_ns_, twice_);
        else
            hear(connection);
        connection.out +=
            fmt::format("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                        text.size(), text);
    }

    void hear(const Connection& connection) {
        ++posts_;
        const size_t at = connection.body.find(kGroup);
        if (at == std::string::npos) return;
        const std::string group = connection.body.substr(at, kGroupBytes);
        const std::string id(header_value(connection.reader.head(), "webhook-id"));
        const auto [known, is_new] = first_id_.try_emplace(group, id);
        if (is_new) last_new_ns_ = now_ns();
        const bool is_post = connection.body.find(R"("mode":"post")") != std::string::npos;
        if (!is_new && is_post && known->second != id) ++twice_;
    }

    FileDescriptor listener_;
    Poll poll_;
    std::unordered_map<int, std::unique_ptr<Connection>> connections_;
    std::unordered_map<std::string, std::string> first_id_;
    size_t posts_ = 0;
    size_t twice_ = 0;
    int64_t last_new_ns_ = 0;
};

}  // namespace
}  // namespace nightshift::bench

int main(int count, char** arguments) {
    using namespace nightshift::bench;
    int port = 0;
    const std::string_view text = count == 2 ? arguments[1] : "";
    std::from_chars(text.data(), text.data() + text.size(), port);
    auto listener = listen_on(static_cast<uint16_t>(port));
    if (port == 0 || !listener) {
        std::fputs("alerts_receiver PORT\n", stderr);
        return 2;
    }
    Receiver(std::move(*listener)).run();
}
