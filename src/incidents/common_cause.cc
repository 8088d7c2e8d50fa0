#include "incidents/common_cause.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "incidents/apply.h"
#include "incidents/limits.h"
#include "incidents/timeline.h"
#include "incidents/words.h"

namespace nightshift::incidents {
namespace {

constexpr std::string_view kSelf = "nightshift";

// Others depend on these; a job or a session is nobody's cause.
constexpr std::array<std::string_view, 4> kDependedOn{"route", "source", "channel", "probe"};

std::string in_words(const Incident& incident, std::string_view cause) {
    if (incident.diagnosis) {
        for (const Cause& each : incident.diagnosis->causes) {
            if (each.evidence == cause) return each.what + ": " + each.why;
        }
    }
    return std::string(cause);
}

// A storm would write hundreds of entries that say the same.
void write_parts(Incident& lead, const std::string& text, Time now) {
    if (!lead.timeline.empty() && lead.timeline.back().kind == "parts") {
        lead.timeline.back().time = now;
        lead.timeline.back().text = cut(text, kTextBytesMax);
        return;
    }
    add_entry(lead, {now, "parts", std::string(kSelf), text, ""});
}

std::string in_words(const std::vector<Part>& parts, uint32_t open) {
    std::vector<std::string> names;
    for (const Part& each : parts) {
        if (!each.is_over) names.push_back(each.title);
    }
    if (open == 0) return fmt::format("all {} with the same cause are over", count(parts.size(), "incident"));
    return fmt::format("{} with the same cause: {}", count(open, "more incident"),
                       list(names, kNamedMax, open));
}

}  // namespace

std::vector<std::string> causes_of(const Incident& incident) {
    if (!incident.diagnosis) return {};
    std::vector<std::string> causes;
    const Subject& subject = incident.subject;
    if (std::find(kDependedOn.begin(), kDependedOn.end(), subject.kind) != kDependedOn.end())
        causes.push_back(fmt::format("dependency:{}/{}", subject.kind, subject.name));
    for (const Cause& each : incident.diagnosis->causes) {
        if (each.confidence >= kJoinFrom && !each.evidence.empty()) causes.push_back(each.evidence);
    }
    return causes;
}

bool may_lead(const Incident& incident) {
    return incident.state != State::kResolved && incident.diagnosis && incident.part_of.empty() &&
           !incident.is_suppressed;
}

bool may_join(const Incident& incident, const Incident& lead) {
    bool is_fresh = incident.part_of.empty() && !incident.is_separate && incident.parts_open == 0 &&
                    incident.notifications.empty() && incident.state == State::kOpen;
    return is_fresh && !incident.is_suppressed && incident.id != lead.id && incident.tenant == lead.tenant &&
           incident.severity <= lead.severity && may_lead(lead);
}

void join(Incident& incident, const Incident& lead, std::string_view cause, Time now) {
    incident.part_of = lead.id;
    incident.part_of_why = cut(in_words(incident, cause), kTextBytesMax);
    add_entry(incident, {now, "joined", std::string(kSelf),
                         fmt::format("told with {} ({}): {}", lead.id, lead.title, incident.part_of_why),
                         "incident:" + lead.id});
    ++incident.revision;
}

void leave(Incident& incident, std::string_view by, std::string_view why, Time now) {
    add_entry(incident, {now, "left", std::string(by), std::string(why), "incident:" + incident.part_of});
    incident.part_of.clear();
    incident.part_of_why.clear();
    ++incident.revision;
}

Result<void> separate(Incident& incident, std::string_view by, Time now) {
    if (incident.part_of.empty())
        return fail(Code::kConflict, "{} is told by itself; there is nothing to separate it from",
                    incident.id);
    leave(incident, by, "it is something else", now);
    incident.is_separate = true;
    return {};
}

Part part_of(const Incident& incident) {
    return {incident.id, std::string(incident.title), incident.severity, incident.state == State::kResolved};
}

bool take_parts(Incident& lead, std::vector<Part> parts, Time now) {
    auto total = static_cast<uint32_t>(parts.size());
    auto open = static_cast<uint32_t>(
        std::count_if(parts.begin(), parts.end(), [](const Part& each) { return !each.is_over; }));
    std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) {
        return std::tie(a.is_over, b.severity, a.id) < std::tie(b.is_over, a.severity, b.id);
    });
    bool is_news = open != lead.parts_open || total != lead.parts_total;
    if (is_news) write_parts(lead, in_words(parts, open), now);
    if (parts.size() > kPartsMax) parts.resize(kPartsMax);
    is_news = is_news || parts != lead.parts;
    lead.parts = std::move(parts);
    lead.parts_open = open;
    lead.parts_total = total;
    if (is_news) ++lead.revision;
    end_if_over(lead, now);
    return is_news;
}

Judged judge_with_parts(Judged own, const std::vector<Part>& parts) {
    for (const Part& each : parts) {
        if (each.is_over || each.severity <= own.severity) continue;
        own.severity = each.severity;
        own.why += fmt::format("; it is also the cause of \"{}\": {}", each.title, to_string(each.severity));
    }
    return own;
}

}  // namespace nightshift::incidents
