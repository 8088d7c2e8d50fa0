#include "incidents/share_texts.h"

namespace nightshift::incidents {

void share_texts(Incident& incident, TextPool& pool) {
    auto share = [&pool](SharedText& text) { text = pool.share(text); };
    for (SharedText* each : {&incident.rule, &incident.title, &incident.severity_why, &incident.stakes.impact,
                             &incident.stakes.owner, &incident.stakes.customers})
        share(*each);
    if (incident.diagnosis) {
        Diagnosis& diagnosis = *incident.diagnosis;
        share(diagnosis.summary);
        share(diagnosis.next_action);
        share(diagnosis.response_window);
        for (Check& each : diagnosis.checks) {
            share(each.name);
            share(each.says);
        }
    }
    for (Member& each : incident.members) share(each.summary);
    for (Notification& each : incident.notifications) {
        share(each.channel);
        share(each.what);
        share(each.state);
        share(each.provider_id);
        share(each.error);
    }
    for (Entry& each : incident.timeline) {
        share(each.kind);
        share(each.who);
        share(each.text);
        share(each.ref);
    }
}

}  // namespace nightshift::incidents
