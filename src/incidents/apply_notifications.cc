#include <fmt/format.h>

#include <algorithm>

#include "incidents/apply.h"
#include "incidents/timeline.h"
#include "incidents/words.h"

namespace nightshift::incidents {
namespace {

std::string in_words(const Notification& notification) {
    if (notification.state == "delivered") {
        if (notification.provider_id.empty()) return fmt::format("{} took it", notification.channel);
        return fmt::format("{} took it as message {}", notification.channel, notification.provider_id);
    }
    std::string why = notification.error.empty() ? "" : ": " + notification.error;
    if (notification.state == "unknown") return "nobody can say whether it arrived" + why;
    return notification.state + why;
}

}  // namespace

void take_notification(Incident& incident, Notification notification, Time now) {
    if (!incident.notified) incident.notified = now;
    // An edit every few minutes is no news to the timeline.
    if (notification.what != "edit") {
        add_entry(incident, {now, "notified", notification.channel,
                             fmt::format("{} over {}, step {}", notification.what, notification.channel,
                                         notification.step),
                             "delivery:" + notification.delivery});
    }
    keep_notification(incident, std::move(notification));
}

bool take_receipt(Incident& incident, const Receipt& receipt, Time now) {
    auto& all = incident.notifications;
    auto place = std::find_if(all.begin(), all.end(), [&](const Notification& each) {
        return each.delivery == receipt.delivery && !receipt.delivery.empty();
    });
    // Late word of what is settled already.
    if (place == all.end() || (place->settled && !receipt.settled)) return false;
    Notification next = *place;
    next.state = receipt.state;
    // An edit's answer may name nothing: the id of the message stays.
    if (!receipt.provider_id.empty()) next.provider_id = receipt.provider_id;
    next.error = receipt.error;
    next.settled = receipt.settled;
    if (next == *place) return false;
    bool is_news = next.settled && (!place->settled || next.state != place->state);
    // That an edit arrived is no news; that it did not, is.
    if (is_news && (next.what != "edit" || next.state != "delivered"))
        add_entry(incident, {now, "receipt", next.channel, in_words(next), "delivery:" + next.delivery});
    *place = std::move(next);
    return true;
}

}  // namespace nightshift::incidents
