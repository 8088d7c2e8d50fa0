#include "app/notifications.h"

#include <algorithm>
#include <string_view>

namespace nightshift::app {
namespace {

constexpr std::string_view kAbout = "incident:";

delivery::Mode mode_of(const std::string& what) {
    if (what == "edit") return delivery::Mode::kEdit;
    return what == "post" ? delivery::Mode::kPost : delivery::Mode::kReply;
}

const delivery::ChannelSpec* find(const std::vector<delivery::ChannelSpec>& channels,
                                  const std::string& name) {
    auto found = std::find_if(channels.begin(), channels.end(),
                              [&](const delivery::ChannelSpec& each) { return each.name == name; });
    return found == channels.end() ? nullptr : &*found;
}

}  // namespace

delivery::NewDelivery delivery_of(const std::string& tenant, const incidents::Wish& wish) {
    delivery::NewDelivery wanted;
    wanted.tenant = tenant;
    wanted.key = wish.key;
    wanted.channel = wish.channel;
    wanted.subject = wish.subject;
    wanted.text = wish.text;
    wanted.about = std::string(kAbout) + wish.thread;
    wanted.mode = mode_of(wish.what);
    wanted.thread = wish.thread;
    wanted.severity = to_string(wish.severity);
    wanted.is_resolution = wish.is_resolution;
    wanted.payload = wish.payload;
    if (!wish.links.acknowledge.empty()) wanted.links.push_back({"Acknowledge", wish.links.acknowledge});
    if (!wish.links.incident.empty()) wanted.links.push_back({"Open", wish.links.incident});
    return wanted;
}

std::optional<IncidentReceipt> receipt_of(const delivery::Delivery& delivery) {
    if (!delivery.about.starts_with(kAbout)) return std::nullopt;
    IncidentReceipt made;
    made.incident = delivery.about.substr(kAbout.size());
    made.receipt.delivery = delivery.key;
    made.receipt.id = delivery.id;
    made.receipt.state = delivery::to_string(delivery.state);
    made.receipt.settled = delivery.settled;
    if (delivery.receipt) made.receipt.provider_id = delivery.receipt->identifier;
    if (delivery.state != delivery::State::kDelivered) made.receipt.error = delivery.why;
    return made;
}

bool can_edit(const std::vector<delivery::ChannelSpec>& channels, const std::string& name) {
    const delivery::ChannelSpec* channel = find(channels, name);
    return channel != nullptr && channel->kind != delivery::Kind::kEmail &&
           channel->kind != delivery::Kind::kNtfy && channel->kind != delivery::Kind::kSlackWebhook;
}

bool speaks_alertmanager(const std::vector<delivery::ChannelSpec>& channels, const std::string& name) {
    const delivery::ChannelSpec* channel = find(channels, name);
    if (channel == nullptr) return false;
    auto format = channel->options.find("format");
    return format != channel->options.end() && format->second == "alertmanager";
}

}  // namespace nightshift::app
