#include <fmt/core.h>

#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "batch.h"
#include "connection.h"

// Posts batches of agent spans to a running Nightshift over some connections, while another asks a
// dashboard's queries.
//
//   ingest_load <host> <port> <token> <server pid> [connections=8] [seconds=10] [spans=512]
namespace nightshift::bench {
namespace {

using Steady = std::chrono::steady_clock;

struct Setup {
    std::string host;
    uint16_t port = 0;
    std::string token;
    std::string pid;
    size_t connections = 8;
    int seconds = 10;
    size_t spans = 512;
};

struct Sample {
    std::vector<double> ms;
    uint64_t failed = 0;
    std::string failure;

    double quantile(double q) {
        if (ms.empty()) return 0;
        std::sort(ms.begin(), ms.end());
        return ms[std::min(ms.size() - 1, static_cast<size_t>(q * static_cast<double>(ms.size())))];
    }
    void add(Sample& other) {
        ms.insert(ms.end(), other.ms.begin(), other.ms.end());
        failed += other.failed;
        if (failure.empty()) failure = other.failure;
    }
};

void time_post(Connection& connection, std::string_view path, const std::string& headers,
               std::string_view body, Sample& sample) {
    std::string answer;
    const auto begun = Steady::now();
    Result<int> status = connection.post(path, headers, body, answer);
    const double ms = std::chrono::duration<double, std::milli>(Steady::now() - begun).count();
    if (status && *status == 200) {
        sample.ms.push_back(ms);
        return;
    }
    ++sample.failed;
    if (sample.failure.empty())
        sample.failure = status ? fmt::format("{} {}", *status, answer) : status.error().message;
}

uint64_t now_ns() {
    return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                     std::chrono::system_clock::now().time_since_epoch())
                                     .count());
}

void send_spans(const Setup& setup, const std::string& request, const std::atomic<bool>& stop,
                Sample& sample) {
    SpanBatch batch(request, setup.spans);
    Random random = Random::seeded();
    Connection connection(setup.host, setup.port);
    const std::string headers =
        fmt::format("Authorization: Bearer {}\r\nContent-Type: application/x-protobuf\r\n", setup.token);
    while (!stop && sample.failed < 100) {
        batch.renew(random, now_ns());
        time_post(connection, "/v1/traces", headers, batch.body(), sample);
    }
}

// What a dashboard asks each second: rates, tokens, cost and latencies of the last hour, and the newest
// errors.
void ask_queries(const Setup& setup, const std::atomic<bool>& stop, Sample& sample) {
    constexpr const char* kQueries[] = {
        R"q("group_by":["time(1m)"],"aggregates":["count","errors"])q",
        R"q("group_by":["agent"],"aggregates":["count","sum(output_tokens)","sum(cost)"],"order_by":"-count","limit":20)q",
        R"q("where":"kind = model_call","group_by":["model"],"aggregates":["p50(duration)","p95(duration)","p99(duration)"])q",
        R"q("where":"kind = tool_call","group_by":["name"],"aggregates":["count","errors","p95(duration)"])q",
        R"q("group_by":["time(1m)"],"aggregates":["sum(input_tokens)","sum(output_tokens)","sum(cost)"])q",
    };
    Connection connection(setup.host, setup.port);
    const std::string headers =
        fmt::format("Authorization: Bearer {}\r\nContent-Type: application/json\r\n", setup.token);
    for (size_t i = 0; !stop && sample.failed < 100; ++i) {
        const uint64_t now_ms = now_ns() / 1'000'000;
        const std::string body = fmt::format(R"({{"from_ms":{},"to_ms":{},{}}})", now_ms - 3'600'000,
                                             now_ms + 60'000, kQueries[i % std::size(kQueries)]);
        time_post(connection, "/api/v1/query", headers, body, sample);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

double cpu_seconds(const std::string& pid) {
    std::ifstream file("/proc/" + pid + "/stat");
    std::stringstream text;
    text << file.rdbuf();
    const std::string all = text.str();
    std::vector<std::string_view> fields =
        split(std::string_view(all).substr(std::min(all.rfind(')') + 2, all.size())), ' ');
    if (fields.size() < 13) return 0;
    const double ticks = parse_double(fields[11]).value_or(0) + parse_double(fields[12]).value_or(0);
    return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

int run(const Setup& setup) {
    Result<std::string> request = read_file(NS_TEST_DATA "/ingest/agent_spans_64.pb");
    if (!request) {
        fmt::print(stderr, "{}\n", request.error().message);
        return 1;
    }
    std::atomic<bool> stop{false};
    std::vector<Sample> samples(setup.connections + 1);
    std::vector<std::thread> threads;
    const double cpu_before = cpu_seconds(setup.pid);
    const auto begun = Steady::now();
    for (size_t i = 0; i < setup.connections; ++i) {
        threads.emplace_back([&, i] { send_spans(setup, *request, stop, samples[i]); });
    }
    threads.emplace_back([&] { ask_queries(setup, stop, samples.back()); });
    std::this_thread::sleep_for(std::chrono::seconds(setup.seconds));
    stop = true;
    for (std::thread& thread : threads) thread.join();
    const double elapsed = std::chrono::duration<double>(Steady::now() - begun).count();
    const double cpu = cpu_seconds(setup.pid) - cpu_before;

    Sample acks;
    for (size_t i = 0; i < setup.connections; ++i) acks.add(samples[i]);
    Sample& queries = samples.back();
    const double spans = static_cast<double>(acks.ms.size() * setup.spans);
    fmt::print(
        "spans/s {:.0f}  acknowledged p50 {:.1f} ms p99 {:.1f} ms  server CPU {:.2f} us/span ({:.0f} % of a "
        "core)\n",
        spans / elapsed, acks.quantile(0.5), acks.quantile(0.99), spans > 0 ? cpu * 1e6 / spans : 0,
        cpu / elapsed * 100);
    fmt::print("queries {}  p50 {:.1f} ms p99 {:.1f} ms\n", queries.ms.size(), queries.quantile(0.5),
               queries.quantile(0.99));
    if (acks.failed + queries.failed == 0) return 0;
    fmt::print("failed: {} posts ({}), {} queries ({})\n", acks.failed, acks.failure, queries.failed,
               queries.failure);
    return 1;
}

}  // namespace
}  // namespace nightshift::bench

int main(int argc, char** argv) {
    if (argc < 5) {
        fmt::print(stderr,
                   "usage: ingest_load <host> <port> <token> <server pid> [connections=8] [seconds=10] "
                   "[spans=512]\n");
        return 2;
    }
    auto number = [&](int at, int otherwise) { return argc > at ? std::atoi(argv[at]) : otherwise; };
    nightshift::bench::Setup setup;
    setup.host = argv[1];
    setup.port = static_cast<uint16_t>(number(2, 8700));
    setup.token = argv[3];
    setup.pid = argv[4];
    setup.connections = static_cast<size_t>(std::clamp(number(5, 8), 1, 256));
    setup.seconds = std::clamp(number(6, 10), 1, 3600);
    setup.spans = static_cast<size_t>(std::clamp(number(7, 512), 1, 10'000));
    return nightshift::bench::run(setup);
}
