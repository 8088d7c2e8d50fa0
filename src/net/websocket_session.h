#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "io/condition.h"
#include "net/transport.h"
#include "net/websocket.h"
#include "net/websocket_codec.h"

namespace nightshift::net {

// A WebSocket after its handshake, on either side, over any transport.
class WebSocketSession final : public WebSocket {
public:
    // `received`: bytes that came behind the handshake.
    WebSocketSession(std::shared_ptr<Transport> transport, WebSocketSide side, size_t message_bytes_max,
                     std::string received);
    ~WebSocketSession() override;

    Task<Result<Message>> receive() override;
    Task<Result<void>> send_text(std::string_view text) override;
    Task<Result<void>> send_ping() override;
    Task<> close(uint16_t code, std::string_view reason) override;
    uint16_t close_code() const override { return close_code_; }
    std::string_view close_reason() const override { return close_reason_; }

    // A client must mask each frame anew, so on the client side nothing can be offered: use send_text().
    bool offer(SharedBytes bytes, size_t queued_bytes_max) override;
    size_t queued_bytes() const override { return transport_->queued_bytes(); }
    bool is_open() const override { return !is_close_sent_ && !is_ended_ && transport_->is_open(); }
    Task<Result<void>> drained() override { return transport_->drained(); }
    // When nobody receives, it reads itself: answers pings and forgets messages.
    Task<> closed() override;
    void abort() override { transport_->abort(); }

private:
    Task<Result<Message>> next_message();
    bool send_frame(Opcode opcode, std::string_view payload);
    void send_close(uint16_t code, std::string_view reason);
    void take_close(const WebSocketItem& item);
    void end();
    Failure ended() const;

    std::shared_ptr<Transport> transport_;
    WebSocketSide side_;
    WebSocketDecoder decoder_;
    std::string inbox_;  // read and, from inbox_at_ on, not yet decoded
    size_t inbox_at_ = 0;
    io::Condition ended_;
    uint16_t close_code_ = 1006;
    std::string close_reason_;
    bool is_receiving_ = false;
    bool is_close_sent_ = false;
    bool is_ended_ = false;
};

}  // namespace nightshift::net
