#include "incidents/living_message.h"

#include <algorithm>

#include "incidents/limits.h"
#include "incidents/timeline.h"

namespace nightshift::incidents {
namespace {

// What a channel has been told so far. Borrows the incident.
struct Told {
    const Notification* last = nullptr;    // that may have arrived
    const Notification* newest = nullptr;  // also if it failed
    const Notification* anchor = nullptr;  // the message to edit and to answer
    Severity severity_max = Severity::kInfo;
    int step_max = 0;
    int posts = 0;
    bool is_resolution = false;   // a resolution was told before
    bool is_anchor_gone = false;  // an edit of it failed
};

Told told_to(const Incident& incident, std::string_view channel) {
    Told told;
    for (const Notification& each : incident.notifications) {
        if (each.channel != channel || each.state == "superseded") continue;
        told.newest = &each;
        if (each.state == "failed") {
            told.is_anchor_gone = told.is_anchor_gone || each.what == "edit";
            continue;
        }
        told.last = &each;
        if (each.what != "edit") told.step_max = std::max(told.step_max, each.step);
        told.severity_max = std::max(told.severity_max, each.told_severity);
        told.is_resolution = told.is_resolution || each.what == "resolution";
        if (each.what != "post") continue;
        ++told.posts;
        told.anchor = each.provider_id.empty() ? nullptr : &each;
        told.is_anchor_gone = false;
    }
    return told;
}

// Something that people should hear of.
struct News {
    std::string says;
    std::chrono::seconds after{kBetweenMessages};  // since the last message
};

// What changed since the channel was told; the first that fits. What alerts do to and fro waits for the
// interval, what happens once does not.
std::optional<News> news_of(const Incident& incident, const Told& told, bool is_due,
                            std::chrono::seconds interval) {
    const Notification& last = *told.last;
    if (incident.state == State::kResolved) {
        if (last.told_state == State::kResolved) return std::nullopt;
        return News{"resolved", told.is_resolution ? interval : std::chrono::seconds(0)};
    }
    if (incident.is_suppressed) return std::nullopt;
    if (last.told_state == State::kResolved) return News{"reopened", interval};
    if (incident.severity > told.severity_max) return News{"severity"};
    if (incident.state == State::kAcknowledged && last.told_state == State::kOpen)
        return News{"acknowledged"};
    if (incident.state == State::kOpen && last.told_state == State::kAcknowledged) {
        if (incident.assignee.empty()) return News{"reopened", interval};
        return News{"handed_over"};
    }
    if (!is_due) return std::nullopt;
    // Steps and reminders keep their own distance; an escalation that begins anew does not.
    bool is_further = incident.step > told.step_max || incident.state == State::kAcknowledged;
    if (is_further) return News{"escalated", std::chrono::seconds(0)};
    return News{"escalated", interval};
}

std::vector<Message> messages_for(const News& news, const Told& told, bool can_edit) {
    std::string of(told.anchor == nullptr ? SharedText() : told.anchor->provider_id);
    bool is_resolution = news.says == "resolved";
    std::vector<Message> messages{{is_resolution ? "resolution" : "reply", news.says, of}};
    // The message itself must not go on saying that it burns.
    if (is_resolution && can_edit) messages.push_back({"edit", "resolved", of});
    return messages;
}

// Posts that failed are no reason to post with every change.
MessagePlan first_message(const Incident& incident, const Told& told, const ChannelUse& channel, Time due,
                          Time now) {
    bool is_wanted = channel.is_due && !incident.is_suppressed && incident.state != State::kResolved;
    if (!is_wanted) return {};
    bool is_further = told.newest == nullptr || incident.step > told.newest->step;
    if (!is_further && now < due) return {{}, due};
    return {{{"post", "opened", ""}}, std::nullopt};
}

// Small changes: into the message that is there.
MessagePlan update(const Incident& incident, const Told& told, const ChannelUse& channel, Time due,
                   Time now) {
    bool is_quiet = incident.state == State::kResolved || incident.is_suppressed;
    if (is_quiet || incident.revision <= told.last->revision || !channel.can_edit) return {};
    if (told.is_anchor_gone) {
        if (told.posts >= kPostsMax) return {};
        return {{{"post", "update", ""}}, std::nullopt};
    }
    if (told.anchor == nullptr) return {};
    if (now < due) return {{}, due};
    return {{{"edit", "update", std::string(told.anchor->provider_id)}}, std::nullopt};
}

}  // namespace

std::chrono::seconds UpdateIntervals::of(Severity severity) const {
    switch (severity) {
        case Severity::kCritical:
            return critical;
        case Severity::kWarning:
            return warning;
        case Severity::kInfo:
            return info;
    }
    return warning;
}

MessagePlan plan_messages(const Incident& incident, const ChannelUse& channel,
                          const UpdateIntervals& intervals, Time now) {
    Told told = told_to(incident, channel.name);
    std::chrono::seconds interval = intervals.of(incident.severity);
    Time updated = told.newest == nullptr ? now : told.newest->sent + interval;
    if (told.last == nullptr) return first_message(incident, told, channel, updated, now);
    if (is_under_way(*told.newest)) return {{}, std::max(now, told.newest->sent) + kBetweenMessages};
    auto news = news_of(incident, told, channel.is_due, interval);
    if (!news) return update(incident, told, channel, updated, now);
    Time due = told.newest->sent + news->after;
    if (now < due) return {{}, due};
    bool can_edit = channel.can_edit && told.anchor != nullptr && !told.is_anchor_gone;
    return {messages_for(*news, told, can_edit), std::nullopt};
}

}  // namespace nightshift::incidents
