#include "cli/drills/crowd.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/text.h"

namespace nightshift::cli::drills {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kPumpMs = 5;
constexpr size_t kConnectingMax = 500;  // a listener's queue is not endless
constexpr milliseconds kRetryAfter{500};
constexpr size_t kRestMax = 32u << 20;

std::string_view after(std::string_view text, std::string_view mark) {
    size_t at = text.find(mark);
    return at == std::string_view::npos ? std::string_view() : text.substr(at + mark.size());
}

}  // namespace

Crowd::Crowd(uint16_t port, const Secret& token, size_t count)
    : port_(port), token_(token), epoll_(epoll_create1(EPOLL_CLOEXEC)), clients_(count) {}

Crowd::~Crowd() {
    for (Client& each : clients_) {
        if (each.fd >= 0) ::close(each.fd);
    }
}

bool Crowd::connect_all(milliseconds limit) {
    auto end = steady_clock::now() + limit;
    while (served_ < clients_.size() && steady_clock::now() < end) {
        open_due(kConnectingMax);
        pump();
    }
    return served_ == clients_.size();
}

bool Crowd::see_everywhere(std::string_view mark, milliseconds limit) {
    mark_ = mark;
    seen_ = 0;
    for (Client& each : clients_) each.has_seen = false;
    auto end = steady_clock::now() + limit;
    while ((seen_ < clients_.size() || served_ < clients_.size()) && steady_clock::now() < end) {
        open_due(kConnectingMax);
        pump();
    }
    return seen_ == clients_.size() && served_ == clients_.size();
}

void Crowd::cut_all() {
    for (Client& each : clients_) {
        if (each.fd >= 0) close(each, milliseconds(0));
    }
}

void Crowd::open_due(size_t at_once_max) {
    auto now = steady_clock::now();
    for (Client& each : clients_) {
        if (connecting_ >= at_once_max) return;
        if (each.phase == Phase::kClosed && now >= each.retry_at) open(each);
    }
}

void Crowd::open(Client& client) {
    client.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (client.fd < 0) {
        client.retry_at = steady_clock::now() + kRetryAfter;
        return;
    }
    client.phase = Phase::kConnecting;
    ++connecting_;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(client.fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
    epoll_event event{};
    event.events = EPOLLOUT | EPOLLIN;
    event.data.ptr = &client;
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, client.fd, &event);
}

void Crowd::close(Client& client, milliseconds retry_after) {
    ::close(client.fd);
    if (client.phase == Phase::kConnecting || client.phase == Phase::kUpgrading) --connecting_;
    client.fd = -1;
    client.phase = Phase::kClosed;
    client.retry_at = steady_clock::now() + retry_after;
    client.rest.clear();
    if (client.is_served) --served_;
    client.is_served = false;
}

void Crowd::pump() {
    std::array<epoll_event, 512> events;
    int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), kPumpMs);
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<size_t>(i)];
        Client& client = *static_cast<Client*>(event.data.ptr);
        if (client.phase == Phase::kConnecting) {
            on_connected(client);
        } else if (client.fd >= 0) {
            on_readable(client);
        }
    }
}

void Crowd::on_connected(Client& client) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(client.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    std::string since = client.token.empty() ? "" : "&since=" + percent_encode(client.token);
    std::string request = fmt::format(
        "GET /api/v1/live?topics=fleet,events{} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer "
        "{}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n",
        since, port_, token_.reveal());
    bool is_sent = error == 0 && ::send(client.fd, request.data(), request.size(), MSG_NOSIGNAL) ==
                                     static_cast<ssize_t>(request.size());
    if (!is_sent) {
        ++refused_;
        return close(client, kRetryAfter);
    }
    client.phase = Phase::kUpgrading;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &client;
    epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, client.fd, &event);
}

void Crowd::on_readable(Client& client) {
    ssize_t count = ::recv(client.fd, read_.data(), read_.size(), 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0 || client.rest.size() > kRestMax) return close(client, kRetryAfter);
    client.rest.append(read_.data(), static_cast<size_t>(count));
    size_t used = 0;
    while (client.fd >= 0 && used < client.rest.size()) {
        std::string_view left = std::string_view(client.rest).substr(used);
        size_t taken = client.phase == Phase::kOpen ? take_frame(client, left) : take_head(client, left);
        if (taken == 0) break;
        used += taken;
    }
    client.rest.erase(0, std::min(used, client.rest.size()));
}

size_t Crowd::take_head(Client& client, std::string_view bytes) {
    size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) return 0;
    if (!bytes.starts_with("HTTP/1.1 101")) {
        ++refused_;
        std::string_view wanted = after(bytes, "\"retry_ms\":");
        uint64_t retry_ms = parse_uint(wanted.substr(0, wanted.find_first_not_of("0123456789"))).value_or(0);
        close(client, retry_ms > 0 ? milliseconds(retry_ms) : kRetryAfter);
        return 0;
    }
    client.phase = Phase::kOpen;
    --connecting_;
    return end + 4;
}

size_t Crowd::take_frame(Client& client, std::string_view bytes) {
    auto byte = [&](size_t i) { return static_cast<size_t>(static_cast<uint8_t>(bytes[i])); };
    if (bytes.size() < 2) return 0;
    size_t size = byte(1) & 127;
    size_t extra = size == 126 ? 2 : size == 127 ? 8 : 0;
    size_t head = 2 + extra;
    if (bytes.size() < head) return 0;
    if (extra > 0) size = 0;
    for (size_t i = 2; i < head; ++i) size = size << 8 | byte(i);
    if (bytes.size() < head + size) return 0;
    if ((byte(0) & 15) <= 2) on_message(client, bytes.substr(head, size));
    return head + size;
}

void Crowd::on_message(Client& client, std::string_view text) {
    if (text.starts_with(R"({"type":"token")")) {
        std::string_view token = after(text, R"("token":")");
        client.token = token.substr(0, token.find('"'));
    }
    bool is_word = !text.starts_with(R"({"type":"hello")");
    if (is_word && !client.is_served) {
        client.is_served = true;
        ++served_;
    }
    if (!mark_.empty() && !client.has_seen && text.find(mark_) != std::string_view::npos) {
        client.has_seen = true;
        ++seen_;
    }
}

Result<void> allow_open_files(uint64_t count) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return fail_errno("read the limit of", "open files");
    if (limit.rlim_cur >= count) return {};
    if (limit.rlim_max < count)
        return fail(Code::kLimit, "only {} open files are allowed here (ulimit -Hn), and {} are needed",
                    limit.rlim_max, count);
    limit.rlim_cur = count;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return fail_errno("raise the limit of", "open files");
    return {};
}

}  // namespace nightshift::cli::drills
