// Loads a gateway with chat calls and prints one line of JSON.
//     gateway_load PORT closed CONNECTIONS SECONDS MODEL [HEADER]...     as fast as the answers come
//     gateway_load PORT open   RATE        SECONDS MODEL [HEADER]...     calls come when they come; latency
//     counts from then gateway_load PORT stream STREAMS     SECONDS MODEL [HEADER]...     streamed answers,
//     one after the other on each connection
#include <fmt/format.h>
#include <sys/epoll.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include "message_reader.h"
#include "sockets.h"

namespace nightshift::bench {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kWarmUp = kSecond / 2;
constexpr size_t kConnectionsMax = 4000;
constexpr size_t kBodyBytes = 1024;

enum class Mode { kClosed, kOpen, kStream };

struct Plan {
    uint16_t port = 0;
    Mode mode = Mode::kClosed;
    int64_t amount = 0;  // connections, calls a second, or streams
    int64_t seconds = 0;
    std::string request;
};

class Samples {
public:
    void add(int64_t ns) { values_.push_back(ns); }
    size_t count() const { return values_.size(); }
    // In microseconds.
    double percentile(double share) {
        if (values_.empty()) return 0;
        const auto at = static_cast<size_t>(share * static_cast<double>(values_.size() - 1));
        std::nth_element(values_.begin(), values_.begin() + static_cast<ptrdiff_t>(at), values_.end());
        return static_cast<double>(values_[at]) / 1000;
    }

private:
    std::vector<int64_t> values_;
};

struct Connection {
    FileDescriptor socket;
    MessageReader reader;
    std::string out;
    size_t sent = 0;
    bool is_busy = false;
    bool has_first = false;
    int64_t started_ns = 0;  // when the call was to be made
    std::string tail;        // of a stream: what may hold a stamp that came in two parts
};

class Load {
public:
    explicit Load(Plan plan) : plan_(std::move(plan)) {}

    void run() {
        begin_ns_ = now_ns();
        measure_from_ns_ = begin_ns_ + kWarmUp;
        end_ns_ = measure_from_ns_ + plan_.seconds * kSecond;
        next_call_ns_ = begin_ns_;
        if (plan_.mode != Mode::kOpen) {
            for (int64_t i = 0; i < plan_.amount; ++i) idle_.push_back(open());
        }
        epoll_event events[256];
        while (now_ns() < end_ns_) {
            start_calls();
            const int64_t wake = idle_is_due() ? next_call_ns_ : end_ns_;
            const int count = poll_.wait(events, 256, std::min(wake, end_ns_));
            for (int i = 0; i < count; ++i) handle(events[i].data.u64);
        }
        print();
    }

private:
    size_t open() {
        Result<FileDescriptor> socket = connect_to(plan_.port);
        if (!socket) {
            fprintf(stderr, "%s\n", socket.error().message.c_str());
            std::exit(1);
        }
        auto connection = std::make_unique<Connection>();
        connection->socket = std::move(*socket);
        poll_.add(connection->socket.get(), EPOLLIN | EPOLLOUT | EPOLLET, connections_.size());
        connections_.push_back(std::move(connection));
        return connections_.size() - 1;
    }

    // A connection that broke is replaced in its place.
    void reopen(size_t index) {
        Result<FileDescriptor> socket = connect_to(plan_.port);
        if (!socket) return;
        Connection& connection = *connections_[index];
        connection = Connection{};
        connection.socket = std::move(*socket);
        poll_.add(connection.socket.get(), EPOLLIN | EPOLLOUT | EPOLLET, index);
    }

    bool idle_is_due() const { return plan_.mode == Mode::kOpen || !idle_.empty(); }

    void start_calls() {
        const int64_t now = now_ns();
        if (plan_.mode == Mode::kClosed) {
            while (!idle_.empty()) call(take_idle(), now);
            return;
        }
        while (next_call_ns_ <= now) {
            if (plan_.mode == Mode::kStream && idle_.empty()) return;
            if (idle_.empty()) {
                if (connections_.size() >= kConnectionsMax) {
                    ++overflows_;
                    return;
                }
                idle_.push_back(open());
            }
            call(take_idle(), next_call_ns_);
            next_call_ns_ += pause();
        }
    }

    // Streams begin spread over a second; calls of an open load at random, as from many
    // people.
    int64_t pause() {
        if (plan_.mode == Mode::kStream) return kSecond / std::max<int64_t>(plan_.amount, 1);
        std::exponential_distribution<double> distribution(static_cast<double>(plan_.amount));
        return static_cast<int64_t>(distribution(random_) * static_cast<double>(kSecond));
    }

    size_t take_idle() {
        const size_t index = idle_.back();
        idle_.pop_back();
        return index;
    }

    void call(size_t index, int64_t at_ns) {
        Connection& connection = *connections_[index];
        connection.is_busy = true;
        connection.has_first = false;
        connection.started_ns = plan_.mode == Mode::kStream ? now_ns() : at_ns;
        connection.out += plan_.request;
        if (!flush(connection.socket.get(), connection.out, connection.sent)) fail(index);
    }

    void fail(size_t index) {
        ++errors_;
        reopen(index);
        idle_.push_back(index);
    }

