#include "sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

namespace nightshift::bench {
namespace {

sockaddr_in loopback(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

}  // namespace

int64_t now_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

Result<FileDescriptor> listen_on(uint16_t port) {
    FileDescriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const sockaddr_in address = loopback(port);
    if (bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(listener.get(), 4096) != 0) {
        return fail_errno("cannot listen", std::to_string(port));
    }
    return listener;
}

Result<FileDescriptor> connect_to(uint16_t port) {
    FileDescriptor connection(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const sockaddr_in address = loopback(port);
    const int result = connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    if (result != 0 && errno != EINPROGRESS) return fail_errno("cannot connect", std::to_string(port));
    return connection;
}

bool flush(int socket, std::string& out, size_t& sent) {
    while (sent < out.size()) {
        const ssize_t size = send(socket, out.data() + sent, out.size() - sent, MSG_NOSIGNAL);
        if (size < 0) return errno == EAGAIN || errno == ENOTCONN;
        sent += static_cast<size_t>(size);
    }
    out.clear();
    sent = 0;
    return true;
}

bool receive(int socket, std::string& into) {
    char bytes[64 << 10];
    for (;;) {
        const ssize_t size = recv(socket, bytes, sizeof bytes, 0);
        if (size == 0) return false;
        if (size < 0) return errno == EAGAIN;
        into.append(bytes, static_cast<size_t>(size));
        if (static_cast<size_t>(size) < sizeof bytes) return true;
    }
}

Poll::Poll() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

void Poll::add(int descriptor, uint32_t events, uint64_t data) const {
    epoll_event event{};
    event.events = events;
    event.data.u64 = data;
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event);
}

void Poll::change(int descriptor, uint32_t events, uint64_t data) const {
    epoll_event event{};
    event.events = events;
    event.data.u64 = data;
    epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, descriptor, &event);
}

int Poll::wait(epoll_event* out, int max, int64_t until_ns) const {
    const int64_t left = std::max<int64_t>(until_ns - now_ns(), 0);
    const timespec timeout{left / 1'000'000'000, left % 1'000'000'000};
    return epoll_pwait2(epoll_.get(), out, max, &timeout, nullptr);
}

}  // namespace nightshift::bench
