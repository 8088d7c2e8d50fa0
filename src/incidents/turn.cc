#include "incidents/turn.h"

#include <fmt/format.h>

#include "incidents/limits.h"
#include "incidents/timeline.h"

namespace nightshift::incidents {

Turn whose_turn(const Incident& incident, std::chrono::seconds first_wait, const std::string& deals,
                Time now) {
    if (!incident.notifications.empty()) return {};
    if (now < incident.opened + first_wait) return {false, incident.opened + first_wait};
    if (!deals.empty()) return {false, now + kTurnLook};
    return {};
}

bool take_turn(Incident& incident, const std::string& deals, Time now) {
    if (incident.told_by == deals) return false;
    std::string text =
        deals.empty() ? fmt::format("node {} does not deal with it any more; this one does", incident.told_by)
                      : fmt::format("left to node {}, which deals with it", deals);
    add_entry(incident, {now, "left", "nightshift", text, ""});
    incident.told_by = deals;
    return true;
}

}  // namespace nightshift::incidents
