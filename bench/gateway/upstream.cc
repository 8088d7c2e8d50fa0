// A model provider that answers at once: OpenAI's chat, whole (1 KB) or streamed. What it does stands in the
// model's name: "-n100" chunks, "-itl20" milliseconds between them, "-lat5" before the answer. Each chunk
// says when it was sent.
//     gateway_upstream PORT
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <memory>
#include <queue>
#include <unordered_map>

#include "message_reader.h"
#include "sockets.h"

namespace nightshift::bench {
namespace {

constexpr int64_t kMs = 1'000'000;

int64_t number_after(std::string_view text, std::string_view word, int64_t otherwise) {
    const size_t found = text.find(word);
    if (found == std::string_view::npos) return otherwise;
    int64_t value = otherwise;
    std::from_chars(text.data() + found + word.size(), text.data() + text.size(), value);
    return value;
}

std::string whole_answer(std::string_view model) {
    std::string words;
    while (words.size() < 620) words += "The night shift writes its report. ";
    const std::string body = fmt::format(
        R"({{"id":"chatcmpl-bench","object":"chat.completion","created":1760000000,"model":"{}","choices":[{{"index":0,)"
        R"("message":{{"role":"assistant","content":"{}","refusal":null}},"logprobs":null,"finish_reason":"stop"}}],)"
        R"("usage":{{"prompt_tokens":200,"completion_tokens":150,"total_tokens":350,"prompt_tokens_details":{{"cached_tokens":0}},)"
        R"("completion_tokens_details":{{"reasoning_tokens":0}}}},"service_tier":"default","system_fingerprint":"fp"}})",
        model, words);
    return fmt::format(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nx-request-id: "
        "req_bench\r\n"
        "x-ratelimit-remaining-requests: 14399\r\nx-ratelimit-remaining-tokens: 499650\r\n\r\n{}",
        body.size(), body);
}

constexpr std::string_view kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n"
    "Transfer-Encoding: chunked\r\nx-request-id: req_bench\r\n\r\n";
constexpr std::string_view kChunkHead =
    R"(data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1760000000,"model":"bench","system_fingerprint":"fp",)";

void append_event(std::string& out, std::string_view json) {
    fmt::format_to(std::back_inserter(out), "{:x}\r\n{}{}\n\n\r\n", kChunkHead.size() + json.size() + 2,
                   kChunkHead, json);
}

struct Connection {
    FileDescriptor socket;
    MessageReader reader;
    std::string body;
    std::string out;
    size_t sent = 0;
    uint64_t serial = 0;  // tells a timer that its connection is another one by now
    int64_t chunks_left = 0;
    int64_t pause_ns = 0;
    bool wants_usage = false;
};

class Upstream {
public:
    explicit Upstream(FileDescriptor listener) : listener_(std::move(listener)) {
        poll_.add(listener_.get(), EPOLLIN, static_cast<uint64_t>(listener_.get()));
    }

    void run() {
        epoll_event events[256];
        for (;;) {
            const int64_t next = timers_.empty() ? now_ns() + 1000 * kMs : timers_.top().at_ns;
            const int count = poll_.wait(events, 256, next);
            for (int i = 0; i < count; ++i) handle(events[i]);
            fire();
        }
    }

private:
    struct Timer {
        int64_t at_ns;
        int socket;
        uint64_t serial;
        bool operator<(const Timer& other) const { return at_ns > other.at_ns; }
    };

    void handle(const epoll_event& event) {
        const int socket = static_cast<int>(event.data.u64);
        if (socket == listener_.get()) return accept_all();
        const auto found = connections_.find(socket);
        if (found == connections_.end()) return;
        Connection& connection = *found->second;
        std::string bytes;
        const bool is_open = receive(socket, bytes);
        connection.reader.feed(bytes);
        if (!is_open || !take_requests(connection) || !flush(socket, connection.out, connection.sent)) {
            connections_.erase(found);
        }
    }

