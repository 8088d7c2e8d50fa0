#include "live/host.h"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "base/text.h"
#include "io/condition.h"

namespace nightshift::live {

using namespace boost::asio::experimental::awaitable_operators;  // a || b: whichever comes first

namespace {

constexpr std::chrono::seconds kLastBytesWait(1);

Instant steady_now() {
    return std::chrono::steady_clock::now();
}

}  // namespace

// The shard's wish to end a connection, and the connection's waiting for it.
class Host::Closing {
public:
    void request(uint16_t close_code, std::string_view close_reason) {
        is_requested_ = true;
        code_ = close_code;
        reason_ = close_reason;
        requested_.notify_all();
    }

    Task<> wait() {
        while (!is_requested_) co_await requested_.wait();
    }

    bool is_requested() const { return is_requested_; }
    uint16_t code() const { return code_; }
    const std::string& reason() const { return reason_; }

private:
    io::Condition requested_;
    bool is_requested_ = false;
    uint16_t code_ = 0;
    std::string reason_;
};

// A client leaves its shard when its coroutine ends, also by cancellation.
class Host::Membership {
public:
    Membership(Host& host, Client* client) : host_(host), client_(client) {}
    ~Membership() { host_.remove(client_); }
    Membership(const Membership&) = delete;
    Membership& operator=(const Membership&) = delete;

private:
    Host& host_;
    Client* client_;
};

Host::Host(io::Loop& loop, Registry& registry, ShardOptions options, Counters& counters, const Clock& clock,
           Hooks hooks)
    : loop_(loop),
      clock_(clock),
      sweep_every_(
          std::clamp<std::chrono::milliseconds>(options.stalled_after / 4, std::chrono::milliseconds(5),
                                                std::max(options.interval, std::chrono::milliseconds(5)))),
      hooks_(std::move(hooks)),
      shard_(registry, std::move(options), counters) {
    sweep_alarm_.emplace(loop, [this] { sweep(); });
    keep_alive_alarm_.emplace(loop, [this] { keep_alive(); });
}

Result<Client*> Host::add(net::ByteStream& stream, const Subscription& want, Closing& closing) {
    auto close = [&closing](uint16_t code, std::string_view reason) { closing.request(code, reason); };
    auto client = shard_.add(stream, want, close, steady_now(), unix_ms(clock_.now()));
    after_work();
    return client;
}

void Host::remove(Client* client) {
    shard_.remove(client, steady_now());
    after_work();
    if (shard_.size() == 0) hooks_.on_empty();
}

Task<> Host::serve_socket(const Subscription& want, net::WebSocket& socket) {
    Closing closing;
    auto client = add(socket, want, closing);
    if (!client) {
        co_await socket.close(kCloseTryLater, client.error().message);
        co_return;
    }
    Membership membership(*this, *client);
    while (!closing.is_requested()) {
        auto next = co_await (socket.receive() || closing.wait());
        if (next.index() == 1) break;
        const Result<net::WebSocket::Message>& message = std::get<0>(next);
        if (!message) co_return;
        shard_.command(*client, message->data, steady_now());
        after_work();
    }
    uint16_t code = closing.code();
    co_await socket.close(code, closing.reason());
}

Task<> Host::serve_stream(const Subscription& want, net::ByteStream& stream) {
    Closing closing;
    auto client = add(stream, want, closing);
    if (!client) co_return;
    Membership membership(*this, *client);
    co_await (stream.closed() || closing.wait());
    if (stream.queued_bytes() > 0) co_await (stream.drained() || io::sleep_for(kLastBytesWait));
}

void Host::tick_soon(uint32_t parts, std::shared_ptr<void> keep_alive) {
    if (due_parts_.fetch_or(parts) != 0) return;
    loop_.post([this, kept = std::move(keep_alive)] { tick(); });
}

void Host::tick() {
    uint32_t parts = due_parts_.exchange(0);
    std::chrono::nanoseconds round{};
    for (uint32_t part = 0; part < kParts; ++part) {
        if (parts & 1u << part) {
            Instant start = steady_now();
            shard_.tick(part, start);
            // A cheap one alone does not mean much: a client that joined may have brought the news before.
            part_costs_[part] =
                std::max<std::chrono::nanoseconds>(steady_now() - start, part_costs_[part] / 2);
        }
        round += part_costs_[part];
    }
    round_cost_ns_ = round.count();
    after_work();
}

void Host::sweep() {
    shard_.sweep(steady_now());
    after_work();
}

void Host::keep_alive() {
    shard_.keep_alive();
    after_work();
}

void Host::say_bye(const std::function<int64_t()>& retry_ms) {
    shard_.say_bye(retry_ms);
}

// Timers run only while there is something to do: an idle hub costs nothing.
void Host::after_work() {
    size_.store(shard_.size(), std::memory_order_relaxed);
    if (shard_.take_unread()) hooks_.on_unread();
    if (!sweep_alarm_) return;
    if (shard_.needs_sweep() && !sweep_alarm_->is_set()) sweep_alarm_->set(steady_now() + sweep_every_);
    if (shard_.size() > 0 && !keep_alive_alarm_->is_set())
        keep_alive_alarm_->set(steady_now() + kKeepAliveEvery);
}

void Host::stop_timers() {
    sweep_alarm_.reset();
    keep_alive_alarm_.reset();
}

}  // namespace nightshift::live
