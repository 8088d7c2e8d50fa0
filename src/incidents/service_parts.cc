#include <algorithm>

#include "incidents/common_cause.h"
#include "incidents/limits.h"
#include "incidents/service_core.h"

namespace nightshift::incidents {
namespace {

std::string key_of(const Incident& incident, const std::string& policy, const std::string& cause) {
    return incident.tenant + '\n' + policy + '\n' + cause;
}

bool goes_on(const Incident& incident) {
    return incident.state != State::kResolved;
}

}  // namespace

void Service::Core::load_parts(Time now) {
    for (auto& [id, here] : live) {
        const std::string& lead = here.kept.incident.part_of;
        if (auto found = live.find(lead); found != live.end()) found->second.parts.insert(id);
    }
    for (auto& [id, here] : live) find_lead(here, now);
}

void Service::Core::find_lead(Live& here, Time now) {
    Incident& incident = here.kept.incident;
    if (!incident.part_of.empty() || !goes_on(incident)) return;
    std::vector<std::string> causes = causes_of(incident);
    for (const std::string& cause : causes) {
        auto known = by_cause.find(key_of(incident, here.kept.policy, cause));
        auto lead = known == by_cause.end() ? live.end() : live.find(known->second);
        if (lead == live.end() || !may_join(incident, lead->second.kept.incident)) continue;
        join(incident, lead->second.kept.incident, cause, now);
        here.is_changed = true;
        lead->second.parts.insert(incident.id);
        wake(lead->first, now);
        return;
    }
    for (const std::string& cause : causes) {
        std::string& leader = by_cause[key_of(incident, here.kept.policy, cause)];
        auto found = live.find(leader);
        const Incident* now_leads = found == live.end() ? nullptr : &found->second.kept.incident;
        if (now_leads == nullptr || !may_lead(*now_leads) || now_leads->severity < incident.severity)
            leader = incident.id;
    }
}

void Service::Core::wake(const std::string& id, Time now) {
    auto found = live.find(id);
    if (found == live.end()) return;
    // A storm of parts is taken in one go.
    schedule(found->second, std::min(found->second.look, Time(now + kLookEvery)));
}

void Service::Core::settle_parts(Live& here, Time now) {
    Incident& incident = here.kept.incident;
    auto lead = live.find(incident.part_of);
    bool has_lead = lead != live.end() && goes_on(lead->second.kept.incident);
    if (!incident.part_of.empty() && !has_lead && goes_on(incident))
        leave(incident, "nightshift", "it goes on, and the other one is over", now);
    if (here.parts.empty()) return;
    if (incident.is_suppressed) return release_parts(here, now);
    if (!goes_on(incident)) end_parts(here, now);
    std::vector<Part> all;
    // What was over long ago is known by its name only.
    for (const Part& each : incident.parts) {
        if (each.is_over && !live.contains(each.id)) all.push_back(each);
    }
    std::erase_if(here.parts, [&](const std::string& id) {
        auto found = live.find(id);
        bool is_part = found != live.end() && found->second.kept.incident.part_of == incident.id;
        if (is_part) all.push_back(part_of(found->second.kept.incident));
        return !is_part;
    });
    bool was_going_on = goes_on(incident);
    if (take_parts(incident, std::move(all), now)) here.is_changed = true;
    if (was_going_on && !goes_on(incident)) tasks.spawn([this, id = incident.id] { return end_one(id); });
}

void Service::Core::release_parts(Live& here, Time now) {
    std::set<std::string> ids = std::move(here.parts);
    here.parts.clear();
    for (const std::string& id : ids) {
        auto found = live.find(id);
        if (found == live.end()) continue;
        Live& part = found->second;
        if (part.kept.incident.part_of != here.kept.incident.id || !goes_on(part.kept.incident)) continue;
        leave(part.kept.incident, "nightshift",
              "nobody is told of the other one: " + here.kept.incident.suppressed_why, now);
        find_lead(part, now);
        part.is_changed = true;
        drive(part);
    }
    (void)take_parts(here.kept.incident, {}, now);
    here.is_changed = true;
}

void Service::Core::end_parts(Live& here, Time now) {
    const Incident& lead = here.kept.incident;
    for (const std::string& id : here.parts) {
        auto found = live.find(id);
        if (found == live.end() || found->second.kept.incident.part_of != lead.id) continue;
        Incident& part = found->second.kept.incident;
        std::string by(lead.judged_by.empty() ? "nightshift" : lead.judged_by.view());
        if (!resolve(part, {by, "with " + lead.id + ": " + lead.resolved_why, lead.judged}, now)) continue;
        found->second.is_changed = true;
        drive(found->second);
    }
}

}  // namespace nightshift::incidents
