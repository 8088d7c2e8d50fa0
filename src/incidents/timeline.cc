#include "incidents/timeline.h"

#include <algorithm>

#include "incidents/limits.h"
#include "incidents/words.h"

namespace nightshift::incidents {

void add_entry(Incident& incident, Entry entry) {
    if (entry.text.size() > kTextBytesMax) entry.text = cut(entry.text, kTextBytesMax);
    if (incident.timeline.size() >= kTimelineMax)
        incident.timeline.erase(incident.timeline.begin() + kTimelineFirst);
    incident.timeline.push_back(std::move(entry));
}

void keep_notification(Incident& incident, Notification notification) {
    auto& all = incident.notifications;
    if (all.size() >= kNotificationsMax) {
        auto settled = std::find_if(all.begin(), all.end(),
                                    [](const Notification& each) { return each.settled.has_value(); });
        all.erase(settled == all.end() ? all.begin() : settled);
    }
    all.push_back(std::move(notification));
}

bool is_under_way(const Notification& notification) {
    return !notification.settled && notification.state != "delivered" && notification.state != "failed" &&
           notification.state != "superseded";
}

}  // namespace nightshift::incidents
