#include <boost/asio/this_coro.hpp>

#include "base/text.h"
#include "net/dial.h"
#include "net/http1.h"
#include "net/render.h"
#include "net/request_head.h"
#include "net/websocket.h"
#include "net/websocket_handshake.h"
#include "net/websocket_session.h"

namespace nightshift::net {
namespace {

constexpr size_t kReadBytes = 16u << 10;

SharedBytes render_upgrade(const Url& url, const Headers& headers, std::string_view key) {
    std::string head;
    append_request_line(head, "GET", url);
    append_header(head, "Upgrade", "websocket");
    append_header(head, "Connection", "Upgrade");
    append_header(head, "Sec-WebSocket-Version", "13");
    append_header(head, "Sec-WebSocket-Key", key);
    for (const auto& [name, value] : headers.fields()) append_header(head, name, value);
    head += "\r\n";
    return std::make_shared<const std::string>(std::move(head));
}

// Reads the answer to the upgrade; returns what came behind it.
Task<Result<std::string>> read_answer(Transport& transport, ResponseReader& reader) {
    std::string inbox;
    while (true) {
        Result<std::string_view> bytes = co_await transport.read(kReadBytes);
        if (!bytes) co_return Failure(bytes.error());
        if (bytes->empty())
            co_return fail(Code::kUnavailable, "the peer closed before it answered the upgrade");
        inbox.append(*bytes);
        size_t taken = reader.put(inbox);
        inbox.erase(0, taken);
        if (reader.is_failed())
            co_return fail(Code::kInvalid, "the answer is not HTTP: {}", reader.error_text());
        if (reader.is_done()) co_return std::move(inbox);
    }
}

Code code_for_refusal(int status) {
    if (status == 401) return Code::kUnauthorized;
    if (status == 403) return Code::kForbidden;
    if (status == 429 || status >= 500) return Code::kUnavailable;
    return Code::kInvalid;
}

Result<void> check_answer(const ResponseReader& reader, const std::string& url, std::string_view key) {
    if (reader.status() != 101) {
        return fail(code_for_refusal(reader.status()), "{} refused the WebSocket with status {}", url,
                    reader.status());
    }
    const Headers& headers = reader.headers();
    bool is_upgraded = equals_ignore_case(headers.get("upgrade"), "websocket") &&
                       has_token(headers.get("connection"), "upgrade") &&
                       headers.get("sec-websocket-accept") == websocket_accept(key) &&
                       headers.get("sec-websocket-extensions").empty();
    if (!is_upgraded) return fail(Code::kInvalid, "{} answered 101, but not as RFC 6455 §4.2.2 demands", url);
    return {};
}

}  // namespace

Task<Result<std::unique_ptr<WebSocket>>> connect_websocket(std::string url, WebSocketOptions options) {
    auto parsed = parse_url(url);
    if (!parsed) co_return Failure(parsed.error());
    Url address = std::move(*parsed);
    if (address.scheme != "ws" && address.scheme != "wss") {
        co_return fail(Code::kInvalid, "{}: a WebSocket needs ws:// or wss://", url);
    }
    auto executor = co_await boost::asio::this_coro::executor;
    Deadline deadline(executor, options.connect_timeout);
    Result<std::shared_ptr<Transport>> dialed = co_await dial(address, deadline);
    if (!dialed) co_return Failure(dialed.error());
    TransportGuard transport(std::move(*dialed));

    std::string key = make_websocket_key();
    ResponseReader reader(true, [](std::string_view) { return true; });
    transport->offer(render_upgrade(address, options.headers, key), SIZE_MAX);
    Result<std::string> rest = co_await read_answer(*transport, reader);
    Result<void> checked;
    if (deadline.has_passed()) {
        checked =
            fail(Code::kTimeout, "{} did not answer within {} ms", url, options.connect_timeout.count());
    } else if (!rest) {
        checked = fail(rest.error().code, "{}: {}", url, rest.error().message);
    } else {
        checked = check_answer(reader, url, key);
    }
    if (!checked) co_return Failure(checked.error());
    std::unique_ptr<WebSocket> socket = std::make_unique<WebSocketSession>(
        transport.release(), WebSocketSide::kClient, options.message_bytes_max, std::move(*rest));
    co_return std::move(socket);
}

}  // namespace nightshift::net
