#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "fleet/gateway_calls.h"
#include "fleet/options.h"
#include "fleet/record.h"
#include "recorder/event.h"

namespace nightshift::fleet {

// What changed since the last take_changes(); slots are valid until the next call of the fleet.
struct Changes {
    std::vector<Slot> sessions;
    std::vector<Slot> agents;
    std::vector<Slot> tenants;
    struct Gone {
        std::string tenant;
        std::string key;  // as in docs/formats/live.md: "session/<id>", "attention/<id>", …
    };
    std::vector<Gone> gone;  // apply before what was put
    struct Shown {
        std::string tenant;
        Attention attention;
    };
    std::vector<Shown> attention;
    std::vector<Slot> detected;  // sessions whose detections are new or grew: for the response ladder
};

// Every agent and session as it is now, derived from events. Pure: no clock, no I/O; one thread at a time.
// Memory is bounded by Limits. docs: README.md has the table of states and the rules.
class Fleet {
public:
    explicit Fleet(StateOptions options);

    // Takes one event in. `received` is when it came, or when it was recorded; never before an earlier
    // call's.
    void apply(const recorder::Event& event, Time received);
    // Lets time pass: what became stalled, late, cool or old. Then brings all states up to date.
    void tick(Time now);
    // Brings up to date what events have touched. Cheap when nothing was.
    void refresh(Time now);
    Changes take_changes();
    // Whether a state or a rate may still change without events.
    bool is_quiet(Time now) const;

    // A source was lost, or is there; the evidence for `offline`, and against doubting an idle agent.
    void set_source(std::string_view source, bool is_reachable, Time at, std::string_view why);
    // Attention from outside the fleet (a failing source, the recorder); clear_condition() ends it.
    void set_condition(std::string_view tenant, Attention attention);
    void clear_condition(std::string_view tenant, std::string_view id);
    // Hides an attention until its trouble is another. False when there is none of that id.
    bool dismiss(std::string_view tenant, std::string_view attention_id);
    // Notes that a session was acted upon because of a detection (or of nothing: a person asked), and what
    // came of it.
    void note_acted(Slot session, std::string_view detection_id, const Acted& acted);

    const Session& session(Slot slot) const { return *sessions_[slot]; }
    const Agent& agent(Slot slot) const { return *agents_[slot]; }
    const Tenant& tenant(Slot slot) const { return *tenants_[slot]; }
    std::optional<Slot> find_session(std::string_view tenant, std::string_view id) const;
    std::optional<Slot> find_agent(std::string_view tenant, std::string_view id) const;
    std::optional<Slot> find_tenant(std::string_view tenant) const;
    // The rhythm's judgement of an agent, as it is at the moment; nothing with too little history.
    std::optional<Rhythm::Judgement> rhythm_of(const Agent& agent) const;

    size_t session_count() const { return session_index_.size(); }
    size_t agent_count() const { return agent_index_.size(); }
    uint64_t evicted_sessions() const { return evicted_sessions_; }
    uint64_t refused_records() const { return refused_; }
    const StateOptions& options() const { return options_; }

private:
    friend struct SnapshotAccess;

    using Index = std::unordered_multimap<uint64_t, Slot>;
    struct SourceWord {
        bool is_reachable = true;
        int64_t as_of_us = 0;
        int64_t since_us = 0;
        std::string why;
    };

    Slot tenant_slot(std::string_view id);
    Slot session_slot(const recorder::Event& event, Slot tenant);
    Slot agent_slot(std::string_view id, const recorder::Event& event, Slot tenant);
    Slot new_session(std::string_view id, Slot tenant, uint64_t key);
    Slot add_session(std::unique_ptr<Session> session);
    Slot add_agent(std::unique_ptr<Agent> agent);
    // From a snapshot: tenants first, then agents, then sessions.
    void adopt(Tenant tenant);
    void adopt(std::unique_ptr<Agent> agent);
    void adopt(std::unique_ptr<Session> session);
    void join_agent(Session& session, Slot slot, std::string_view agent);
    void set_parent(Slot slot, std::string_view parent);

    struct Moment {
        int64_t received_us;
        int64_t start_us;
        int64_t end_us;
        uint64_t tokens;
        bool is_error;
    };
    void take_in(const recorder::Event& sums, const recorder::Event& event, int64_t received_us);
    void take_back(const GatewayCall& call);
    void apply_to_session(Session& session, const recorder::Event& event, const Moment& moment);
    void apply_to_agent(Agent& agent, const recorder::Event& event, const Moment& moment, bool was_busy);
    void apply_to_tenant(Tenant& tenant, const recorder::Event& event, const Moment& moment);
    void touch_session(Slot slot);
    void touch_agent(Slot slot);
    void touch_tenant(Slot slot);

    void refresh_session(Slot slot, int64_t now_us);
    void refresh_agent(Slot slot, int64_t now_us);
    void refresh_tenant(Slot slot, int64_t now_us);
    Pace pace_of(const Agent* agent, const Activity& activity, std::string_view source, int64_t now_us) const;
    StateFact derive_session(const Session& session, const Agent* agent, int64_t now_us) const;
    StateFact derive_agent(Agent& agent, int64_t now_us);
    void count_state(Session& session, AgentState before, bool counted_before);
    template <class Record>
    void show(Record& record, std::optional<Attention> attention);
    const SourceWord* source_word(std::string_view source) const;

    void check_due(int64_t now_us);
    void retire(int64_t now_us);
    void make_room_for_session();
    void make_room_for_agent();
    void remove_session(Slot slot);
    void remove_agent(Slot slot);

    StateOptions options_;
    std::vector<std::unique_ptr<Tenant>> tenants_;
    std::vector<std::unique_ptr<Agent>> agents_;
    std::vector<std::unique_ptr<Session>> sessions_;
    std::vector<int64_t> session_due_us_;  // beside sessions_: when its state may change by time alone
    std::vector<int64_t> agent_due_us_;
    std::vector<Slot> free_sessions_;
    std::vector<Slot> free_agents_;
    std::map<std::string, Slot, std::less<>> tenant_index_;
    Index agent_index_;
    Index session_index_;
    std::unordered_map<uint64_t, std::vector<std::string>> orphans_;  // children of a parent not yet seen
    std::map<std::string, SourceWord, std::less<>> sources_;
    GatewayCalls gateway_calls_;
    Changes changes_;
    // The last event's records: events come in runs.
    Slot last_tenant_ = kNoSlot;
    Slot last_session_ = kNoSlot;
    Slot last_agent_ = kNoSlot;
    int64_t retire_at_us_ = 0;
    uint64_t evicted_sessions_ = 0;
    uint64_t refused_ = 0;
};

}  // namespace nightshift::fleet
