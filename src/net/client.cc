#include "net/client.h"

#include <fmt/format.h>

#include <boost/asio/this_coro.hpp>

#include "io/blocking.h"
#include "io/loop.h"
#include "net/dial.h"
#include "net/http1.h"
#include "net/render.h"
#include "net/request_head.h"

namespace nightshift::net {
namespace {

constexpr size_t kReadBytes = 64u << 10;

// Takes the body's pieces and remembers why it stopped.
struct BodySink {
    bool take(std::string_view piece) {
        taken += piece.size();
        if (taken > bytes_max) {
            is_too_large = true;
            return false;
        }
        if (!on_body) {
            body.append(piece);
            return true;
        }
        is_stopped = !on_body(piece);
        return !is_stopped;
    }

    std::function<bool(std::string_view)> on_body;
    size_t bytes_max = 0;
    std::string body;
    size_t taken = 0;
    bool is_too_large = false;
    bool is_stopped = false;
};

SharedBytes render_request(const ClientRequest& request, const Url& url) {
    std::string head;
    append_request_line(head, to_string(request.method), url);
    for (const auto& [name, value] : request.headers.fields()) append_header(head, name, value);
    bool has_body = !request.body.empty() || request.method == Method::kPost ||
                    request.method == Method::kPut || request.method == Method::kPatch;
    if (has_body) append_header(head, "Content-Length", std::to_string(request.body.size()));
    head += "Connection: close\r\n\r\n";
    head += request.body;
    return std::make_shared<const std::string>(std::move(head));
}

Task<Result<void>> read_response(Transport& transport, ResponseReader& reader) {
    std::string inbox;
    while (!reader.is_done() && !reader.is_failed()) {
        Result<std::string_view> bytes = co_await transport.read(kReadBytes);
        if (!bytes) co_return Failure(bytes.error());
        if (bytes->empty()) {
            reader.put_eof();
            break;
        }
        std::string_view input = *bytes;
        if (!inbox.empty()) {
            inbox.append(input);
            input = inbox;
        }
        size_t taken = reader.put(input);
        std::string rest(input.substr(taken));
        inbox = std::move(rest);
    }
    co_return Result<void>();
}

}  // namespace

Task<Result<ClientResponse>> fetch(ClientRequest request) {
    auto parsed = parse_url(request.url);
    if (!parsed) co_return Failure(parsed.error());
    Url url = std::move(*parsed);
    if (url.scheme != "http" && url.scheme != "https") {
        co_return fail(Code::kInvalid, "{} is for WebSockets; a request needs http or https", url.scheme);
    }
    auto executor = co_await boost::asio::this_coro::executor;
    Deadline deadline(executor, request.timeout);
    Result<std::shared_ptr<Transport>> dialed = co_await dial(url, deadline);
    if (!dialed) co_return Failure(dialed.error());
    TransportGuard transport(std::move(*dialed));

    BodySink sink;
    sink.on_body = std::move(request.on_body);
    sink.bytes_max = request.body_bytes_max;
    ResponseReader reader(request.method == Method::kHead,
                          [&sink](std::string_view piece) { return sink.take(piece); });
    if (request.on_sending) request.on_sending();
    transport->offer(render_request(request, url), SIZE_MAX);
    Result<void> read = co_await read_response(*transport, reader);

    if (deadline.has_passed()) {
        co_return fail(Code::kTimeout, "{} did not answer within {} ms", request.url,
                       request.timeout.count());
    }
    if (sink.is_too_large) {
        co_return fail(Code::kLimit, "the answer of {} is larger than {} bytes", request.url,
                       request.body_bytes_max);
    }
    if (!read) co_return fail(read.error().code, "{}: {}", request.url, read.error().message);
    if (reader.is_failed() && !sink.is_stopped) {
        co_return fail(Code::kInvalid, "the answer of {} is not HTTP: {}", request.url, reader.error_text());
    }
    co_return ClientResponse{reader.status(), reader.headers(), std::move(sink.body)};
}

namespace {

Task<> fetch_into(ClientRequest request, std::optional<Result<ClientResponse>>& result) {
    Result<ClientResponse> response = co_await fetch(std::move(request));
    result = std::move(response);
}

}  // namespace

Result<ClientResponse> fetch_blocking(ClientRequest request) {
    std::optional<Result<ClientResponse>> result;
    io::Loop loop("fetch");
    io::run_blocking(loop, [&] { return fetch_into(std::move(request), result); });
    return std::move(*result);
}

}  // namespace nightshift::net
