#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "gateway/dialects/answer.h"
#include "gateway/dialects/stream.h"
#include "gateway/error_table.h"
#include "gateway/settings.h"
#include "gateway/upstreams.h"
#include "gateway/watchdog.h"
#include "net/client_connection.h"
#include "net/http.h"
#include "net/stream.h"

namespace nightshift::gateway {

// What an attempt needs of its call; all references outlive it.
struct AttemptInput {
    const RequestFacts& facts;
    const std::string& body;
    const net::Headers& client_headers;
    std::string_view client_model;  // what a translated answer calls the model
    const ProviderSpec& provider;
    size_t provider_index = 0;
    const Target& target;
    std::string model;
    size_t key = 0;
    std::chrono::nanoseconds time_left{0};  // of the chain, for the first content
    int64_t output_max_default = 0;         // sent when the client set none; 0: nothing
    std::optional<int64_t> output_cut;      // tokens after which more_output is asked
    // More tokens for a running stream, as a new cut; nothing ends it.
    std::function<std::optional<int64_t>(int64_t cut)> more_output;
    std::string_view id;  // of the attempt, for an answer whose upstream gives none
    Time now;             // wall clock
};

// One attempt at one target: sends the request and takes the answer up to the point where it belongs to the
// client. run() ends with a failure, with a whole answer, or with a stream that has shown its first content;
// that one goes on in relay(). Lives on its loop.
class Attempt {
public:
    Attempt(AttemptInput input, std::shared_ptr<Upstreams> upstreams, Watchdogs& watchdogs);
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;

    Task<> run();
    // Passes the rest of a committed stream on, and ends it: cleanly, or with an error event and an abort.
    Task<> relay(net::ByteStream& client, const std::string& request_id);
    // Closes the upstream at once. What waits on it ends with kClientGone.
    void on_client_gone();

    // kNone while all is well; after relay(), how the stream ended.
    ErrorClass error_class() const { return error_ ? error_->error_class : ErrorClass::kNone; }
    const UpstreamError& error() const { return *error_; }
    bool is_committed() const { return is_committed_; }
    bool was_cut() const { return was_cut_; }

    // Of the upstream's answer; 0 when there is none.
    int status() const { return status_; }
    const net::Headers& headers() const { return headers_; }
    const RateLimits& rate_limits() const { return rate_limits_; }
    // The whole body: the upstream's own for an error, the client's dialect for an answer.
    std::string& body() { return body_; }
    // The error came from ourselves: `body` is empty, the message is error().message.
    bool is_own_error() const { return is_own_error_; }

    Usage usage() const;
    Finish finish() const;
    std::string_view response_id() const;
    std::string_view answered_model() const;

    Instant started() const { return started_; }
    // When the request had left, and when the answer (or its first content) was there; epoch: not.
    Instant sent_at() const { return sent_at_; }
    Instant answered_at() const { return answered_at_; }
    Instant first_content_at() const { return first_content_at_; }
    std::chrono::nanoseconds connecting() const { return connecting_; }

private:
    void fail(ErrorClass error_class, std::string message);
    void fail_own(ErrorClass error_class, std::string message);
    // The error of a read that broke, by who broke it.
    void fail_read(const Error& error, ErrorClass when_broken);
    void arm(Instant phase_end, ErrorClass reason);

    Task<bool> send_and_read_head(const std::string& head, net::SharedBytes body);
    Task<bool> open_connection(bool& is_idle);
    Task<bool> read_whole(size_t bytes_max);
    Task<> take_failure();
    Task<> take_answer();
    Task<> take_stream();
    void keep_head();
    // Takes what the reader has; false when the stream has failed.
    bool take_pieces(std::string& out, Instant now);
    bool is_over_cut();
    Task<bool> send_pending(net::ByteStream& client);
    Task<bool> read_more(std::string& out);
    void end_badly(std::string& out, const std::string& request_id);
    void give_back();

    AttemptInput input_;
    std::shared_ptr<Upstreams> upstreams_;
    Dialect upstream_dialect_;
    std::unique_ptr<net::ClientConnection> connection_;
    Watchdog watchdog_;
    ErrorClass expected_ = ErrorClass::kTotalTimeout;  // what the watchdog's bark means
    Instant ends_at_;                                  // the total timeout
    net::ByteStream* slow_client_ = nullptr;           // who keeps us waiting

    std::optional<UpstreamError> error_;
    bool is_client_gone_ = false;
    bool is_committed_ = false;
    bool is_cut_reached_ = false;  // the next content lies beyond the hard limit
    bool was_cut_ = false;
    bool is_own_error_ = false;
    bool was_error_written_ = false;  // the upstream's error event went to the client as it was
    bool has_heard_done_ = false;
    bool is_stream_over_ = false;
    std::string made_up_id_;  // of a translated answer whose upstream gives none

    int status_ = 0;
    net::Headers headers_;
    RateLimits rate_limits_;
    std::string body_;
    Answer answer_;
    std::optional<StreamReader> reader_;
    std::optional<StreamWriter> writer_;
    std::string pending_;     // for the client: all until the commit, then what is not sent
    size_t held_pieces_ = 0;  // before the commit

    Instant started_;
    Instant sent_at_{};
    Instant answered_at_{};
    Instant first_content_at_{};
    std::chrono::nanoseconds connecting_{0};
};

}  // namespace nightshift::gateway
