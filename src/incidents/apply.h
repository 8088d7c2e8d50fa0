#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "incidents/impact.h"
#include "incidents/types.h"

// What can happen to an incident. Each call changes the value, writes its entry of the timeline and, when
// people see a difference, lets the revision grow. Pure: who calls keeps the incident and tells people.
namespace nightshift::incidents {

// A group of alerts as it is now.
struct GroupChange {
    std::string tenant;
    std::string key;
    std::string rule;
    std::string title;
    Subject subject;
    Labels common;
    std::vector<Member> members;  // all now known, the firing first, bounded by who makes it
    uint32_t firing = 0;
    uint32_t total = 0;
    bool is_flapping = false;
    bool is_suppressed = false;
    std::string suppressed_why;
    Stakes stakes;
    Time started;
};

// A new incident, open. Its severity is that of the stakes until it is diagnosed.
Incident open_incident(std::string id, const GroupChange& change, Time now);

// Whether a change of the same group goes on with this resolved incident, or begins a new one.
bool may_reopen(const Incident& incident, Time now);

// Takes the group as it is. Resolves when nothing fires any more, unless it flaps; reopens when something
// fires that did not when it was resolved. True when people see a difference.
bool take_alerts(Incident& incident, const GroupChange& change, Time now);

// Resolves it when no alert of it fires, none flaps, and nothing with the same cause goes on.
void end_if_over(Incident& incident, Time now);

// The same diagnosis again changes the times only. Judge the severity afterwards.
void attach(Incident& incident, Diagnosis diagnosis, Time now);

// A raise of what nobody has acknowledged, to a severity that nobody was told yet, begins the escalation
// anew.
void take_severity(Incident& incident, const Judged& judged, Time now);

// kConflict when it is resolved, another person has it, or it is told with another; again by the same person
// is no change.
Result<void> acknowledge(Incident& incident, std::string_view by, Time now);

// `to` has it when `to` acknowledges; until then it is open, and escalates after kHandOverWait.
// kInvalid without a name, kConflict when it is resolved.
Result<void> hand_over(Incident& incident, std::string_view by, std::string_view to, Time now);

// kInvalid when it is empty.
Result<void> note(Incident& incident, std::string_view by, std::string_view text, Time now);

struct Raise {
    Severity to = Severity::kCritical;
    std::string by;
    std::string why;
};

// It matters at least so much, says somebody who knows; judge the severity afterwards. kInvalid without a
// reason, kConflict when it is resolved, is as severe already, or is told with another.
Result<void> raise(Incident& incident, const Raise& raise, Time now);

// Something was done about it, by a runbook or a person. `ref` as in Entry.
void add_action(Incident& incident, std::string_view by, std::string_view text, std::string_view ref,
                Time now);

// Who ends it, why, and, if a person says so, what it was after all.
struct Resolution {
    std::string by;
    std::string why;
    std::optional<Conclusion> judged;
};

// kConflict when it is resolved already.
Result<void> resolve(Incident& incident, const Resolution& resolution, Time now);

// kConflict unless it is resolved. The escalation begins anew.
Result<void> reopen(Incident& incident, std::string_view by, std::string_view why, Time now);

// A delivery was enqueued.
void take_notification(Incident& incident, Notification notification, Time now);

// What became of a delivery.
struct Receipt {
    std::string delivery;  // by the key of its wish
    std::string state;     // as in Notification
    std::string provider_id;
    std::string error;
    std::optional<Time> settled;
    std::string id;  // the delivery's own
};

// False when the delivery is not one of this incident, or nothing is new. Receipts do not let the revision
// grow: a receipt must not cause the next message.
bool take_receipt(Incident& incident, const Receipt& receipt, Time now);

}  // namespace nightshift::incidents
