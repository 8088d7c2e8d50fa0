// The half of Fleet that keeps its memory bounded: who is forgotten, and when.

#include <algorithm>

#include "fleet/state.h"

namespace nightshift::fleet {

namespace {

constexpr size_t kBatch =
    16;  // a sixteenth of the table is freed at once, so that finding the oldest is paid rarely

template <class Index>
void erase_slot(Index& index, uint64_t key, Slot slot) {
    const auto [from, to] = index.equal_range(key);
    for (auto it = from; it != to; ++it) {
        if (it->second != slot) continue;
        index.erase(it);
        return;
    }
}

}  // namespace

void Fleet::retire(int64_t now_us) {
    for (Slot slot = 0; slot < sessions_.size(); ++slot) {
        if (sessions_[slot] == nullptr) continue;
        const Session& session = *sessions_[slot];
        const bool is_old = session.activity.is_ended()
                                ? now_us - session.last_us > options_.limits.ended_retain_us
                                : now_us - session.last_us > options_.limits.silent_retain_us;
        if (is_old) remove_session(slot);
    }
    for (Slot slot = 0; slot < agents_.size(); ++slot) {
        if (agents_[slot] == nullptr || !agents_[slot]->sessions.empty()) continue;
        if (now_us - agents_[slot]->last_us > options_.limits.silent_retain_us) remove_agent(slot);
    }
}

void Fleet::make_room_for_session() {
    struct Candidate {
        bool is_alive;  // the ended go first
        int64_t last_us;
        Slot slot;
        bool operator<(const Candidate& other) const {
            return is_alive != other.is_alive ? !is_alive : last_us < other.last_us;
        }
    };
    std::vector<Candidate> candidates;
    for (Slot slot = 0; slot < sessions_.size(); ++slot) {
        if (sessions_[slot] == nullptr) continue;
        candidates.push_back({!sessions_[slot]->activity.is_ended(), sessions_[slot]->last_us, slot});
    }
    const size_t count = std::min(candidates.size(), options_.limits.sessions_max / kBatch + 1);
    std::nth_element(candidates.begin(), candidates.begin() + static_cast<ptrdiff_t>(count - 1),
                     candidates.end());
    for (size_t i = 0; i < count; ++i) remove_session(candidates[i].slot);
    evicted_sessions_ += count;
}

void Fleet::make_room_for_agent() {
    std::vector<std::pair<int64_t, Slot>> candidates;
    for (Slot slot = 0; slot < agents_.size(); ++slot) {
        if (agents_[slot] != nullptr) candidates.emplace_back(agents_[slot]->last_us, slot);
    }
    const size_t count = std::min(candidates.size(), options_.limits.agents_max / kBatch + 1);
    std::nth_element(candidates.begin(), candidates.begin() + static_cast<ptrdiff_t>(count - 1),
                     candidates.end());
    for (size_t i = 0; i < count; ++i) remove_agent(candidates[i].second);
}

void Fleet::remove_session(Slot slot) {
    Session& session = *sessions_[slot];
    const bool is_counted = !(session.activity.is_ended() && session.state.value == AgentState::kOffline);
    if (is_counted)
        --tenants_[session.tenant_slot]->totals.sessions[static_cast<size_t>(session.state.value)];
    if (session.attention) changes_.gone.push_back({session.tenant, "attention/" + session.attention->id});
    changes_.gone.push_back({session.tenant, "session/" + session.id});
    if (session.agent_slot != kNoSlot) {
        std::erase(agents_[session.agent_slot]->sessions, slot);
        agents_[session.agent_slot]->needs_scan = true;
        touch_agent(session.agent_slot);
    }
    if (!session.parent.empty()) {
        if (const auto parent = find_session(session.tenant, session.parent)) {
            std::erase(sessions_[*parent]->children, session.id);
        }
    }
    touch_tenant(session.tenant_slot);
    erase_slot(session_index_, session.key, slot);
    session_due_us_[slot] = INT64_MAX;
    sessions_[slot].reset();
    free_sessions_.push_back(slot);
    std::erase(changes_.sessions, slot);
    std::erase(changes_.detected, slot);
    if (last_session_ == slot) last_session_ = kNoSlot;
}

void Fleet::remove_agent(Slot slot) {
    Agent& agent = *agents_[slot];
    for (const Slot session : agent.sessions) {
        sessions_[session]->agent_slot = kNoSlot;
        sessions_[session]->agent.clear();
    }
    --tenants_[agent.tenant_slot]->totals.agents[static_cast<size_t>(agent.state.value)];
    if (agent.attention) changes_.gone.push_back({agent.tenant, "attention/" + agent.attention->id});
    changes_.gone.push_back({agent.tenant, "agent/" + agent.id});
    touch_tenant(agent.tenant_slot);
    erase_slot(agent_index_, agent.key, slot);
    agent_due_us_[slot] = INT64_MAX;
    agents_[slot].reset();
    free_agents_.push_back(slot);
    std::erase(changes_.agents, slot);
    if (last_agent_ == slot) last_agent_ = kNoSlot;
}

}  // namespace nightshift::fleet
