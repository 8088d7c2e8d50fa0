#include "incidents/apply.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "incidents/limits.h"
#include "incidents/timeline.h"
#include "incidents/words.h"

namespace nightshift::incidents {
namespace {

constexpr std::string_view kSelf = "nightshift";

void write(Incident& incident, Time now, SharedText kind, SharedText who, SharedText text) {
    add_entry(incident, {now, std::move(kind), std::move(who), std::move(text), ""});
}

Result<std::string> name_of(std::string_view given, std::string_view what) {
    std::string name = cut(trim(given), kNameBytesMax);
    if (name.empty()) return fail(Code::kInvalid, "{} is missing", what);
    return name;
}

Result<void> must_be_unresolved(const Incident& incident, std::string_view what) {
    if (incident.state != State::kResolved) return {};
    return fail(Code::kConflict, "{} cannot be {}: it was resolved at {}", incident.id, what,
                words(incident.resolved.value_or(incident.opened)));
}

Result<void> must_speak_for_itself(const Incident& incident) {
    if (incident.part_of.empty()) return {};
    return fail(Code::kConflict,
                "{} is told with {}, which has the same cause: take that one, or separate it", incident.id,
                incident.part_of);
}

// What somebody said of it stays.
void take_stakes(Incident& incident, const Stakes& stakes) {
    std::optional<Severity> raised = incident.stakes.raised;
    SharedText raised_by = std::move(incident.stakes.raised_by);
    incident.stakes = stakes;
    incident.stakes.raised = raised;
    incident.stakes.raised_by = std::move(raised_by);
}

void start_escalation(Incident& incident) {
    incident.step = 0;
    incident.stepped.reset();
    incident.next_step.reset();
    incident.fallbacks = 0;
    incident.reminders = 0;
}

// First what fires, then what ended last: those are kept.
std::vector<Member> bounded(const std::vector<Member>& members) {
    std::vector<Member> kept;
    for (bool is_firing : {true, false}) {
        for (const Member& each : members) {
            if (each.is_firing != is_firing || kept.size() == kMembersMax) continue;
            kept.push_back(each);
            kept.back().summary = cut(each.summary, kTextBytesMax);
        }
    }
    return kept;
}

const Member* find(const std::vector<Member>& members, uint64_t fingerprint) {
    auto place = std::find_if(members.begin(), members.end(),
                              [&](const Member& each) { return each.fingerprint == fingerprint; });
    return place == members.end() ? nullptr : &*place;
}

// Who fires now and did not before.
std::vector<std::string> newly_firing(const std::vector<Member>& before, const std::vector<Member>& now) {
    std::vector<std::string> names;
    for (const Member& each : now) {
        const Member* known = find(before, each.fingerprint);
        if (each.is_firing && (known == nullptr || !known->is_firing))
            names.push_back(each.summary.empty() ? each.labels.text() : std::string(each.summary));
    }
    return names;
}

std::string in_words(const GroupChange& change, const std::vector<std::string>& fresh) {
    std::string out = fmt::format("{} of {} fire", change.firing, count(change.total, "alert"));
    if (!fresh.empty()) out += "; new: " + list(fresh, kNamedMax, fresh.size());
    return out;
}

bool fires_anew(const Incident& incident, const GroupChange& change) {
    if (change.firing == 0) return false;
    if (incident.firing == 0) return true;
    return !newly_firing(incident.members, change.members).empty() || change.firing > incident.firing;
}

// What flaps would write a hundred entries that say the same.
void write_alerts(Incident& incident, const GroupChange& change, std::string text, Time now) {
    bool is_running_on = change.is_flapping && incident.is_flapping && !incident.timeline.empty() &&
                         incident.timeline.back().kind == "alerts";
    if (is_running_on) {
        incident.timeline.back().time = now;
        incident.timeline.back().text = cut("flapping: " + text, kTextBytesMax);
        return;
    }
    write(incident, now, "alerts", kSelf, (change.is_flapping ? "flapping: " : "") + std::move(text));
}

bool differs(const Incident& incident, const GroupChange& change, const std::vector<Member>& members) {
    return members != incident.members || change.firing != incident.firing ||
           change.total != incident.total || change.is_flapping != incident.is_flapping ||
           change.is_suppressed != incident.is_suppressed;
}

// The same alerts say something else: numbers that grow. That is no news for the timeline.
bool only_words_differ(const Incident& incident, const GroupChange& change,
                       const std::vector<Member>& members) {
    auto is_same = [](const Member& a, const Member& b) {
        return a.fingerprint == b.fingerprint && a.is_firing == b.is_firing && a.started == b.started &&
               a.ended == b.ended;
    };
    bool are_same = std::equal(members.begin(), members.end(), incident.members.begin(),
                               incident.members.end(), is_same) &&
                    change.firing > 0 && change.firing == incident.firing && change.total == incident.total &&
                    change.is_flapping == incident.is_flapping &&
                    change.is_suppressed == incident.is_suppressed;
    return are_same && incident.state != State::kResolved &&
           (members != incident.members || cut(change.title, kTextBytesMax) != incident.title);
}

void take_suppression(Incident& incident, const GroupChange& change, Time now) {
    std::string why = cut(change.suppressed_why, kTextBytesMax);
    if (change.is_suppressed != incident.is_suppressed) {
        write(incident, now, "alerts", kSelf,
              change.is_suppressed ? "nobody is told: " + why : "people are told again");
    }
    incident.is_suppressed = change.is_suppressed;
    incident.suppressed_why = change.is_suppressed ? std::move(why) : "";
}

}  // namespace

Incident open_incident(std::string id, const GroupChange& change, Time now) {
    Incident incident;
    incident.id = std::move(id);
    incident.tenant = change.tenant;
    incident.key = change.key;
    incident.rule = change.rule;
    incident.title = cut(change.title, kTextBytesMax);
    incident.subject = change.subject;
    incident.labels = change.common;
    incident.stakes = change.stakes;
    incident.members = bounded(change.members);
    incident.firing = change.firing;
    incident.total = change.total;
    incident.is_flapping = change.is_flapping;
    incident.started = change.started;
    incident.opened = now;
    Judged judged = judge_severity(change.stakes, std::nullopt, now);
    incident.severity = judged.severity;
    incident.severity_why = judged.why;
    incident.revision = 1;
    write(incident, now, "opened", kSelf, incident.title);
    take_suppression(incident, change, now);
    return incident;
}

bool may_reopen(const Incident& incident, Time now) {
    return incident.state == State::kResolved && incident.resolved &&
           now - *incident.resolved <= kReopenWithin;
}

bool take_alerts(Incident& incident, const GroupChange& change, Time now) {
    std::vector<Member> members = bounded(change.members);
    take_stakes(incident, change.stakes);
    if (only_words_differ(incident, change, members)) {
        incident.title = cut(change.title, kTextBytesMax);
        incident.members = std::move(members);
        ++incident.revision;
        return true;
    }
    if (!differs(incident, change, members)) return false;
    bool is_anew = incident.state == State::kResolved && fires_anew(incident, change);
    write_alerts(incident, change, in_words(change, newly_firing(incident.members, members)), now);
    take_suppression(incident, change, now);
    incident.members = std::move(members);
    incident.firing = change.firing;
    incident.total = std::max(change.total, incident.total);
    incident.is_flapping = change.is_flapping;
    incident.labels = change.common;
    ++incident.revision;
    if (is_anew) (void)reopen(incident, kSelf, "it fires again", now);
    end_if_over(incident, now);
    return true;
}

void end_if_over(Incident& incident, Time now) {
    bool is_over = incident.firing == 0 && !incident.is_flapping && incident.parts_open == 0;
    if (!is_over || incident.state == State::kResolved) return;
    std::string why =
        incident.total == 1 ? "its alert has ended" : fmt::format("all {} alerts have ended", incident.total);
    if (incident.parts_total > 0)
        why += fmt::format(", and {} with the same cause", count(incident.parts_total, "incident"));
    (void)resolve(incident, {std::string(kSelf), std::move(why), std::nullopt}, now);
}

void attach(Incident& incident, Diagnosis diagnosis, Time now) {
    bool is_same = incident.diagnosis && incident.diagnosis->conclusion == diagnosis.conclusion &&
                   incident.diagnosis->summary == diagnosis.summary &&
                   incident.diagnosis->next_action == diagnosis.next_action;
    // Looked at again and again, the same conclusion in other numbers is nothing for the timeline.
    bool is_another = !incident.diagnosis || incident.diagnosis->conclusion != diagnosis.conclusion;
    if (!incident.diagnosed) incident.diagnosed = now;
    if (!is_same) ++incident.revision;
    if (is_another) {
        write(incident, now, "diagnosed", kSelf,
              fmt::format("{}: {}", to_string(diagnosis.conclusion), diagnosis.summary));
    }
    incident.diagnosis = std::move(diagnosis);
}

void take_severity(Incident& incident, const Judged& judged, Time now) {
    incident.severity_why = cut(judged.why, kTextBytesMax);
    if (judged.severity == incident.severity) return;
    bool is_raise = judged.severity > incident.severity;
    write(incident, now, "severity", kSelf,
          fmt::format("{} from {} to {}: {}", is_raise ? "raised" : "lowered", to_string(incident.severity),
                      to_string(judged.severity), judged.why));
    incident.severity = judged.severity;
    ++incident.revision;
    // To and fro between severities that people have heard of is no reason to tell everybody again.
    bool is_new =
        std::none_of(incident.notifications.begin(), incident.notifications.end(),
                     [&](const Notification& each) { return each.told_severity >= judged.severity; });
    if (is_raise && is_new && incident.state == State::kOpen) start_escalation(incident);
}

Result<void> acknowledge(Incident& incident, std::string_view by, Time now) {
    NS_TRY(std::string name, name_of(by, "who acknowledges"));
    if (auto open = must_be_unresolved(incident, "acknowledged"); !open) return open;
    if (auto own = must_speak_for_itself(incident); !own) return own;
    if (incident.state == State::kAcknowledged) {
        if (incident.acknowledged_by == name) return {};
        return fail(Code::kConflict, "{} has it since {}; it can be handed over", incident.acknowledged_by,
                    words(incident.acknowledged.value_or(incident.opened)));
    }
    incident.state = State::kAcknowledged;
    // The first one counts for how long people took.
    if (!incident.acknowledged) incident.acknowledged = now;
    incident.acknowledged_by = name;
    incident.assignee = name;
    incident.next_step.reset();
    incident.reminders = 0;
    ++incident.revision;
    write(incident, now, "acknowledged", name, fmt::format("{} has it", name));
    return {};
}

Result<void> hand_over(Incident& incident, std::string_view by, std::string_view to, Time now) {
    NS_TRY(std::string name, name_of(to, "the one who is to take it"));
    if (auto open = must_be_unresolved(incident, "handed over"); !open) return open;
    if (auto own = must_speak_for_itself(incident); !own) return own;
    incident.state = State::kOpen;
    incident.acknowledged_by.clear();
    incident.assignee = name;
    incident.next_step = now + kHandOverWait;
    ++incident.revision;
    write(incident, now, "handed_over", by, fmt::format("to {}, who has not taken it yet", name));
    return {};
}

Result<void> note(Incident& incident, std::string_view by, std::string_view text, Time now) {
    if (trim(text).empty()) return fail(Code::kInvalid, "a note needs a text");
    write(incident, now, "note", by, std::string(trim(text)));
    ++incident.revision;
    return {};
}

Result<void> raise(Incident& incident, const Raise& raise, Time now) {
    if (auto open = must_be_unresolved(incident, "raised"); !open) return open;
    if (auto own = must_speak_for_itself(incident); !own) return own;
    if (trim(raise.why).empty()) return fail(Code::kInvalid, "say why it matters more");
    if (raise.to <= incident.severity) {
        return fail(Code::kConflict,
                    "it is {} already; a severity can be raised, and nobody's word lowers it",
                    to_string(incident.severity));
    }
    incident.stakes.raised = raise.to;
    incident.stakes.raised_by = cut(raise.by, kNameBytesMax);
    write(incident, now, "note", raise.by,
          fmt::format("asks for {}: {}", to_string(raise.to), trim(raise.why)));
    ++incident.revision;
    return {};
}

void add_action(Incident& incident, std::string_view by, std::string_view text, std::string_view ref,
                Time now) {
    add_entry(incident, {now, "action", std::string(by), std::string(text), std::string(ref)});
    ++incident.revision;
}

Result<void> resolve(Incident& incident, const Resolution& resolution, Time now) {
    if (auto open = must_be_unresolved(incident, "resolved"); !open) return open;
    incident.state = State::kResolved;
    incident.resolved = now;
    incident.resolved_why = cut(resolution.why, kTextBytesMax);
    incident.next_step.reset();
    if (resolution.judged) {
        incident.judged = resolution.judged;
        incident.judged_by = resolution.by;
    }
    ++incident.revision;
    write(incident, now, "resolved", resolution.by, incident.resolved_why);
    return {};
}

Result<void> reopen(Incident& incident, std::string_view by, std::string_view why, Time now) {
    if (incident.state != State::kResolved)
        return fail(Code::kConflict, "{} is {}, not resolved", incident.id, to_string(incident.state));
    incident.state = State::kOpen;
    incident.resolved.reset();
    incident.resolved_why.clear();
    incident.stakes.raised.reset();
    incident.stakes.raised_by.clear();
    incident.judged.reset();
    incident.judged_by.clear();
    incident.acknowledged_by.clear();
    incident.assignee.clear();
    start_escalation(incident);
    ++incident.revision;
    write(incident, now, "reopened", by, std::string(why));
    return {};
}

}  // namespace nightshift::incidents
