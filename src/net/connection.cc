#include "net/connection.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <ctime>
#include <utility>

#include "base/log.h"
#include "net/problem.h"
#include "net/websocket_handshake.h"
#include "net/websocket_session.h"

namespace nightshift::net {
namespace {

using std::chrono::steady_clock;

constexpr size_t kHeadReadBytes = 16u << 10;  // while a head is read; what follows it has to be kept
constexpr size_t kReadBufferBytes = 256u << 10;
constexpr size_t kJoinedBodyMax = 4u << 10;   // smaller bodies are sent from the head's buffer
constexpr size_t kInboxKeptBytes = 1u << 10;  // capacity left to an empty inbox
constexpr size_t kLingerBytesMax = 256u << 20;
constexpr std::chrono::seconds kLingerTime(2);
constexpr size_t kServerMessageBytesMax = 1u << 20;  // of a WebSocket client

// Adds the chunks' framing to what a streaming handler offers.
class ChunkedStream final : public ByteStream {
public:
    ChunkedStream(TcpStream& stream, Outbox::Wrap wrap) : stream_(stream), wrap_(wrap) {}

    bool offer(SharedBytes bytes, size_t queued_bytes_max) override {
        return stream_.offer_wrapped(std::move(bytes), queued_bytes_max, wrap_);
    }
    size_t queued_bytes() const override { return stream_.queued_bytes(); }
    bool is_open() const override { return stream_.is_open(); }
    Task<Result<void>> drained() override { return stream_.drained(); }
    Task<> closed() override { return stream_.closed(); }
    void abort() override { stream_.abort(); }

private:
    TcpStream& stream_;
    Outbox::Wrap wrap_;
};

// False when `serve` threw; cancellation goes on to the connection.
template <class Stream>
Task<bool> run_guarded(const std::function<Task<>(Stream&)>& serve, Stream& stream) {
    try {
        co_await serve(stream);
        co_return true;
    } catch (const boost::system::system_error& error) {
        if (error.code() == boost::asio::error::operation_aborted) throw;
        log::error("net", "the sender of a stream threw: {}", error.what());
    } catch (const std::exception& error) {
        log::error("net", "the sender of a stream threw: {}", error.what());
    }
    co_return false;
}

bool may_have_body(int status) {
    return status >= 200 && status != 204 && status != 304;
}

}  // namespace

ServerLoop::ServerLoop(io::Loop& owner, const ServerOptions& server_options, Handler& request_handler)
    : loop(owner),
      options(server_options),
      handler(request_handler),
      tasks(owner, "net server"),
      buffer(std::make_shared<ReadBuffer>(kReadBufferBytes)) {}

void ServerLoop::sweep(steady_clock::time_point now) {
    for (Connection* connection = first; connection != nullptr; connection = connection->next_) {
        connection->check(now);
    }
}

void ServerLoop::drain() {
    is_draining = true;
    for (Connection* connection = first; connection != nullptr; connection = connection->next_)
        connection->drain();
}

Connection::Connection(ServerLoop& loop, std::shared_ptr<TcpStream> stream, Peer peer,
                       std::atomic<uint64_t>& open)
    : loop_(loop), stream_(std::move(stream)), peer_(std::move(peer)), open_(open), next_(loop.first) {
    if (next_ != nullptr) next_->previous_ = this;
    loop_.first = this;
    enter(Phase::kIdle);
}

Connection::~Connection() {
    (previous_ != nullptr ? previous_->next_ : loop_.first) = next_;
    if (next_ != nullptr) next_->previous_ = previous_;
    stream_->abort();
    open_.fetch_sub(1, std::memory_order_relaxed);
}

void Connection::enter(Phase phase) {
    phase_ = phase;
    switch (phase) {
        case Phase::kIdle:
            deadline_ = steady_clock::now() + loop_.options.idle_timeout;
            break;
        case Phase::kReading:
            deadline_ = steady_clock::now() + loop_.options.request_timeout;
            break;
        case Phase::kHandling:
            deadline_ = TimePoint::max();
            break;
        case Phase::kSending:
            deadline_ = steady_clock::now() + loop_.options.request_timeout;
            queued_bytes_seen_ = stream_->queued_bytes();
            break;
        case Phase::kLingering:
            deadline_ = steady_clock::now() + kLingerTime;
            break;
    }
}

void Connection::check(TimePoint now) {
    if (now < deadline_) return;
    if (phase_ == Phase::kSending && stream_->queued_bytes() < queued_bytes_seen_) {
        enter(Phase::kSending);  // slow, but it takes something
        return;
    }
    if (phase_ == Phase::kReading) {
        loop_.bad_requests_total.fetch_add(1, std::memory_order_relaxed);
        stream_->send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                      nullptr);
    }
    stream_->abort();
}

