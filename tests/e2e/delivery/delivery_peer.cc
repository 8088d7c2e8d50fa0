// Sends deliveries and prints what became of them as lines of JSON, in the order they were enqueued.
//   delivery_peer FOLDER KIND URL TARGET [option=value ...]
// The token comes from $DELIVERY_TOKEN, subject and text from $DELIVERY_SUBJECT and $DELIVERY_TEXT. With
// $DELIVERY_SCRIPT it sends, one after the other, what that file has in its lines, {"key", "mode", "text",
// ...}; a line {"wait": "all"} waits until all before it are settled. What is in FOLDER already goes on.
#include <fmt/core.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <thread>

#include "base/text.h"
#include "delivery/service.h"
#include "io/blocking.h"

namespace nightshift::delivery {
namespace {

constexpr std::chrono::seconds kPatience{40};
constexpr const char* kTenant = "default";

std::string from_environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

std::string to_json(const Delivery& delivery) {
    const auto& receipt = delivery.receipt;
    return boost::json::serialize(
        boost::json::object{{"state", to_string(delivery.state)},
                            {"id", delivery.id},
                            {"key", delivery.key},
                            {"why", delivery.why},
                            {"attempts", delivery.attempt_count},
                            {"identifier", receipt ? receipt->identifier : ""},
                            {"proof", receipt ? std::string(to_string(receipt->proof)) : ""}});
}

NewDelivery single() {
    NewDelivery delivery;
    delivery.key = "e2e";
    delivery.subject = from_environment("DELIVERY_SUBJECT");
    delivery.text = from_environment("DELIVERY_TEXT");
    return delivery;
}

NewDelivery from_line(const boost::json::object& line) {
    auto text = [&line](const char* name) {
        const boost::json::value* value = line.if_contains(name);
        return value != nullptr ? std::string(value->as_string().c_str()) : std::string();
    };
    NewDelivery delivery;
    delivery.key = text("key");
    delivery.subject = text("subject");
    delivery.text = text("text");
    delivery.mode = parse_mode(text("mode")).value_or(Mode::kPost);
    delivery.thread = text("thread");
    delivery.severity = text("severity");
    delivery.is_resolution = text("resolution") == "true";
    if (!text("link").empty()) delivery.links = {{"Acknowledge", text("link")}};
    delivery.payload = text("payload");
    return delivery;
}

// Everything that one run needs; it ends with the program.
struct Peer {
    SystemClock clock;
    io::Loop loop{"delivery"};
    io::Loop caller{"caller"};
    io::Pool pool{2, 100};
    std::unique_ptr<store::Writer> writer;
    std::unique_ptr<store::Readers> readers;
    std::unique_ptr<Service> service;

    Result<void> open(const std::filesystem::path& folder, const ChannelSpec& spec) {
        NS_TRY(writer, store::Writer::open(folder / "state.db", migrate_deliveries));
        readers = std::make_unique<store::Readers>(folder / "state.db");
        NS_TRY(service, Service::open({loop, pool, *writer, *readers, clock}, {spec}, {}));
        service->start();
        return {};
    }
    Result<void> enqueue(NewDelivery delivery, const std::string& channel) {
        delivery.tenant = kTenant;
        delivery.channel = channel;
        auto done = writer->commit_blocking([&](store::Database& db) -> Result<void> {
            NS_TRY([[maybe_unused]] auto id, Service::enqueue(db, delivery, clock.now()));
            return {};
        });
        if (done) service->wake();
        return done;
    }
    std::vector<Delivery> list() {
        Result<Page> page;
        io::run_blocking(caller, [&]() -> Task<> {
            Filter filter;
            filter.tenant = kTenant;
            filter.limit = 500;
            page = co_await service->list(std::move(filter));
        });
        std::vector<Delivery> all = page ? std::move(page->deliveries) : std::vector<Delivery>();
        std::ranges::sort(all, {}, [](const Delivery& each) { return std::pair(each.revision, each.id); });
        return all;
    }
    bool wait_for_all() {
        auto is_settled = [](const Delivery& each) { return each.settled.has_value(); };
        auto until = std::chrono::steady_clock::now() + kPatience;
        while (std::chrono::steady_clock::now() < until) {
            if (std::ranges::all_of(list(), is_settled)) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        return false;
    }
};

Result<void> play(Peer& peer, const std::string& script, const std::string& channel) {
    std::ifstream lines(script);
    for (std::string line; std::getline(lines, line);) {
        boost::system::error_code error;
        boost::json::value value = boost::json::parse(line, error);
        if (error || !value.is_object()) return fail(Code::kInvalid, "the script has a bad line: {}", line);
        if (value.as_object().contains("wait")) {
            if (!peer.wait_for_all())
                return fail(Code::kTimeout, "not settled after {} s", kPatience.count());
            continue;
        }
        if (auto done = peer.enqueue(from_line(value.as_object()), channel); !done) return done;
    }
    return {};
}

int run(const std::filesystem::path& folder, const ChannelSpec& spec) {
    Peer peer;
    std::string script = from_environment("DELIVERY_SCRIPT");
    Result<void> done = peer.open(folder, spec);
    if (done) done = script.empty() ? peer.enqueue(single(), spec.name) : play(peer, script, spec.name);
    if (!done) {
        fmt::print(stderr, "{}\n", done.error().message);
        return 2;
    }
    if (!peer.wait_for_all()) {
        fmt::print(stderr, "it is not settled after {} s\n", kPatience.count());
        return 1;
    }
    for (const Delivery& each : peer.list()) fmt::print("{}\n", to_json(each));
    return 0;
}

}  // namespace
}  // namespace nightshift::delivery

int main(int argc, char** argv) {
    using namespace nightshift;
    if (argc < 5) {
        fmt::print(stderr, "usage: delivery_peer FOLDER KIND URL TARGET [option=value ...]\n");
        return 2;
    }
    delivery::ChannelSpec spec;
    spec.name = "out";
    auto kind = delivery::parse_kind(argv[2]);
    if (!kind) {
        fmt::print(stderr, "{} is no kind of channel\n", argv[2]);
        return 2;
    }
    spec.kind = *kind;
    spec.url = Secret(argv[3]);
    spec.target = argv[4];
    spec.token = Secret(delivery::from_environment("DELIVERY_TOKEN"));
    spec.timeout = std::chrono::milliseconds(5'000);
    for (int i = 5; i < argc; ++i) {
        std::string_view option = argv[i];
        size_t sign = std::min(option.find('='), option.size() - 1);
        spec.options[std::string(option.substr(0, sign))] = option.substr(sign + 1);
    }
    return delivery::run(argv[1], spec);
}