    void accept_all() {
        for (;;) {
            FileDescriptor socket(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
            if (!socket.is_open()) return;
            const int on = 1;
            setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            const int number = socket.get();
            poll_.add(number, EPOLLIN | EPOLLOUT | EPOLLET, static_cast<uint64_t>(number));
            auto connection = std::make_unique<Connection>();
            connection->socket = std::move(socket);
            connection->serial = ++serial_;
            connections_[number] = std::move(connection);
        }
    }

    bool take_requests(Connection& connection) {
        for (;;) {
            switch (connection.reader.next()) {
                case MessageReader::Step::kMore:
                    return true;
                case MessageReader::Step::kBroken:
                    return false;
                case MessageReader::Step::kBody:
                    connection.body += connection.reader.body();
                    break;
                case MessageReader::Step::kEnd:
                    answer(connection);
                    connection.body.clear();
            }
        }
    }

    void answer(Connection& connection) {
        const std::string& body = connection.body;
        const size_t found = body.find("\"model\":\"");
        const size_t begin = found == std::string::npos ? 0 : found + 9;
        const std::string model = body.substr(begin, body.find('"', begin) - begin);
        if (body.find("\"stream\":true") == std::string::npos) {
            if (model != answer_model_) {
                answer_model_ = model;
                answer_ = whole_answer(model);
            }
            connection.out += answer_;
            return;
        }
        connection.chunks_left = number_after(model, "-n", 100);
        connection.pause_ns = number_after(model, "-itl", 0) * kMs;
        connection.wants_usage = body.find("\"include_usage\":true") != std::string::npos;
        connection.out += kStreamHead;
        const int64_t wait = number_after(model, "-lat", 0) * kMs;
        if (wait > 0)
            timers_.push({now_ns() + wait, connection.socket.get(), connection.serial});
        else
            stream(connection);
    }

    // The next chunk, or all of them when nothing is to be waited for.
    void stream(Connection& connection) {
        while (connection.chunks_left > 0) {
            append_event(
                connection.out,
                fmt::format(
                    R"("choices":[{{"index":0,"delta":{{"content":"t{} "}},"logprobs":null,"finish_reason":null}}]}})",
                    now_ns()));
            if (--connection.chunks_left > 0 && connection.pause_ns > 0) {
                timers_.push({now_ns() + connection.pause_ns, connection.socket.get(), connection.serial});
                return;
            }
        }
        append_event(connection.out,
                     R"("choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]})");
        if (connection.wants_usage) {
            append_event(
                connection.out,
                R"("choices":[],"usage":{"prompt_tokens":200,"completion_tokens":100,"total_tokens":300}})");
        }
        connection.out += "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n";
    }

    void fire() {
        while (!timers_.empty() && timers_.top().at_ns <= now_ns()) {
            const Timer timer = timers_.top();
            timers_.pop();
            const auto found = connections_.find(timer.socket);
            if (found == connections_.end() || found->second->serial != timer.serial) continue;
            stream(*found->second);
            if (!flush(timer.socket, found->second->out, found->second->sent)) connections_.erase(found);
        }
    }

    FileDescriptor listener_;
    Poll poll_;
    std::unordered_map<int, std::unique_ptr<Connection>> connections_;
    std::priority_queue<Timer> timers_;
    uint64_t serial_ = 0;
    std::string answer_model_;
    std::string answer_;
};

}  // namespace
}  // namespace nightshift::bench

int main(int argc, char** argv) {
    using namespace nightshift;
    std::signal(SIGPIPE, SIG_IGN);
    if (argc != 2) return fprintf(stderr, "usage: gateway_upstream PORT\n"), 2;
    Result<FileDescriptor> listener = bench::listen_on(static_cast<uint16_t>(std::atoi(argv[1])));
    if (!listener) return fprintf(stderr, "%s\n", listener.error().message.c_str()), 1;
    bench::Upstream(std::move(*listener)).run();
}
