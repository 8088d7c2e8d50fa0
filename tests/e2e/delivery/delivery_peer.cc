// Sends one delivery and prints what became of it, as one line of JSON.
//   delivery_peer FOLDER KIND URL TARGET [option=value ...]
// The token comes from $DELIVERY_TOKEN, subject and text from $DELIVERY_SUBJECT and $DELIVERY_TEXT.
#include <fmt/core.h>

#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <optional>

#include "base/text.h"
#include "delivery/service.h"

namespace nightshift::delivery {
namespace {

constexpr std::chrono::seconds kPatience{40};

std::string from_environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

std::string to_json(const Delivery& delivery) {
    std::string out = "{\"state\":";
    append_json_string(out, to_string(delivery.state));
    out += ",\"id\":";
    append_json_string(out, delivery.id);
    out += ",\"why\":";
    append_json_string(out, delivery.why);
    out += fmt::format(",\"attempts\":{},\"identifier\":", delivery.attempt_count);
    append_json_string(out, delivery.receipt ? delivery.receipt->identifier : "");
    out += ",\"proof\":";
    append_json_string(out, delivery.receipt ? to_string(delivery.receipt->proof) : "");
    return out + "}";
}

int run(const std::filesystem::path& folder, const ChannelSpec& spec) {
    SystemClock clock;
    io::Loop loop("delivery");
    auto writer = store::Writer::open(folder / "state.db", migrate_deliveries);
    if (!writer) {
        fmt::print(stderr, "{}\n", writer.error().message);
        return 2;
    }
    store::Readers readers(folder / "state.db");
    io::Pool pool(2, 100);
    auto service = Service::open({loop, pool, **writer, readers, clock}, {spec}, {});
    if (!service) {
        fmt::print(stderr, "{}\n", service.error().message);
        return 2;
    }
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<Delivery> settled;
    (*service)->set_on_settled([&](const Delivery& delivery) {
        std::lock_guard lock(mutex);
        settled = delivery;
        changed.notify_all();
    });
    (*service)->start();
    NewDelivery delivery;
    delivery.tenant = "default";
    delivery.key = "e2e";
    delivery.channel = spec.name;
    delivery.subject = from_environment("DELIVERY_SUBJECT");
    delivery.text = from_environment("DELIVERY_TEXT");
    auto enqueued = (*writer)->commit_blocking([&](store::Database& db) -> Result<void> {
        NS_TRY([[maybe_unused]] auto id, Service::enqueue(db, delivery, clock.now()));
        return {};
    });
    if (!enqueued) {
        fmt::print(stderr, "{}\n", enqueued.error().message);
        return 2;
    }
    (*service)->wake();
    std::unique_lock lock(mutex);
    if (!changed.wait_for(lock, kPatience, [&] { return settled.has_value(); })) {
        fmt::print(stderr, "it is not settled after {} s\n", kPatience.count());
        return 1;
    }
    fmt::print("{}\n", to_json(*settled));
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