void Connection::drain() {
    if (phase_ == Phase::kIdle) stream_->abort();
}

Task<> Connection::run() {
    while (true) {
        Request request;
        bool is_read = co_await read_request(request);
        if (!is_read) co_return;
        loop_.requests_total.fetch_add(1, std::memory_order_relaxed);
        Method method = request.method;
        enter(Phase::kHandling);
        request.watch_client = [this](std::function<void()> on_gone) { stream_->watch(std::move(on_gone)); };
        Response response = co_await call_handler(std::move(request));
        const bool goes_on_watching = response.stream && response.stream_keeps_connection;
        if (!goes_on_watching) stream_->unwatch();
        if (loop_.is_draining) is_keep_alive_ = false;
        bool goes_on = co_await answer(std::move(response), method);
        if (!goes_on) co_return;
    }
}

Task<bool> Connection::read_request(Request& request) {
    enter(inbox_.empty() ? Phase::kIdle : Phase::kReading);
    RequestReader reader(loop_.options.head_bytes_max);
    std::string_view input = inbox_;
    bool has_said_continue = false;
    while (true) {
        size_t taken = feed(reader, input);
        if (input.data() == inbox_.data()) {
            inbox_.erase(0, taken);
        } else {
            inbox_.assign(input.substr(taken));
        }
        if (inbox_.empty() && inbox_.capacity() > kInboxKeptBytes) std::string().swap(inbox_);
        if (reader.is_failed()) {
            Response response = refusal(reader);
            co_await refuse(std::move(response));
            co_return false;
        }
        if (reader.is_done()) break;
        if (reader.is_started() && phase_ == Phase::kIdle) enter(Phase::kReading);
        bool is_in_body = reader.is_in_body();
        if (is_in_body && !has_said_continue && reader.wants_continue()) {
            stream_->send("HTTP/1.1 100 Continue\r\n\r\n", nullptr);
            has_said_continue = true;
        }
        size_t wanted = read_size(reader);
        Result<std::string_view> bytes = co_await stream_->read(wanted);
        if (!bytes || bytes->empty()) co_return false;
        input = *bytes;
        if (!inbox_.empty()) {
            inbox_.append(input);
            input = inbox_;
        }
    }
    is_http11_ = reader.is_http11();
    is_keep_alive_ = is_http11_ && reader.wants_keep_alive();  // 1.0 asks for it in ways nobody needs now
    request = reader.take();
    auto upgrade = upgrade_request(request.method, request.headers);
    websocket_key_ = upgrade == UpgradeRequest::kValid ? request.headers.get("sec-websocket-key") : "";
    co_return true;
}

// Gives the parser what it takes and asks the handler for the body's limit between head and body.
size_t Connection::feed(RequestReader& reader, std::string_view input) {
    size_t total = 0;
    while (total < input.size() && !reader.is_done() && !reader.is_failed()) {
        size_t taken = reader.put(input.substr(total));
        total += taken;
        if (reader.has_head()) {
            RequestHead& head = reader.head();
            head.peer = peer_.address;
            head.peer_is_loopback = peer_.is_loopback;
            head.listener = peer_.listener;
            reader.accept_body(loop_.handler.body_bytes_max(head));
        } else if (taken == 0) {
            break;
        }
    }
    return total;
}

size_t Connection::read_size(const RequestReader& reader) const {
    if (!reader.is_in_body()) return kHeadReadBytes;
    size_t left = reader.body_bytes_left();
    return left > 0 ? left : kReadBufferBytes;
}

Response Connection::refusal(RequestReader& reader) const {
    if (reader.has_read_head())
        return loop_.handler.refuse(reader.head(), reader.error_status(), reader.error_text());
    return render(Problem{.status = reader.error_status(), .detail = reader.error_text()});
}

Task<> Connection::refuse(Response response) {
    loop_.bad_requests_total.fetch_add(1, std::memory_order_relaxed);
    is_keep_alive_ = false;
    enter(Phase::kSending);
    render_head(response, Framing::kLength, response.body.size());
    loop_.head += response.body;
    stream_->send(loop_.head, nullptr);
    co_await linger();
}

// Closing with unread input resets the connection, and the answer could be lost on its way; so read on for a
// while.
Task<> Connection::linger() {
    co_await flush();
    stream_->shutdown_send();
    enter(Phase::kLingering);
    for (size_t total = 0; total < kLingerBytesMax;) {
        Result<std::string_view> bytes = co_await stream_->read(kReadBufferBytes);
        if (!bytes || bytes->empty()) co_return;
        total += bytes->size();
    }
}

