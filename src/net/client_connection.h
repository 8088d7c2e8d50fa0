#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "io/task.h"
#include "net/http.h"
#include "net/stream.h"
#include "net/transport.h"

namespace nightshift::net {

class ResponseReader;

// One connection to a server, for one request after the other: send(), read_head(), read_body() to its end,
// again. Has no deadlines of its own: abort() ends every wait. Lives on its loop.
class ClientConnection {
public:
    explicit ClientConnection(std::shared_ptr<Transport> transport);
    ClientConnection(const ClientConnection&) = delete;
    ClientConnection& operator=(const ClientConnection&) = delete;
    // Aborts.
    ~ClientConnection();

    // A whole request, or its first part; more may follow with send_more(). False when the peer is gone.
    bool send(SharedBytes request);
    bool send_more(SharedBytes part);

    // Waits for the final response's head. kUnavailable when the connection broke, kInvalid when this is not
    // HTTP.
    Task<Result<void>> read_head();
    int status() const;
    const Headers& headers() const;
    // The same, to keep; headers() is empty from then on.
    Headers take_headers();

    // The body's next bytes, without their framing; empty at its end. Valid until the next wait. Errors as
    // above; a body that is cut short is one.
    Task<Result<std::string_view>> read_body();

    // Whether a byte of the response has come.
    bool has_received() const { return has_received_; }
    // The response is complete, and the server lets another request follow.
    bool is_reusable() const;
    // Nothing has come since; see Transport::is_quiet().
    bool is_quiet() { return transport_->is_quiet(); }
    bool is_open() const { return transport_->is_open(); }
    void abort() { transport_->abort(); }

private:
    Task<Result<void>> read_some();
    bool take(std::string_view piece);

    std::shared_ptr<Transport> transport_;
    std::unique_ptr<ResponseReader> reader_;
    std::string inbox_;       // read and not yet parsed
    std::string_view piece_;  // body bytes of the last read, when they lie together,
    std::string pieces_;      // else here
    bool is_piece_given_ = false;
    bool has_received_ = false;
    bool has_left_over_ = false;  // bytes behind the response: not for us
};

}  // namespace nightshift::net
