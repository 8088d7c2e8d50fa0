// The live hub on our HTTP server, as `nightshift up` wires it, with a publisher of its own: what
// bench/live/run.sh loads. Usage: bench_live_server PORT [RATE=100] [SIZE=300] [SNAPSHOT=20000]
// [INTERVAL_MS=100] [LOOPS=2]
#include <fmt/core.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

#include "base/text.h"
#include "io/loop.h"
#include "live/hub.h"
#include "net/server.h"

namespace nightshift {
namespace {

struct Load {
    uint16_t port = 9100;
    uint64_t rate = 100;
    size_t size = 300;
    size_t snapshot = 20'000;
    uint64_t interval_ms = 100;
    uint64_t loops = 2;
};

// What a network failure does: every connection of the listening port is cut, and nobody is told.
void cut_all_connections(uint16_t port) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    for (int fd = 3; fd < static_cast<int>(limit.rlim_cur); ++fd) {
        sockaddr_in local{};
        sockaddr_in peer{};
        socklen_t local_size = sizeof local;
        socklen_t peer_size = sizeof peer;
        if (getsockname(fd, reinterpret_cast<sockaddr*>(&local), &local_size) != 0) continue;
        if (local.sin_family != AF_INET || ntohs(local.sin_port) != port) continue;
        if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) continue;
        shutdown(fd, SHUT_RDWR);
    }
}

std::string stat_json(const live::Stats& stats) {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    int64_t cpu_us = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000 + usage.ru_utime.tv_usec +
                     usage.ru_stime.tv_usec;
    uint64_t pages_all = 0;
    uint64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages_all >> pages;
    return fmt::format(
        R"({{"cpu_us":{},"rss":{},"clients":{},"resumed":{},"snapshots":{},"fell_behind":{},"refused":{},"queued":{},"ring":{}}})",
        cpu_us, pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)), stats.clients, stats.resumed_total,
        stats.snapshots_total, stats.fell_behind_total, stats.refused_total, stats.queued_bytes,
        stats.ring_bytes);
}

class BenchHandler final : public net::Handler {
public:
    BenchHandler(live::Hub& hub, std::atomic<bool>& is_cut_due) : hub_(hub), is_cut_due_(is_cut_due) {}

    size_t body_bytes_max(const net::RequestHead&) const override { return 0; }
    Task<net::Response> handle(net::Request request) override {
        net::Response response;
        if (request.path == "/api/v1/live") {
            response = hub_.connect(request, "default");
        } else if (request.path == "/drop") {
            is_cut_due_ = true;
            response = net::Response::text(202, "soon");
        } else {
            response = net::Response::json(200, stat_json(hub_.stats()));
        }
        co_return response;
    }

private:
    live::Hub& hub_;
    std::atomic<bool>& is_cut_due_;
};

// `rate` events a second, each with the time it was made, to whoever reads; and the cut, from outside the
// server's loops.
void publish(live::Hub& hub, const Load& load, const std::atomic<bool>& is_over,
             std::atomic<bool>& is_cut_due) {
    std::string pad(load.size > 48 ? load.size - 48 : 0, 'x');
    uint64_t sequence = 0;
    auto next = std::chrono::steady_clock::now();
    while (!is_over) {
        std::this_thread::sleep_until(next);
        if (is_cut_due.exchange(false)) cut_all_connections(load.port);
        // The time at which it was due, so that coming late to publish does not look fast.
        int64_t due_ns = std::chrono::nanoseconds(next.time_since_epoch()).count();
        hub.append("default", "events", fmt::format(R"({{"t":{},"s":{},"p":"{}"}})", due_ns, sequence, pad));
        next += std::chrono::nanoseconds(1'000'000'000 / load.rate);
        if (hub.has_readers("default", "events")) ++sequence;
    }
}

int serve(const Load& load) {
    SystemClock clock;
    std::vector<std::unique_ptr<io::Loop>> loops;
    std::vector<io::Loop*> pointers;
    for (uint64_t i = 0; i < load.loops; ++i) {
        loops.push_back(std::make_unique<io::Loop>("net-" + std::to_string(i)));
        pointers.push_back(loops.back().get());
    }
    live::Options options;
    options.interval = std::chrono::milliseconds(load.interval_ms);
    auto hub = std::make_unique<live::Hub>(pointers, options, clock);
    for (size_t bytes = 0, i = 0; bytes < load.snapshot; bytes += 400, ++i) {
        std::string key = "session/" + std::to_string(i);
        hub->put("default", "fleet", key,
                 fmt::format(R"({{"key":"{}","session":"{}"}})", key, std::string(370, 's')));
    }
    std::atomic<bool> is_cut_due{false};
    BenchHandler handler(*hub, is_cut_due);
    net::ServerOptions server_options;
    server_options.listen = {net::Address{"127.0.0.1", load.port}};
    auto server = net::Server::start(pointers, server_options, handler);
    if (!server) {
        fmt::print(stderr, "{}\n", server.error().message);
        return 1;
    }
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    std::atomic<bool> is_over{false};
    std::thread publisher([&] { publish(*hub, load, is_over, is_cut_due); });
    int received = 0;
    sigwait(&signals, &received);
    is_over = true;
    publisher.join();
    hub.reset();
    (*server)->stop();
    return 0;
}

}  // namespace
}  // namespace nightshift

int main(int argc, char** argv) {
    sigset_t signals;  // before any thread starts, so that only sigwait() gets them
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    auto number = [&](int i, uint64_t otherwise) {
        return argc > i ? nightshift::parse_uint(argv[i]).value_or(otherwise) : otherwise;
    };
    nightshift::Load load;
    load.port = static_cast<uint16_t>(number(1, load.port));
    load.rate = number(2, load.rate);
    load.size = number(3, load.size);
    load.snapshot = number(4, load.snapshot);
    load.interval_ms = number(5, load.interval_ms);
    load.loops = number(6, load.loops);
    return nightshift::serve(load);
}