    void handle(size_t index) {
        Connection& connection = *connections_[index];
        std::string bytes;
        const bool is_open = receive(connection.socket.get(), bytes);
        connection.reader.feed(bytes);
        for (;;) {
            const MessageReader::Step step = connection.reader.next();
            if (step == MessageReader::Step::kBody) {
                if (plan_.mode == Mode::kStream) take_stamps(connection);
            } else if (step == MessageReader::Step::kEnd) {
                end_call(index);
            } else if (step == MessageReader::Step::kBroken) {
                return fail(index);
            } else {
                break;
            }
        }
        if (!is_open) {
            if (connection.is_busy) return fail(index);
            return;
        }
        if (!flush(connection.socket.get(), connection.out, connection.sent)) fail(index);
    }

    void take_stamps(Connection& connection) {
        const int64_t now = now_ns();
        connection.tail += connection.reader.body();
        constexpr std::string_view kMark = "\"content\":\"t";
        size_t from = 0;
        for (size_t at = connection.tail.find(kMark); at != std::string::npos;
             at = connection.tail.find(kMark, from)) {
            const char* digits = connection.tail.data() + at + kMark.size();
            int64_t sent_ns = 0;
            const auto parsed =
                std::from_chars(digits, connection.tail.data() + connection.tail.size(), sent_ns);
            if (parsed.ptr == connection.tail.data() + connection.tail.size()) break;  // the rest comes later
            from = static_cast<size_t>(parsed.ptr - connection.tail.data());
            const bool is_first = !connection.has_first;
            connection.has_first = true;
            if (connection.started_ns < measure_from_ns_) continue;
            transit_.add(now - sent_ns);
            if (is_first) first_.add(now - connection.started_ns);
        }
        const size_t keep = std::min<size_t>(connection.tail.size() - from, 64);
        connection.tail.erase(0, connection.tail.size() - keep);
    }

    void end_call(size_t index) {
        Connection& connection = *connections_[index];
        const bool is_right = connection.reader.head().compare(9, 3, "200") == 0;
        const bool is_whole =
            plan_.mode != Mode::kStream || connection.tail.find("[DONE]") != std::string::npos;
        connection.is_busy = false;
        connection.tail.clear();
        const int64_t now = now_ns();
        if (!is_right || !is_whole) {
            ++errors_;
        } else if (connection.started_ns >= measure_from_ns_) {
            took_.add(now - connection.started_ns);
        }
        idle_.push_back(index);
    }

    void print() {
        const auto seconds = static_cast<double>(plan_.seconds);
        fmt::print(
            R"({{"calls_s":{:.0f},"p50_us":{:.1f},"p99_us":{:.1f},"p999_us":{:.1f},"errors":{},"overflows":{})",
            static_cast<double>(took_.count()) / seconds, took_.percentile(0.5), took_.percentile(0.99),
            took_.percentile(0.999), errors_, overflows_);
        if (plan_.mode == Mode::kStream) {
            fmt::print(
                R"(,"tokens_s":{:.0f},"first_p50_us":{:.1f},"first_p99_us":{:.1f},"transit_p50_us":{:.1f},"transit_p99_us":{:.1f})",
                static_cast<double>(transit_.count()) / seconds, first_.percentile(0.5),
                first_.percentile(0.99), transit_.percentile(0.5), transit_.percentile(0.99));
        }
        fmt::print("}}\n");
    }

    Plan plan_;
    Poll poll_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::vector<size_t> idle_;
    std::mt19937_64 random_{42};
    int64_t begin_ns_ = 0;
    int64_t measure_from_ns_ = 0;
    int64_t end_ns_ = 0;
    int64_t next_call_ns_ = 0;
    Samples took_;
    Samples first_;
    Samples transit_;
    size_t errors_ = 0;
    size_t overflows_ = 0;
};

std::string make_request(const Plan& plan, std::string_view model, std::string_view headers) {
    std::string body = fmt::format(
        R"({{"model":"{}",{}"temperature":0.7,"max_tokens":150,"messages":[{{"role":"system","content":"You are terse."}},)"
        R"({{"role":"user","content":")",
        model, plan.mode == Mode::kStream ? R"("stream":true,)" : "");
    constexpr std::string_view kTail = "\"}]}";
    body.append(kBodyBytes - std::min(body.size() + kTail.size(), kBodyBytes), 'x').append(kTail);
    return fmt::format(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: "
        "application/json\r\n{}Content-Length: {}\r\n\r\n{}",
        plan.port, headers, body.size(), body);
}

}  // namespace
}  // namespace nightshift::bench

int main(int argc, char** argv) {
    using namespace nightshift::bench;
    std::signal(SIGPIPE, SIG_IGN);
    if (argc < 6)
        return fprintf(stderr,
                       "usage: gateway_load PORT closed|open|stream AMOUNT SECONDS MODEL [HEADER]...\n"),
               2;
    Plan plan;
    plan.port = static_cast<uint16_t>(std::atoi(argv[1]));
    const std::string_view mode = argv[2];
    plan.mode = mode == "open" ? Mode::kOpen : mode == "stream" ? Mode::kStream : Mode::kClosed;
    plan.amount = std::atoll(argv[3]);
    plan.seconds = std::atoll(argv[4]);
    std::string headers;
    for (int i = 6; i < argc; ++i) headers += std::string(argv[i]) + "\r\n";
    plan.request = make_request(plan, argv[5], headers);
    Load(std::move(plan)).run();
    return 0;
}
