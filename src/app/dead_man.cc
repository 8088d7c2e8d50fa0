#include "app/dead_man.h"

#include <fmt/format.h>

#include "base/log.h"
#include "io/periodic.h"

namespace nightshift::app {
namespace {

constexpr std::string_view kAbout = "dead_man";
constexpr seconds kLookEvery{10};

delivery::NewDelivery message(const Config::DeadMan& settings, Time now) {
    delivery::NewDelivery message;
    message.tenant = "default";
    message.key = fmt::format("dead_man/{}", unix_ms(now));
    message.channel = settings.channel;
    message.subject = "Nightshift can still reach you";
    message.text = fmt::format("If you do not hear this again within {} minutes, nobody watches.",
                               settings.every.count() / 60 + 5);
    message.about = kAbout;
    message.severity = "info";
    return message;
}

}  // namespace

DeadMan::DeadMan(Parts parts, Config::DeadMan settings)
    : parts_(parts),
      settings_(std::move(settings)),
      last_sent_(parts_.clock.now()),
      tasks_(parts_.loop, "dead man") {}

void DeadMan::start() {
    io::start_periodic(tasks_, {"dead man", kLookEvery, [this] { return look(); }});
}

Task<> DeadMan::stop() {
    co_await tasks_.stop();
}

Task<> DeadMan::look() {
    const Time now = parts_.clock.now();
    if (settings_.channel.empty() || now - last_sent_ < settings_.every) co_return;
    store::Writer::Change put = [wanted = message(settings_, now), now](store::Database& db) -> Result<void> {
        NS_TRY([[maybe_unused]] std::string id, delivery::Service::enqueue(db, wanted, now));
        return {};
    };
    Result<void> done = co_await parts_.writer.commit(std::move(put));
    if (!done) {
        log::error("app", "the dead-man message cannot be sent: {}", done.error().message);
        co_return;
    }
    last_sent_ = now;
    parts_.deliveries.wake();
}

bool DeadMan::take(const delivery::Delivery& delivery) {
    if (delivery.about != kAbout) return false;
    std::lock_guard lock(mutex_);
    failing_.reset();
    if (delivery.state == delivery::State::kDelivered) return true;
    const Time since = delivery.settled.value_or(delivery.created);
    failing_ =
        api::Failing{"alert path",
                     fmt::format("the last message over {} that says we can be heard has no receipt: {}",
                                 delivery.channel, delivery.why),
                     unix_ms(since), false};
    return true;
}

std::optional<api::Failing> DeadMan::failing() const {
    std::lock_guard lock(mutex_);
    return failing_;
}

}  // namespace nightshift::app
