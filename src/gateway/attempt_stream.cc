#include <algorithm>

#include "base/text.h"
#include "gateway/attempt.h"

// The streamed half of an attempt.
namespace nightshift::gateway {
namespace {

using std::chrono::steady_clock;

// An upstream that talks without content has its answer passed on, so that what we hold stays small.
constexpr size_t kHeldPiecesMax = 64;
constexpr size_t kHeldBytesMax = 256u << 10;
// A client that reads slowly makes us read slowly.
constexpr size_t kClientQueueMax = 256u << 10;
// The dialect's last word was heard; the transfer's end follows at once, or nobody waits for it.
constexpr std::chrono::seconds kEndMax{1};

}  // namespace

// Takes what the reader has, until it wants more. False when the stream has failed.
bool Attempt::take_pieces(std::string& out, Instant now) {
    while (auto piece = reader_->next()) {
        if (!is_committed_) ++held_pieces_;
        if (piece->commits()) {
            if (first_content_at_ == Instant{}) first_content_at_ = now;
            is_committed_ = true;
            arm(now + input_.target.timeouts.idle, ErrorClass::kIdleTimeout);
        }
        has_heard_done_ = has_heard_done_ || piece->kind == PieceKind::kDone;
        const bool is_error = piece->kind == PieceKind::kError;
        if (is_error || piece->kind == PieceKind::kBroken) {
            error_ = reader_->error();
            if (!error_) fail(ErrorClass::kBadAnswer, "the stream holds an error");
            if (is_committed_ && is_error) was_error_written_ = writer_->write(*piece, out).has_value();
            return false;
        }
        // What lies beyond the limit is not passed on, however much of it came at once.
        if (piece->commits() && is_over_cut()) return is_cut_reached_ = true;
        if (auto written = writer_->write(*piece, out); !written) {
            fail(ErrorClass::kBadAnswer, written.error().message);
            return false;
        }
    }
    if (held_pieces_ > kHeldPiecesMax || out.size() > kHeldBytesMax) is_committed_ = true;
    return true;
}

// One read of the upstream. False at the stream's end, good or bad.
Task<bool> Attempt::read_more(std::string& out) {
    Result<std::string_view> bytes = co_await connection_->read_body();
    const Instant now = steady_clock::now();
    if (!bytes) {
        const bool is_only_late = has_heard_done_ && !is_client_gone_ && reader_->ended_properly();
        if (!is_only_late) {
            fail_read(bytes.error(), is_committed_ ? ErrorClass::kStreamBroken : ErrorClass::kTransient);
        }
        co_return false;
    }
    const bool is_end = bytes->empty();
    if (is_end) {
        reader_->end();
    } else {
        reader_->feed(*bytes);
    }
    if (!take_pieces(out, now)) co_return false;
    if (is_cut_reached_) co_return true;
    if (is_end && !reader_->ended_properly()) {
        fail(is_committed_ ? ErrorClass::kStreamBroken : ErrorClass::kBadAnswer,
             "the stream ended without its end");
    }
    if (has_heard_done_) arm(now + kEndMax, ErrorClass::kIdleTimeout);
    co_return !is_end;
}

Task<> Attempt::take_stream() {
    reader_.emplace(input_.provider.kind, upstream_dialect_);
    AnswerOptions options{.model = input_.client_model,
                          .wants_usage = input_.facts.wants_usage,
                          .now_s = unix_ms(std::chrono::floor<microseconds>(input_.now)) / 1000,
                          .id = input_.id};
    writer_.emplace(input_.facts, upstream_dialect_, options);
    if (upstream_dialect_ != input_.facts.dialect) made_up_id_ = made_up_id(options);
    bool goes_on = true;
    while (goes_on && !is_committed_) goes_on = co_await read_more(pending_);
    answered_at_ = steady_clock::now();
    if (!is_committed_ && !error_) fail(ErrorClass::kBadAnswer, "the stream ended without content");
    is_stream_over_ = !goes_on;
}

// At the hard limit of a budget, and it gives no more.
bool Attempt::is_over_cut() {
    if (!input_.output_cut || has_heard_done_) return false;
    while (static_cast<int64_t>(reader_->content_pieces()) > *input_.output_cut) {
        auto more = input_.more_output(*input_.output_cut);
        if (!more) return true;
        input_.output_cut = more;
    }
    return false;
}

// False when the client is gone.
Task<bool> Attempt::send_pending(net::ByteStream& client) {
    if (!pending_.empty()) {
        auto bytes = std::make_shared<const std::string>(std::move(pending_));
        pending_.clear();
        client.offer(std::move(bytes), SIZE_MAX);
    }
    if (client.queued_bytes() > kClientQueueMax) {
        slow_client_ = &client;
        Result<void> drained = co_await client.drained();
        slow_client_ = nullptr;
        if (!drained) co_return false;
    }
    co_return client.is_open();
}

void Attempt::end_badly(std::string& out, const std::string& request_id) {
    if (was_error_written_ || error_class() == ErrorClass::kClientGone) return;
    const Ruling ruling = rule(error_class(), Phase::kAfterCommit);
    const std::string message =
        fmt::format("the answer of {} broke off: {}", input_.provider.name, error_->message);
    writer_->write_error({.status = ruling.client_status == 0 ? 502 : ruling.client_status,
                          .code = ruling.client_code,
                          .message = message,
                          .request_id = request_id,
                          .param = ""},
                         out);
}

Task<> Attempt::relay(net::ByteStream& client, const std::string& request_id) {
    bool goes_on = !error_ && !is_stream_over_;
    while (goes_on) {
        bool is_there = co_await send_pending(client);
        if (!is_there) {
            on_client_gone();
            if (!has_heard_done_) fail(ErrorClass::kClientGone, "the client closed its connection");
            co_return;
        }
        if (is_cut_reached_) {
            was_cut_ = true;
            writer_->write_cut(*reader_, reader_->usage_or_estimate(input_.facts), pending_);
            connection_->abort();
            break;
        }
        goes_on = co_await read_more(pending_);
    }
    watchdog_.clear();
    if (!error_ && !was_cut_) writer_->end(pending_);
    if (error_) end_badly(pending_, request_id);
    bool is_sent = co_await send_pending(client);
    if (error_ && is_sent) {
        // The error event goes out, then the transfer breaks off: a client that does not read events sees it
        // too.
        slow_client_ = &client;
        Result<void> drained = co_await client.drained();
        slow_client_ = nullptr;
        if (drained) client.abort();
    }
    if (error_) {
        if (connection_ != nullptr) connection_->abort();
    } else if (!was_cut_) {
        give_back();
    }
}

}  // namespace nightshift::gateway
