#include "jobs/runner/http_call.h"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "base/text.h"
#include "net/client.h"

namespace nightshift::jobs {
namespace {

// Read no further: nobody looks at it.
constexpr size_t kAnswerBytesMax = 1u << 20;

// The beginning of an answer, and how much there was.
struct Answer {
    std::string beginning;
    size_t bytes = 0;

    bool take(std::string_view piece) {
        bytes += piece.size();
        beginning.append(piece.substr(0, kSummaryBytesMax - std::min(beginning.size(), kSummaryBytesMax)));
        return bytes < kAnswerBytesMax;
    }
};

}  // namespace

std::optional<net::Method> parse_http_method(std::string_view name) {
    using enum net::Method;
    for (net::Method method : std::array{kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions}) {
        if (equals_ignore_case(net::to_string(method), name)) return method;
    }
    return std::nullopt;
}

Task<Execution> call_http(HttpAction action, std::chrono::milliseconds timeout, const Clock& clock) {
    Execution execution;
    execution.started = clock.now();
    auto method = parse_http_method(action.method);
    if (!method) {
        execution.error = fmt::format("{} is no HTTP method", action.method);
        execution.ended = execution.started;
        co_return execution;
    }
    Answer answer;
    net::ClientRequest request{.method = *method,
                               .url = action.url,
                               .headers = {},
                               .body = std::move(action.body),
                               .timeout = timeout,
                               .on_body = [&answer](std::string_view piece) { return answer.take(piece); }};
    for (const auto& [name, value] : action.headers) request.headers.add(name, value);
    Result<net::ClientResponse> response = co_await net::fetch(std::move(request));
    execution.ended = clock.now();
    execution.summary = truncate_utf8(to_valid_utf8(answer.beginning), kSummaryBytesMax);
    execution.output_bytes = answer.bytes;
    if (!response) {
        execution.timed_out = response.error().code == Code::kTimeout;
        execution.error = response.error().message;
    } else if (response->status < 200 || response->status > 299) {
        execution.error = fmt::format("{} {} answered {}", action.method, action.url, response->status);
    }
    co_return execution;
}

}  // namespace nightshift::jobs
