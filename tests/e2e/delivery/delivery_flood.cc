// Measures how fast many deliveries go out to one webhook on this machine, and prints it.
//   delivery_flood FOLDER COUNT [DELIVERIES A THREAD]
#include <fmt/core.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "base/text.h"
#include "delivery/service.h"
#include "net/server_for_test.h"

namespace nightshift::delivery {
namespace {

constexpr std::chrono::minutes kPatience{5};

Result<void> enqueue_all(store::Database& db, int64_t count, int64_t a_thread, Time now) {
    for (int64_t i = 0; i < count; ++i) {
        NewDelivery delivery;
        delivery.tenant = "default";
        delivery.key = fmt::format("flood-{}", i);
        delivery.channel = "hook";
        delivery.subject = "Disk full on db-1";
        delivery.text = "93 % of /var are used, and it grows by 2 % an hour.";
        if (a_thread > 0) delivery.thread = fmt::format("thread-{}", i / a_thread);
        delivery.payload = R"({"alert":{"name":"disk","value":93}})";
        NS_TRY([[maybe_unused]] auto id, Service::enqueue(db, delivery, now));
    }
    return {};
}

int run(const std::filesystem::path& folder, int64_t count, int64_t a_thread) {
    std::atomic<int64_t> taken = 0;
    net::FunctionHandler handler;
    handler.answer = [&taken](net::Request) -> Task<net::Response> {
        ++taken;
        co_return net::Response::json(200, "{}");
    };
    net::ServerForTest server(handler);
    SystemClock clock;
    io::Loop loop("delivery");
    auto writer = store::Writer::open(folder / "state.db", migrate_deliveries);
    if (!writer) {
        fmt::print(stderr, "{}\n", writer.error().message);
        return 2;
    }
    store::Readers readers(folder / "state.db");
    io::Pool pool(2, 100);
    ChannelSpec spec;
    spec.name = "hook";
    spec.kind = Kind::kWebhook;
    spec.url = Secret(server.url("/in"));
    auto service = Service::open({loop, pool, **writer, readers, clock}, {spec}, {});
    if (!service) {
        fmt::print(stderr, "{}\n", service.error().message);
        return 2;
    }
    auto since = [](auto start) {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    auto start = std::chrono::steady_clock::now();
    auto enqueued = (*writer)->commit_blocking(
        [&](store::Database& db) { return enqueue_all(db, count, a_thread, clock.now()); });
    if (!enqueued) {
        fmt::print(stderr, "{}\n", enqueued.error().message);
        return 2;
    }
    fmt::print("enqueued {} in {:.3f} s\n", count, since(start));
    start = std::chrono::steady_clock::now();
    (*service)->start();
    auto delivered = [&] { return static_cast<int64_t>((*service)->stats().delivered_total); };
    while (delivered() < count && since(start) < std::chrono::seconds(kPatience).count()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    double took = since(start);
    fmt::print("delivered {} in {:.3f} s: {:.0f} a second; the server took {}; {} changes in {} commits\n",
               delivered(), took, static_cast<double>(delivered()) / took, taken.load(),
               (*writer)->stats().changes_total, (*writer)->stats().commits_total);
    (*service)->stop();
    return delivered() == count && taken == count ? 0 : 1;
}

}  // namespace
}  // namespace nightshift::delivery

int main(int argc, char** argv) {
    using namespace nightshift;
    auto count = argc > 2 ? parse_int(argv[2]) : std::nullopt;
    auto a_thread = argc > 3 ? parse_int(argv[3]) : std::optional<int64_t>(0);
    if (!count || !a_thread) {
        fmt::print(stderr, "usage: delivery_flood FOLDER COUNT [DELIVERIES A THREAD]\n");
        return 2;
    }
    return delivery::run(argv[1], *count, *a_thread);
}
