#pragma once

#include <optional>
#include <string>
#include <vector>

#include "incidents/types.h"

// One incident is one message in a channel, which lives: posted once, edited as things change, answered when
// something happens that people must hear of.
namespace nightshift::incidents {

// How often at most a message is edited.
struct UpdateIntervals {
    std::chrono::seconds critical{5 * 60};
    std::chrono::seconds warning{30 * 60};
    std::chrono::seconds info{4 * 3'600};

    std::chrono::seconds of(Severity severity) const;
};

struct ChannelUse {
    std::string name;
    bool can_edit = true;  // no: small changes are not told there
    // The escalation wants people to hear something there now. Said once, also when it has to wait: what is
    // still true then is told without it.
    bool is_due = false;
};

struct Message {
    // "post", "edit", "reply" or "resolution", as in Notification. Where there are no threads, a reply is a
    // message of its own.
    std::string what;
    // Why: "opened", "severity", "acknowledged", "handed_over", "escalated", "resolved", "reopened", "update"
    std::string says;
    std::string of;  // the provider's id of the message that it edits or answers; may be empty for replies

    friend bool operator==(const Message&, const Message&) = default;
};

struct MessagePlan {
    std::vector<Message> now;  // in this order, at most two
    std::optional<Time> next;  // when to plan again, if nothing happens before
};

// What to enqueue for one channel. In an hour that is at most one post, what the interval allows, and the
// first resolution, whatever happens to the incident; what people do (acknowledge, hand over), a severity
// never told before and the steps of the escalation come on top. Nothing is sent while the last message is on
// its way.
MessagePlan plan_messages(const Incident& incident, const ChannelUse& channel,
                          const UpdateIntervals& intervals, Time now);

}  // namespace nightshift::incidents
