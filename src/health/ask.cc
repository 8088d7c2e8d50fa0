#include "health/ask.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>

#include "base/text.h"
#include "health/limits.h"
#include "net/client.h"
#include "net/dial.h"

namespace nightshift::health {
namespace {

using std::chrono::milliseconds;
using Kind = Answer::Kind;

// Shorter words of a header are no secrets, and taking them out would tear ordinary answers.
constexpr size_t kHiddenBytesMin = 8;
// A shell's words for a program that is not there or cannot run.
constexpr int kCannotRun = 126;
constexpr int kNoProgram = 127;

Answer failed(const Error& error, milliseconds took, milliseconds timeout, bool is_reached) {
    Answer answer;
    answer.kind = Kind::kSilent;
    answer.why = error.message;
    answer.is_reached = is_reached;
    if (error.code == Code::kTimeout && is_our_delay(took, timeout)) {
        answer.kind = Kind::kNotAsked;
        answer.why = fmt::format("we were too busy to see an answer: a wait of {} ms took {} ms",
                                 timeout.count(), took.count());
    }
    // Of an answer that is too large nobody can say what it holds.
    if (error.code == Code::kLimit) answer.kind = Kind::kNotAsked;
    return answer;
}

milliseconds since(std::chrono::steady_clock::time_point began) {
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
}

Task<Answer> ask_http(const HttpQuestion& question, milliseconds timeout) {
    auto is_reached = std::make_shared<bool>(false);
    net::ClientRequest request;
    request.method = question.method;
    request.url = question.url;
    request.body = question.body;
    request.timeout = timeout;
    request.body_bytes_max = kAnswerBytesMax;
    request.on_sending = [is_reached] { *is_reached = true; };
    for (const auto& [name, value] : question.headers) request.headers.add(name, value.reveal());
    auto began = std::chrono::steady_clock::now();
    Result<net::ClientResponse> response = co_await net::fetch(std::move(request));
    if (!response) co_return failed(response.error(), since(began), timeout, *is_reached);
    Answer answer;
    answer.is_reached = true;
    std::string encoding(response->headers.get("Content-Encoding"));
    Result<std::string> body = net::decode_content(encoding, std::move(response->body), kAnswerBytesMax);
    if (!body) {
        answer.why = fmt::format("the answer {} cannot be read: {}", response->status, body.error().message);
        co_return answer;
    }
    answer.kind = Kind::kSpoke;
    answer.status = response->status;
    answer.body = std::move(*body);
    co_return answer;
}

Task<Answer> ask_tcp(const TcpQuestion& question, milliseconds timeout) {
    net::Url url{.scheme = "http", .host = question.host, .port = question.port, .target = "/"};
    auto executor = co_await boost::asio::this_coro::executor;
    net::Deadline deadline(executor, timeout);
    auto began = std::chrono::steady_clock::now();
    Result<std::shared_ptr<net::Transport>> dialed = co_await net::dial(url, deadline);
    if (!dialed) co_return failed(dialed.error(), since(began), timeout, false);
    net::TransportGuard transport(std::move(*dialed));
    Answer answer;
    answer.kind = Kind::kSpoke;
    answer.says = fmt::format("{}:{} takes connections", question.host, question.port);
    answer.is_reached = true;
    co_return answer;
}

void add_words(std::vector<std::string_view>& words, const Secret& secret) {
    for (std::string_view word : split(secret.reveal(), ' ')) {
        if (word.size() >= kHiddenBytesMin) words.push_back(word);
    }
}

}  // namespace

bool is_our_delay(milliseconds took, milliseconds timeout) {
    return took > timeout + std::max(milliseconds(1'000), timeout / 2);
}

std::string without_secrets(const Question& question, std::string text) {
    std::vector<std::string_view> words;
    if (const auto* http = std::get_if<HttpQuestion>(&question)) {
        for (const Secret& each : http->hidden) add_words(words, each);
        // Of a URL the query may be a secret; an error names the whole URL.
        size_t query = http->url.find('?');
        if (query != std::string::npos) words.push_back(std::string_view(http->url).substr(query));
    }
    if (const auto* command = std::get_if<CommandQuestion>(&question)) {
        for (const Secret& each : command->hidden) add_words(words, each);
    }
    constexpr std::string_view kHidden = "[hidden]";
    for (std::string_view word : words) {
        for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + kHidden.size()))
            text.replace(at, word.size(), kHidden);
    }
    return text;
}

Answer answer_of(const Result<CommandEnd>& end) {
    Answer answer;
    if (!end) {
        answer.why = end.error().message;
        return answer;
    }
    if (end->timed_out || end->signal != 0) {
        answer.kind = Kind::kSilent;
        answer.why = end->timed_out ? "it did not end in time and was killed"
                                    : fmt::format("signal {} killed it", end->signal);
        return answer;
    }
    int code = end->exit_code.value_or(-1);
    if (code == kCannotRun || code == kNoProgram) {
        answer.why = fmt::format("it cannot be run, exit {}: {}", code, quote(end->output));
        return answer;
    }
    answer.kind = Kind::kSpoke;
    answer.says = "exits with";
    answer.status = code;
    answer.body = end->output;
    return answer;
}

Task<Answer> ask(ProbePtr probe, RunCommand run_command, std::stop_token stop) {
    milliseconds timeout = probe->policy.timeout;
    Answer answer;
    if (const auto* http = std::get_if<HttpQuestion>(&probe->question)) {
        answer = co_await ask_http(*http, timeout);
    } else if (const auto* tcp = std::get_if<TcpQuestion>(&probe->question)) {
        answer = co_await ask_tcp(*tcp, timeout);
    } else {
        Result<CommandEnd> end =
            co_await run_command(std::get<CommandQuestion>(probe->question), timeout, std::move(stop));
        answer = answer_of(end);
    }
    answer.body = without_secrets(probe->question, std::move(answer.body));
    answer.why = without_secrets(probe->question, std::move(answer.why));
    co_return answer;
}

}  // namespace nightshift::health
