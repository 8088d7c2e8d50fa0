#include "gateway/attempt.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "gateway/upstream_head.h"

namespace nightshift::gateway {
namespace {

using std::chrono::steady_clock;

constexpr size_t kErrorBodyBytesMax = 256u << 10;
constexpr size_t kAnswerBytesMax = 64u << 20;
constexpr size_t kJoinedBodyMax = 64u << 10;  // smaller bodies leave with their head

net::SharedBytes share(std::string bytes) {
    return std::make_shared<const std::string>(std::move(bytes));
}

// Beyond what any provider sends; the rest is not looked at.
constexpr size_t kHeadersMax = 64;

template <class Use>
auto with_fields(const net::Headers& headers, Use use) {
    std::array<HeaderField, kHeadersMax> fields;
    size_t count = 0;
    for (const auto& [name, value] : headers.fields()) {
        if (count < fields.size()) fields[count++] = {name, value};
    }
    return use(HeaderFields(fields.data(), count));
}

}  // namespace

Attempt::Attempt(AttemptInput input, std::shared_ptr<Upstreams> upstreams, Watchdogs& watchdogs)
    : input_(std::move(input)),
      upstreams_(std::move(upstreams)),
      upstream_dialect_(
          gateway::upstream_dialect(input_.provider.kind, input_.facts.dialect).value_or(Dialect::kChat)),
      watchdog_(watchdogs,
                [this] {
                    if (connection_ != nullptr) connection_->abort();
                    if (slow_client_ != nullptr) slow_client_->abort();
                }),
      started_(steady_clock::now()) {
    ends_at_ = started_ + input_.target.timeouts.total;
}

void Attempt::fail(ErrorClass error_class, std::string message) {
    if (error_) return;
    error_ = UpstreamError{};
    error_->error_class = error_class;
    error_->status = status_;
    error_->message = std::move(message);
}

void Attempt::fail_own(ErrorClass error_class, std::string message) {
    is_own_error_ = true;
    fail(error_class, std::move(message));
}

void Attempt::fail_read(const Error& error, ErrorClass when_broken) {
    if (is_client_gone_) return fail(ErrorClass::kClientGone, "the client closed its connection");
    if (watchdog_.has_barked())
        return fail(expected_,
                    fmt::format("{} of {} {}", to_string(expected_), input_.provider.name, input_.model));
    const bool is_garbage = error.code == Code::kInvalid && when_broken == ErrorClass::kTransient;
    fail(is_garbage ? ErrorClass::kBadAnswer : when_broken, error.message);
}

void Attempt::arm(Instant phase_end, ErrorClass reason) {
    expected_ = phase_end < ends_at_ ? reason : ErrorClass::kTotalTimeout;
    watchdog_.set(std::min(phase_end, ends_at_));
}

void Attempt::on_client_gone() {
    is_client_gone_ = true;
    if (connection_ != nullptr) connection_->abort();
}

Task<bool> Attempt::open_connection(bool& is_idle) {
    connection_ = is_idle ? upstreams_->take_idle(input_.provider_index) : nullptr;
    is_idle = connection_ != nullptr;
    if (is_idle) co_return true;
    auto timeout = std::min<std::chrono::nanoseconds>(input_.target.timeouts.connect, input_.time_left);
    auto timeout_ms = std::max(std::chrono::ceil<milliseconds>(timeout), milliseconds(1));
    const Instant before = steady_clock::now();
    auto connected = co_await upstreams_->connect(input_.provider_index, timeout_ms);
    connecting_ += steady_clock::now() - before;
    if (connected && !is_client_gone_) {
        connection_ = std::move(*connected);
        co_return true;
    }
    if (is_client_gone_) {
        fail(ErrorClass::kClientGone, "the client closed its connection");
    } else {
        const bool is_late = connected.error().code == Code::kTimeout;
        fail(is_late ? ErrorClass::kConnectTimeout : ErrorClass::kTransient, connected.error().message);
    }
    co_return false;
}

// A connection that waited may have been closed by the server just now: when it breaks before a byte of the
// answer, the server has not begun, and a new connection gets the request. Not counted as a failure.
Task<bool> Attempt::send_and_read_head(const std::string& head, net::SharedBytes body) {
    for (bool is_idle : {true, false}) {
        bool is_open = co_await open_connection(is_idle);
        if (!is_open) co_return false;
        const Instant now = steady_clock::now();
        sent_at_ = now;
        const Timeouts& timeouts = input_.target.timeouts;
        if (input_.facts.stream) {
            arm(now + std::min<std::chrono::nanoseconds>(timeouts.first_token, input_.time_left),
                ErrorClass::kFirstTokenTimeout);
        } else {
            arm(now + timeouts.answer, ErrorClass::kTotalTimeout);
        }
        if (body->size() <= kJoinedBodyMax) {
            std::string all = head;
            all += *body;
            connection_->send(share(std::move(all)));
        } else {
            connection_->send(share(head));
            connection_->send_more(body);
        }
        Result<void> read = co_await connection_->read_head();
        if (read) co_return true;
        const bool is_stale =
            is_idle && !connection_->has_received() && !watchdog_.has_barked() && !is_client_gone_;
        if (is_stale) continue;
        fail_read(read.error(), ErrorClass::kTransient);
        co_return false;
    }
    co_return false;
}

Task<> Attempt::run() {
    UpstreamRequest to{.dialect = upstream_dialect_, .kind = input_.provider.kind, .model = input_.model};
    if (input_.output_max_default > 0) to.output_max_default = input_.output_max_default;
    auto prepared = prepare_request(input_.facts, input_.body, to);
    if (!prepared) {
        fail_own(ErrorClass::kCallerError, prepared.error().message);
        co_return;
    }
    net::SharedBytes body = share(std::move(*prepared));
    const Secret* key = input_.provider.keys.empty() ? nullptr : &input_.provider.keys[input_.key];
    UpstreamHead head_parts{upstreams_->origin(input_.provider_index),
                            input_.provider.kind,
                            upstream_dialect_,
                            key,
                            input_.facts.stream,
                            body->size(),
                            input_.client_headers};
    const std::string head = render_upstream_head(head_parts);
    bool has_head = co_await send_and_read_head(head, std::move(body));
    if (!has_head) co_return;
    keep_head();
    if (status_ < 200 || status_ > 299) {
        co_await take_failure();
    } else if (!is_expected_content_type(upstream_dialect_, input_.facts.stream,
                                         headers_.get("content-type"))) {
        fail(ErrorClass::kBadAnswer, fmt::format("the answer's content type is \"{:.100}\"",
                                                 to_valid_utf8(headers_.get("content-type"))));
    } else if (input_.facts.stream) {
        co_await take_stream();
    } else {
        co_await take_answer();
    }
}

void Attempt::keep_head() {
    status_ = connection_->status();
    headers_ = connection_->take_headers();
    rate_limits_ = with_fields(headers_, [&](HeaderFields fields) {
        return read_rate_limits(input_.provider.kind, fields, input_.now);
    });
}

// Reads the body to its end into body_. False, with the failure kept, when it breaks or is too large.
Task<bool> Attempt::read_whole(size_t bytes_max) {
    while (true) {
        Result<std::string_view> piece = co_await connection_->read_body();
        if (!piece) {
            fail_read(piece.error(), ErrorClass::kTransient);
            co_return false;
        }
        if (piece->empty()) co_return true;
        if (body_.size() + piece->size() > bytes_max) {
            fail(ErrorClass::kBadAnswer, fmt::format("the answer is larger than {} bytes", bytes_max));
            co_return false;
        }
        body_ += *piece;
    }
}

Task<> Attempt::take_failure() {
    bool is_whole = co_await read_whole(kErrorBodyBytesMax);
    if (is_client_gone_) co_return;
    // What there is of the body may still tell; the status does in any case.
    error_ = with_fields(headers_, [&](HeaderFields fields) {
        return classify_error(input_.provider.kind, status_, fields, body_, input_.now);
    });
    if (error_->error_class == ErrorClass::kModelMissing && input_.target.model == "*")
        error_->error_class = ErrorClass::kCallerError;  // the name is the client's own
    if (is_whole) give_back();
}

Task<> Attempt::take_answer() {
    bool is_whole = co_await read_whole(kAnswerBytesMax);
    if (!is_whole) co_return;
    answered_at_ = steady_clock::now();
    first_content_at_ = answered_at_;
    watchdog_.clear();
    give_back();
    answer_ = read_answer(input_.provider.kind, upstream_dialect_, body_);
    if (answer_.error) {
        error_ = answer_.error;
        co_return;
    }
    if (upstream_dialect_ != input_.facts.dialect) {
        AnswerOptions options{.model = input_.client_model,
                              .wants_usage = input_.facts.wants_usage,
                              .now_s = unix_ms(std::chrono::floor<microseconds>(input_.now)) / 1000,
                              .id = input_.id};
        if (answer_.response_id.empty()) answer_.response_id = made_up_id(options);
        auto translated =
            translate_answer(upstream_dialect_, input_.facts.dialect, std::move(body_), options);
        body_.clear();
        if (!translated) {
            fail(ErrorClass::kBadAnswer, translated.error().message);
            co_return;
        }
        body_ = std::move(*translated);
    }
    is_committed_ = true;
}

void Attempt::give_back() {
    watchdog_.clear();
    if (connection_ != nullptr && connection_->is_reusable())
        upstreams_->give_back(input_.provider_index, std::move(connection_));
    connection_.reset();
}

Usage Attempt::usage() const {
    if (reader_) return reader_->usage_or_estimate(input_.facts);
    Usage usage = answer_.usage;
    const bool has_answer = status_ >= 200 && status_ <= 299 && answer_.content_bytes > 0;
    if (!usage.is_known && has_answer) {
        usage.input = input_.facts.input_estimate;
        usage.output = estimate_tokens(answer_.content_bytes);
        usage.is_estimated = true;
    }
    return usage;
}

Finish Attempt::finish() const {
    return reader_ ? reader_->finish() : answer_.finish;
}
std::string_view Attempt::response_id() const {
    if (!reader_) return answer_.response_id;
    const std::string_view given = reader_->response_id();
    return given.empty() ? std::string_view(made_up_id_) : given;
}
std::string_view Attempt::answered_model() const {
    return reader_ ? std::string_view(reader_->model()) : answer_.model;
}

}  // namespace nightshift::gateway