Task<Response> Connection::call_handler(Request request) {
    try {
        Response response = co_await loop_.handler.handle(std::move(request));
        co_return response;
    } catch (const boost::system::system_error& error) {
        if (error.code() == boost::asio::error::operation_aborted) throw;
        log::error("net", "a request's handler threw: {}", error.what());
    } catch (const std::exception& error) {
        log::error("net", "a request's handler threw: {}", error.what());
    }
    is_keep_alive_ = false;
    co_return render(Problem{.status = 500, .detail = "this request met a bug; the log says more"});
}

void Connection::render_head(const Response& response, Framing framing, uint64_t body_bytes) {
    ResponseHead head;
    head.status = response.status;
    head.headers = &response.headers;
    head.date = loop_.date.at(std::time(nullptr));
    head.framing = framing;
    head.body_bytes = body_bytes;
    head.is_keep_alive = is_keep_alive_;
    loop_.head.clear();
    append_response_head(loop_.head, head);
}

// Waits until the socket took what is queued. False when the peer is gone.
Task<bool> Connection::flush() {
    if (stream_->queued_bytes() == 0) co_return stream_->is_open();
    enter(Phase::kSending);
    Result<void> drained = co_await stream_->drained();
    co_return drained.has_value();
}

Task<bool> Connection::answer(Response response, Method method) {
    if (response.websocket) {
        co_await answer_websocket(std::move(response));
        co_return false;
    }
    if (response.stream) {
        bool goes_on = co_await answer_stream(std::move(response), method);
        co_return goes_on;
    }
    SharedBytes shared = std::move(response.shared_body);
    size_t body_bytes = shared != nullptr ? shared->size() : response.body.size();
    bool has_body = may_have_body(response.status) && method != Method::kHead;
    render_head(response, may_have_body(response.status) ? Framing::kLength : Framing::kNone, body_bytes);
    if (!has_body) {
        shared = nullptr;
    } else if (shared == nullptr && body_bytes <= kJoinedBodyMax) {
        loop_.head += response.body;
    } else if (shared == nullptr) {
        shared = std::make_shared<const std::string>(std::move(response.body));
    }
    stream_->send(loop_.head, shared);
    if (!is_keep_alive_) {
        co_await linger();
        co_return false;
    }
    if (stream_->queued_bytes() == 0) co_return stream_->is_open();
    bool is_sent = co_await flush();
    co_return is_sent;
}

Task<bool> Connection::answer_stream(Response response, Method method) {
    is_keep_alive_ = is_keep_alive_ && response.stream_keeps_connection && is_http11_;
    render_head(response, is_http11_ ? Framing::kChunked : Framing::kUntilClose, 0);
    // Who keeps the connection begins to send at once: one packet, and the client wakes up once.
    if (response.stream_keeps_connection && method != Method::kHead) {
        stream_->hold(loop_.head);
    } else {
        stream_->send(loop_.head, nullptr);
    }
    if (method == Method::kHead) {
        is_keep_alive_ = false;
        co_await linger();
        co_return false;
    }
    ChunkedStream chunks(*stream_, is_http11_ ? Outbox::Wrap::kChunk : Outbox::Wrap::kNone);
    if (!response.stream_keeps_connection) stream_->discard_input();
    bool is_whole = co_await run_guarded(response.stream, static_cast<ByteStream&>(chunks));
    if (!is_whole) co_return false;  // cut without the last chunk, the client sees that it is not all
    if (is_http11_) stream_->send("0\r\n\r\n", nullptr);
    stream_->unwatch();
    bool is_sent = co_await flush();
    if (is_keep_alive_) co_return is_sent && !loop_.is_draining;
    stream_->shutdown_send();
    enter(Phase::kLingering);
    co_await stream_->closed();
    co_return false;
}

Task<> Connection::answer_websocket(Response response) {
    if (websocket_key_.empty()) {
        Response refusal =
            render(Problem{.status = 426, .detail = "this address speaks WebSocket, version 13"});
        refusal.headers.add("Upgrade", "websocket");
        refusal.headers.add("Sec-WebSocket-Version", "13");
        is_keep_alive_ = false;
        co_await answer(std::move(refusal), Method::kGet);
        co_return;
    }
    std::string head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    append_header(head, "Sec-WebSocket-Accept", websocket_accept(websocket_key_));
    for (const auto& [name, value] : response.headers.fields()) append_header(head, name, value);
    head += "\r\n";
    stream_->send(head, nullptr);
    WebSocketSession socket(stream_, WebSocketSide::kServer, kServerMessageBytesMax, std::move(inbox_));
    bool is_whole = co_await run_guarded(response.websocket, static_cast<WebSocket&>(socket));
    uint16_t code = is_whole ? 1000 : 1011;
    co_await socket.close(code, "");
}

}  // namespace nightshift::net
