#include "fleet/publisher.h"

#include "base/text.h"
#include "fleet/json.h"

namespace nightshift::fleet {

namespace {

constexpr std::string_view kTopic = "fleet";

// "session/<id>" -> the table it is in, and the id.
void erase_from(Shelf::Tables& tables, std::string_view key) {
    const size_t slash = key.find('/');
    const std::string_view kind = key.substr(0, slash);
    const std::string id(key.substr(slash + 1));
    if (kind == "session") tables.sessions.erase(id);
    if (kind == "agent") tables.agents.erase(id);
    if (kind == "attention") tables.attention.erase(id);
}

}  // namespace

size_t Publisher::publish(const Fleet& fleet, const Changes& changes, int64_t now_us) {
    for (const Changes::Gone& gone : changes.gone) {
        hub_.remove(gone.tenant, kTopic, gone.key);
        shelf_.update(gone.tenant, [&](Shelf::Tables& tables) { erase_from(tables, gone.key); });
    }
    for (const Slot slot : changes.sessions) put_session(fleet, slot, now_us);
    for (const Slot slot : changes.agents) put_agent(fleet, slot, now_us);
    for (const Changes::Shown& shown : changes.attention) {
        std::string json;
        append_attention(json, shown.attention);
        put(shown.tenant, "attention/" + shown.attention.id, "attention", json);
        shelf_.update(shown.tenant, [&](Shelf::Tables& tables) {
            tables.attention[shown.attention.id] = {shown.attention, std::move(json)};
        });
    }
    for (const Slot slot : changes.tenants) {
        const Tenant& tenant = fleet.tenant(slot);
        std::string json;
        append_totals(json, tenant.totals);
        put(tenant.id, "totals", "totals", json);
        shelf_.update(tenant.id, [&](Shelf::Tables& tables) { tables.totals = std::move(json); });
    }
    return changes.gone.size() + changes.sessions.size() + changes.agents.size() + changes.attention.size() +
           changes.tenants.size();
}

void Publisher::put(std::string_view tenant, std::string_view key, std::string_view member,
                    std::string_view json) {
    std::string item = "{\"key\":";
    item.reserve(json.size() + key.size() + 32);
    append_json_string(item, key);
    item += ",\"";
    item += member;
    item += "\":";
    item += json;
    item += '}';
    hub_.put(tenant, kTopic, key, std::move(item));
}

void Publisher::put_session(const Fleet& fleet, Slot slot, int64_t now_us) {
    const Session& session = fleet.session(slot);
    auto entry = std::make_shared<Entry>();
    entry->id = session.id;
    entry->agent = session.agent;
    entry->source = session.source;
    entry->search = to_lower(session.id + '\n' + session.agent + '\n' + session.model);
    entry->state = session.state.value;
    entry->last_us = session.last_us;
    append_session(entry->json, session, now_us);
    put(session.tenant, "session/" + session.id, "session", entry->json);
    shelf_.update(session.tenant,
                  [&](Shelf::Tables& tables) { tables.sessions[session.id] = std::move(entry); });
}

void Publisher::put_agent(const Fleet& fleet, Slot slot, int64_t now_us) {
    const Agent& agent = fleet.agent(slot);
    auto entry = std::make_shared<Entry>();
    entry->id = agent.id;
    entry->agent = agent.id;
    entry->source = agent.source;
    entry->search = to_lower(agent.id + '\n' + agent.model + '\n' + agent.host);
    entry->state = agent.state.value;
    entry->last_us = agent.last_us;
    append_agent(entry->json, agent, fleet.rhythm_of(agent), now_us);
    put(agent.tenant, "agent/" + agent.id, "agent", entry->json);
    shelf_.update(agent.tenant, [&](Shelf::Tables& tables) { tables.agents[agent.id] = std::move(entry); });
}

}  // namespace nightshift::fleet
