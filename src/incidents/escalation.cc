#include "incidents/escalation.h"

#include <fmt/format.h>

#include <algorithm>

#include "incidents/limits.h"
#include "incidents/timeline.h"
#include "incidents/words.h"

namespace nightshift::incidents {
namespace {

struct View {
    const Incident& incident;
    const EscalationPolicy& policy;
    Time now;

    int steps() const { return static_cast<int>(policy.steps.size()); }
    int last() const { return steps() + std::clamp(policy.repeats_max, 0, kRepeatsMax); }
    // Repeats are of the last step.
    const EscalationStep& step(int number) const {
        return policy.steps[static_cast<size_t>(std::clamp(number, 1, steps()) - 1)];
    }
    std::chrono::seconds wait(int number) const {
        return number < steps() || last() == steps() ? step(number).wait : policy.repeat;
    }
};

EscalationMove stay(const Incident& incident, std::optional<Time> look_again) {
    EscalationMove move;
    move.step = incident.step;
    move.next_step = incident.next_step;
    move.look_again = look_again;
    return move;
}

// To the step after this one, or to its repeat, or to the end.
EscalationMove go_further(const View& view, std::string_view why) {
    EscalationMove move;
    move.step = view.incident.step + 1;
    if (move.step > view.last()) {
        move.urge = Urge::kExhausted;
        move.why = fmt::format("{}; there is nobody else to tell", why);
        return move;
    }
    move.urge = move.step <= view.steps() ? Urge::kStep : Urge::kRepeat;
    move.channels = view.step(move.step).channels;
    move.next_step = view.now + view.wait(move.step);
    move.look_again = std::min(*move.next_step, view.now + view.policy.undelivered_after);
    move.why = fmt::format("{}: {} {}, {}", why, move.urge == Urge::kStep ? "step" : "again, repeat",
                           move.urge == Urge::kStep ? move.step : move.step - view.steps(),
                           list(move.channels, kNamedMax, move.channels.size()));
    return move;
}

EscalationMove first_notice(const View& view) {
    Time open_at = view.incident.opened + kFailOpen;
    if (!view.incident.diagnosed && view.now < open_at) return stay(view.incident, open_at);
    return go_further(view, view.incident.diagnosed ? "diagnosed" : "not diagnosed in time");
}

EscalationMove remind(const View& view) {
    const Incident& incident = view.incident;
    bool is_wanted =
        incident.firing > 0 && view.policy.renotify.count() > 0 && incident.reminders < kRemindersMax;
    if (!is_wanted) return stay(incident, std::nullopt);
    EscalationMove move = stay(incident, incident.next_step);
    Time next = view.now + view.policy.renotify;
    if (!incident.next_step) {
        move.next_step = move.look_again = next;
        return move;
    }
    if (view.now < *incident.next_step) return move;
    move.urge = Urge::kReminder;
    move.channels = view.step(incident.step).channels;
    move.next_step = move.look_again = next;
    move.why = fmt::format("{} has it, and it still fires", incident.acknowledged_by);
    return move;
}

// What this step sent, and what became of it.
struct Outcome {
    bool is_sent = false;
    bool is_delivered = false;
    std::optional<Time> pending_until;
    std::string failure;
};

Outcome outcome_of(const View& view) {
    Outcome outcome;
    const Incident& incident = view.incident;
    for (const Notification& each : incident.notifications) {
        bool is_of_step = each.step == incident.step && each.what != "edit" && each.state != "superseded" &&
                          incident.stepped && each.sent >= *incident.stepped;
        if (!is_of_step) continue;
        outcome.is_sent = true;
        if (each.state == "delivered") outcome.is_delivered = true;
        Time until = each.sent + view.policy.undelivered_after;
        if (is_under_way(each) && view.now < until) {
            outcome.pending_until = std::min(until, outcome.pending_until.value_or(until));
        } else if (each.state != "delivered") {
            const SharedText& why = each.error.empty() ? each.state : each.error;
            outcome.failure = fmt::format("not delivered over {} ({})", each.channel, why);
        }
    }
    return outcome;
}

// The channels that are not of this step: of the steps after it first, then of those before. Each is tried
// once, so that a channel that takes nothing cannot keep the others waiting.
std::optional<std::string> other_channel(const View& view) {
    int step = std::clamp(view.incident.step, 1, view.steps());
    std::vector<std::string> seen = view.step(step).channels;
    int index = 0;
    for (int i = 1; i < view.steps(); ++i) {
        for (const std::string& each : view.step((step - 1 + i) % view.steps() + 1).channels) {
            if (std::find(seen.begin(), seen.end(), each) != seen.end()) continue;
            if (index++ == view.incident.fallbacks) return each;
            seen.push_back(each);
        }
    }
    return std::nullopt;
}

// Whether this step reached anybody; if not, another channel at once.
EscalationMove look_at_step(const View& view) {
    const Incident& incident = view.incident;
    Outcome outcome = outcome_of(view);
    if (outcome.is_delivered || !outcome.is_sent) return stay(incident, incident.next_step);
    if (outcome.pending_until) {
        Time again = std::min(*outcome.pending_until, incident.next_step.value_or(*outcome.pending_until));
        return stay(incident, again);
    }
    if (auto channel = other_channel(view)) {
        EscalationMove move = stay(incident, view.now + view.policy.undelivered_after);
        move.urge = Urge::kFallback;
        move.channels = {*channel};
        move.why = fmt::format("{}: over {} instead", outcome.failure, *channel);
        return move;
    }
    // Every channel was tried: the next step, but repeats keep their distance.
    if (incident.step < view.steps()) return go_further(view, outcome.failure);
    return stay(incident, incident.next_step);
}

EscalationMove go_on(const View& view) {
    const Incident& incident = view.incident;
    if (incident.step > view.last()) return stay(incident, std::nullopt);
    if (!incident.next_step) {
        EscalationMove move = stay(incident, view.now + view.wait(incident.step));
        move.next_step = move.look_again;
        return move;
    }
    if (view.now >= *incident.next_step) return go_further(view, "nobody has acknowledged it");
    return look_at_step(view);
}

}  // namespace

EscalationPolicy default_policy(Severity severity, std::vector<EscalationStep> steps) {
    EscalationPolicy policy;
    policy.steps = std::move(steps);
    if (severity == Severity::kCritical) return policy;
    policy.undelivered_after = std::chrono::minutes(5);
    policy.repeat = std::chrono::hours(4);
    policy.renotify = std::chrono::hours(24);
    if (severity == Severity::kInfo) {
        policy.repeats_max = 0;
        policy.renotify = std::chrono::seconds(0);
    }
    return policy;
}

EscalationMove escalate(const Incident& incident, const EscalationPolicy& policy, const Moment& moment) {
    bool is_silent = incident.state == State::kResolved || incident.is_suppressed || policy.steps.empty();
    if (is_silent) return stay(incident, std::nullopt);
    if (moment.is_quiet && incident.severity != Severity::kCritical) {
        EscalationMove move = stay(incident, moment.now + kQuietLook);
        move.urge = Urge::kHeld;
        return move;
    }
    View view{incident, policy, moment.now};
    if (incident.state == State::kAcknowledged) return remind(view);
    return incident.step == 0 ? first_notice(view) : go_on(view);
}

void take_move(Incident& incident, const EscalationMove& move, Time now) {
    incident.next_step = move.next_step;
    if (move.urge == Urge::kNothing || move.urge == Urge::kHeld) return;
    bool is_step = move.urge == Urge::kStep || move.urge == Urge::kRepeat || move.urge == Urge::kExhausted;
    if (is_step) {
        incident.step = move.step;
        incident.stepped = now;
        incident.fallbacks = 0;
    }
    if (move.urge == Urge::kFallback) ++incident.fallbacks;
    if (move.urge == Urge::kReminder) ++incident.reminders;
    add_entry(incident, {now, "escalated", "nightshift", move.why, ""});
}

}  // namespace nightshift::incidents
