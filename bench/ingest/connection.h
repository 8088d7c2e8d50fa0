#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/result.h"

namespace nightshift::bench {

// A blocking HTTP connection that is kept open: as little as a load generator needs, so that it takes little
// CPU.
class Connection {
public:
    Connection(std::string host, uint16_t port) : host_(std::move(host)), port_(port) {}

    // Sends one request, connecting first if needed, and returns the status. The answer's body goes to
    // `answer`.
    Result<int> post(std::string_view path, std::string_view headers, std::string_view body,
                     std::string& answer);

private:
    Result<void> connect();
    Result<void> send_all(std::string_view bytes);
    Result<int> receive(std::string& answer);

    const std::string host_;
    const uint16_t port_;
    FileDescriptor socket_;
    std::string head_;
    std::string received_;
};

}  // namespace nightshift::bench
