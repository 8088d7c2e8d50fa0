// Posts alerts to /api/v2/alerts as Prometheus does, as fast as they are taken: one request under way on each
// connection. The group is the label "service", the alert the label "instance". Ends when all were answered
// or nobody answers any more, and prints what was taken; the numbers of the batches that were, for whoever
// wants to look for them.
//     alerts_load PORT ALERTS GROUPS BATCH CONNECTIONS [HEADER]...
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/epoll.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <vector>

#include "message_reader.h"
#include "sockets.h"

namespace nightshift::bench {
namespace {

struct Wanted {
    uint16_t port = 0;
    size_t alerts = 0;
    size_t groups = 0;
    size_t batch = 0;
    size_t connections = 0;
    std::string headers;
};

std::string time_text(int minutes_from_now) {
    const auto time = std::chrono::system_clock::now() + std::chrono::minutes(minutes_from_now);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string alert_json(size_t number, size_t groups) {
    static const std::string starts = time_text(0);
    static const std::string ends = time_text(60);
    return fmt::format(
        R"({{"labels":{{"alertname":"HighLatency","service":"group-{:05}","instance":"instance-{:06}:9100","job":"api",)"
        R"("cluster":"eu-1","namespace":"prod","severity":"critical"}},"annotations":{{"summary":"p99 of group-{:05} is above )"
        R"(500 ms","runbook_url":"https://runbooks.example.com/high-latency"}},"startsAt":"{}","endsAt":"{}",)"
        R"("generatorURL":"http://prometheus.example.com/graph?g0.expr=histogram_quantile"}})",
        number % groups, number, number % groups, starts, ends);
}

// All requests, made before the clock starts.
std::vector<std::string> make_requests(const Wanted& wanted) {
    std::vector<std::string> requests;
    for (size_t at = 0; at < wanted.alerts; at += wanted.batch) {
        std::string body = "[";
        const size_t end = std::min(at + wanted.batch, wanted.alerts);
        for (size_t number = at; number < end; ++number) {
            if (number > at) body += ',';
            body += alert_json(number, wanted.groups);
        }
        body += ']';
        requests.push_back(fmt::format(
            "POST /api/v2/alerts HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            "{}Content-Length: {}\r\n\r\n{}",
            wanted.headers, body.size(), body));
    }
    return requests;
}

struct Connection {
    FileDescriptor socket;
    MessageReader reader;
    std::string out;
    size_t sent = 0;
    size_t batch = 0;
    int64_t asked_ns = 0;
    bool is_open = true;
};

class Load {
public:
    explicit Load(const Wanted& wanted) : wanted_(wanted), requests_(make_requests(wanted)) {}

    bool run() {
        connections_.resize(wanted_.connections);
        for (size_t i = 0; i < connections_.size(); ++i) {
            Result<FileDescriptor> socket = connect_to(wanted_.port);
            if (!socket) return false;
            connections_[i].socket = std::move(*socket);
            poll_.add(connections_[i].socket.get(), EPOLLIN | EPOLLOUT | EPOLLET, i);
        }
        begun_ns_ = now_ns();
        for (Connection& each : connections_) ask(each);
        epoll_event events[64];
        while (std::any_of(connections_.begin(), connections_.end(),
                           [](const auto& each) { return each.is_open; })) {
            const int count = poll_.wait(events, 64, now_ns() + 1'000'000'000);
            for (int i = 0; i < count; ++i) handle(connections_[events[i].data.u64]);
        }
        return true;
    }

    void print() const {
        std::vector<int64_t> sorted = took_ns_;
        std::sort(sorted.begin(), sorted.end());
        const auto at = [&](size_t percent) {
            return sorted.empty() ? 0.0
                                  : static_cast<double>(sorted[(sorted.size() - 1) * percent / 100]) / 1e6;
        };
        fmt::print(
            R"({{"begun_ns":{},"ended_ns":{},"refused":{},"p50_ms":{:.2f},"p99_ms":{:.2f},"taken":[{}]}})"
            "\n",
            begun_ns_, ended_ns_, refused_, at(50), at(99), fmt::join(taken_, ","));
    }

private:
    void ask(Connection& connection) {
        if (next_ == requests_.size()) {
            connection.is_open = false;
            return;
        }
        connection.batch = next_++;
        connection.out = requests_[connection.batch];
        connection.sent = 0;
        connection.asked_ns = now_ns();
        connection.is_open = flush(connection.socket.get(), connection.out, connection.sent);
    }

    void handle(Connection& connection) {
        if (!connection.is_open) return;
        std::string bytes;
        const bool is_there = receive(connection.socket.get(), bytes);
        connection.reader.feed(bytes);
        for (auto step = connection.reader.next(); step != MessageReader::Step::kMore;
             step = connection.reader.next()) {
            if (step == MessageReader::Step::kBroken) connection.is_open = false;
            if (step == MessageReader::Step::kBroken) return;
            if (step == MessageReader::Step::kEnd) answered(connection);
        }
        if (!is_there) connection.is_open = false;
        if (connection.is_open)
            connection.is_open = flush(connection.socket.get(), connection.out, connection.sent);
    }

    void answered(Connection& connection) {
        ended_ns_ = now_ns();
        took_ns_.push_back(ended_ns_ - connection.asked_ns);
        if (connection.reader.head().starts_with("HTTP/1.1 200"))
            taken_.push_back(connection.batch);
        else
            ++refused_;
        ask(connection);
    }

    Wanted wanted_;
    std::vector<std::string> requests_;
    std::vector<Connection> connections_;
    Poll poll_;
    size_t next_ = 0;
    size_t refused_ = 0;
    int64_t begun_ns_ = 0;
    int64_t ended_ns_ = 0;
    std::vector<int64_t> took_ns_;
    std::vector<size_t> taken_;
};

size_t number(const char* text) {
    const std::string_view view(text);
    size_t value = 0;
    std::from_chars(view.data(), view.data() + view.size(), value);
    return value;
}

}  // namespace
}  // namespace nightshift::bench

int main(int count, char** arguments) {
    using namespace nightshift::bench;
    if (count < 6) {
        std::fputs("alerts_load PORT ALERTS GROUPS BATCH CONNECTIONS [HEADER]...\n", stderr);
        return 2;
    }
    std::signal(SIGPIPE, SIG_IGN);
    Wanted wanted{static_cast<uint16_t>(number(arguments[1])),
                  number(arguments[2]),
                  number(arguments[3]),
                  number(arguments[4]),
                  number(arguments[5]),
                  ""};
    for (int i = 6; i < count; ++i) wanted.headers += std::string(arguments[i]) + "\r\n";
    Load load(wanted);
    if (!load.run()) return 1;
    load.print();
    return 0;
}
