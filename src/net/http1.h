#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/http.h"

namespace nightshift::net {

// Reads one HTTP/1.x request from bytes as they come. Pure: no socket, no clock. Give put() the bytes not yet
// taken, each time with more behind them, until is_done() or is_failed().
class RequestReader {
public:
    explicit RequestReader(size_t head_bytes_max);
    ~RequestReader();
    RequestReader(RequestReader&&) noexcept;
    RequestReader& operator=(RequestReader&&) noexcept;

    // How many bytes were taken. Stops behind the head, so that the caller can decide on the body.
    size_t put(std::string_view bytes);
    // The head is complete and accept_body() has not been called.
    bool has_head() const { return stage_ == Stage::kHead; }
    // Goes on to the body; fails with 413 when more than `bytes_max` are announced, or arrive.
    void accept_body(size_t bytes_max);
    bool is_in_body() const { return stage_ == Stage::kBody; }
    bool is_done() const { return stage_ == Stage::kDone; }
    bool is_failed() const { return stage_ == Stage::kFailed; }
    // Whether a byte of it has been taken.
    bool is_started() const { return parser_ != nullptr; }

    // The status to answer a failed request with, and why.
    int error_status() const { return error_status_; }
    std::string_view error_text() const { return error_text_; }

    // Also when it failed behind it.
    bool has_read_head() const { return has_read_head_; }
    // From has_read_head() on; its caller fills in where the request came from.
    RequestHead& head();
    bool is_http11() const;
    bool wants_keep_alive() const;
    // The client waits for "100 Continue" before it sends the body.
    bool wants_continue() const;
    // The body bytes that are certainly still to come; 0 when unknown.
    size_t body_bytes_left() const;

    // The request. Once, when is_done().
    Request take();

private:
    struct Parser;
    enum class Stage { kReading, kHead, kBody, kDone, kFailed };
    void put_failed(const std::string& why, int status);
    void check_head();

    size_t head_bytes_max_;
    size_t head_bytes_ = 0;
    bool has_read_head_ = false;
    Stage stage_ = Stage::kReading;
    int error_status_ = 0;
    std::string error_text_;
    std::unique_ptr<Parser> parser_;  // made by the first byte: an idle connection costs nothing
};

// Reads one HTTP/1.x response, the final one: 1xx are passed over, except 101.
class ResponseReader {
public:
    // `has_no_body`: the answer to HEAD. `on_body` takes the body's pieces; false stops.
    ResponseReader(bool has_no_body, std::function<bool(std::string_view)> on_body);
    ~ResponseReader();

    // How many bytes were taken; the others have to be given again with more behind them.
    size_t put(std::string_view bytes);
    // The peer will send no more.
    void put_eof();
    bool is_done() const { return is_done_; }
    bool is_failed() const { return !error_text_.empty(); }
    std::string_view error_text() const { return error_text_; }

    // When is_done(), or as soon as the head was read.
    int status() const { return status_; }
    const Headers& headers() const { return headers_; }
    Headers take_headers() { return std::move(headers_); }
    // The final response's head was read.
    bool has_head() const;
    // Another request may follow on this connection, once this one is done.
    bool keeps_connection() const;

private:
    struct Parser;
    void start();

    bool has_no_body_;
    std::function<bool(std::string_view)> on_body_;
    std::unique_ptr<Parser> parser_;
    bool is_done_ = false;
    std::string error_text_;
    int status_ = 0;
    Headers headers_;
};

}  // namespace nightshift::net
