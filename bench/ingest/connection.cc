#include "connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"

namespace nightshift::bench {

Result<void> Connection::connect() {
    socket_ = FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    if (::inet_pton(AF_INET, host_.c_str(), &address.sin_addr) != 1)
        return fail(Code::kInvalid, "{} is no IPv4 address", host_);
    if (::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
        return fail_errno("connect", host_);
    }
    const int one = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return {};
}

Result<void> Connection::send_all(std::string_view bytes) {
    while (!bytes.empty()) {
        ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return fail_errno("send", host_);
        bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return {};
}

Result<int> Connection::receive(std::string& answer) {
    received_.clear();
    size_t head = std::string::npos;
    size_t length = 0;
    while (head == std::string::npos || received_.size() < head + length) {
        char buffer[16384];
        ssize_t got = ::recv(socket_.get(), buffer, sizeof(buffer), 0);
        if (got <= 0) return fail_errno("receive", host_);
        received_.append(buffer, static_cast<size_t>(got));
        if (head != std::string::npos) continue;
        head = received_.find("\r\n\r\n");
        if (head == std::string::npos) continue;
        head += 4;
        const std::string lower = to_lower(std::string_view(received_).substr(0, head));
        size_t at = lower.find("content-length:");
        if (at != std::string::npos) {
            std::string_view number = std::string_view(lower).substr(at + 15);
            length = parse_uint(trim(number.substr(0, number.find('\r')))).value_or(0);
        }
    }
    answer = received_.substr(head, length);
    return static_cast<int>(parse_int(std::string_view(received_).substr(9, 3)).value_or(0));
}

Result<int> Connection::post(std::string_view path, std::string_view headers, std::string_view body,
                             std::string& answer) {
    if (!socket_.is_open()) {
        Result<void> connected = connect();
        if (!connected) return Failure(connected.error());
    }
    head_ = fmt::format("POST {} HTTP/1.1\r\nHost: {}\r\n{}Content-Length: {}\r\n\r\n", path, host_, headers,
                        body.size());
    Result<void> sent = send_all(head_);
    if (sent) sent = send_all(body);
    Result<int> status = sent ? receive(answer) : Result<int>(Failure(sent.error()));
    if (!status) socket_ = FileDescriptor();
    return status;
}

}  // namespace nightshift::bench
