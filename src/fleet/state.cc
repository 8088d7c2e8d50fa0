#include "fleet/state.h"

#include <algorithm>

#include "fleet/hash.h"

namespace nightshift::fleet {

using recorder::Event;
using recorder::Kind;

namespace {

constexpr int64_t kDay = 24 * 3600'000'000ll;
constexpr int64_t kRateLagMax =
    2 * 60'000'000ll;  // what comes later than this says nothing about the rate now
constexpr size_t kIdBytesMax = 512;
constexpr int64_t kDurationMax = 365 * kDay;

uint64_t key_of(std::string_view tenant, std::string_view id) {
    return hash_text(id, hash_text(tenant));
}

// Times that no clock shows: before 1970, in the future, longer than a year. Arithmetic on them would
// overflow.
bool has_sane_times(const Event& event, int64_t received_us) {
    return event.time_us >= 0 && event.time_us <= received_us && event.duration_us <= kDurationMax;
}

Event with_sane_times(const Event& event, int64_t received_us) {
    Event sane = event;
    sane.time_us = std::clamp<int64_t>(event.time_us, 0, std::max<int64_t>(received_us, 0));
    sane.duration_us = std::min(event.duration_us, kDurationMax);
    return sane;
}

// Whether the event says something about what its session does, and not only that somebody writes logs.
bool bears_state(Kind kind) {
    return kind != Kind::kLog && kind != Kind::kSample && kind != Kind::kMessage && kind != Kind::kHook;
}

bool counts_as_error(const Event& event, int64_t last_error_us) {
    if (!is_failure(event.status)) return false;
    switch (event.kind) {
        case Kind::kModelCall:
        case Kind::kToolCall:
        case Kind::kRetrieval:
        case Kind::kJob:
            return true;
        // A turn fails because of something inside it; that was counted.
        case Kind::kTurn:
            return last_error_us < event.time_us;
        default:
            return false;
    }
}

void add_usage(Usage& usage, const Event& event, bool is_error) {
    usage.input_tokens += event.input_tokens;
    usage.output_tokens += event.output_tokens;
    usage.cache_read_tokens += event.cache_read_tokens;
    usage.cache_write_tokens += event.cache_write_tokens;
    usage.reasoning_tokens += event.reasoning_tokens;
    if (event.cost_source != recorder::CostSource::kNone) {
        usage.cost_nano_usd += event.cost_nano_usd;
        usage.has_reported_cost |= event.cost_source == recorder::CostSource::kReported;
        usage.has_priced_cost |= event.cost_source == recorder::CostSource::kPriced;
    }
    usage.errors += is_error ? 1 : 0;
    if (is_running(event.status)) return;
    usage.model_calls += event.kind == Kind::kModelCall ? 1 : 0;
    usage.tool_calls += event.kind == Kind::kToolCall ? 1 : 0;
}

void subtract(Usage& usage, const GatewayCall& call) {
    const auto less = [](uint64_t& from, uint64_t amount) { from -= std::min(from, amount); };
    less(usage.input_tokens, call.input_tokens);
    less(usage.output_tokens, call.output_tokens);
    less(usage.cache_read_tokens, call.cache_read_tokens);
    less(usage.cache_write_tokens, call.cache_write_tokens);
    less(usage.reasoning_tokens, call.reasoning_tokens);
    less(usage.model_calls, 1);
    usage.cost_nano_usd -= std::min(usage.cost_nano_usd, call.cost_nano_usd);
}

Event with_tokens_of(Event event, const GatewayCall& call) {
    event.input_tokens = call.input_tokens;
    event.output_tokens = call.output_tokens;
    event.cache_read_tokens = call.cache_read_tokens;
    event.cache_write_tokens = call.cache_write_tokens;
    event.reasoning_tokens = call.reasoning_tokens;
    event.cost_nano_usd = call.cost_nano_usd;
    event.cost_source = call.cost_source;
    return event;
}

void assign_if_new(std::string& to, std::string_view from) {
    if (!from.empty() && to != from) to = from;
}

}  // namespace

Fleet::Fleet(StateOptions options) : options_(std::move(options)) {}

void Fleet::apply(const Event& event, Time received) {
    const int64_t received_us = std::max<int64_t>(unix_us(received), 0);
    if (!has_sane_times(event, received_us))
        return apply(with_sane_times(event, received_us), from_unix_us(received_us));
    gateway_calls_.remember(event, received_us);
    const std::optional<GatewayCall> counted = gateway_calls_.take(event);
    const bool is_moved = counted && (counted->agent != event.agent || counted->session != event.session);
    if (!is_moved) return take_in(event, event, received_us);
    take_back(*counted);
    take_in(event, with_tokens_of(event, *counted), received_us);
}

// `event` is what its agent and session did; `sums` the same for their tenant, which had its tokens when they
// are only given to another.
void Fleet::take_in(const Event& sums, const Event& event, int64_t received_us) {
    const Slot tenant = tenant_slot(event.tenant);
    if (tenant == kNoSlot) return;
    const int64_t end_us = std::min(event.time_us + std::max<int64_t>(event.duration_us, 0), received_us);
    Moment moment{received_us, std::min(event.time_us, end_us), end_us,
                  event.input_tokens + event.output_tokens, false};

    const Slot slot = event.session.empty() ? kNoSlot : session_slot(event, tenant);
    Session* session = slot == kNoSlot ? nullptr : sessions_[slot].get();
    moment.is_error = counts_as_error(event, session == nullptr ? -1 : session->last_error_us);
    apply_to_tenant(*tenants_[tenant], sums, moment);
    touch_tenant(tenant);

    // An event may name another agent than its session's: the tokens are that agent's own.
    const std::string_view agent_id =
        !event.agent.empty() || session == nullptr ? event.agent : std::string_view(session->agent);
    Slot agent = kNoSlot;
    if (!agent_id.empty()) {
        const bool is_sessions =
            session != nullptr && session->agent_slot != kNoSlot && session->agent == agent_id;
        agent = is_sessions ? session->agent_slot : agent_slot(agent_id, event, tenant);
    }
    bool was_busy = false;
    if (session != nullptr) {
        if (session->agent.empty() && agent != kNoSlot) join_agent(*session, slot, agent_id);
        was_busy = session->activity.is_open();
        apply_to_session(*session, event, moment);
        touch_session(slot);
    }
    if (agent == kNoSlot) return;
    Agent& owner = *agents_[agent];
    if (session == nullptr) was_busy = owner.own.is_open();
    apply_to_agent(owner, event, moment, was_busy || owner.sessions_working > 0);
    if (session == nullptr) {
        owner.own.apply(event, moment.end_us);
        owner.needs_scan = true;
    }
    touch_agent(agent);
}

// The gateway's caller turns out to be somebody who tells of the call as well: it is theirs.
void Fleet::take_back(const GatewayCall& call) {
    const auto tokens = static_cast<double>(call.input_tokens + call.output_tokens);
    if (const auto slot = find_session(call.tenant, call.session)) {
        Session& session = *sessions_[*slot];
        subtract(session.usage, call);
        session.tokens_minute.add(call.received_us, -tokens);
        touch_session(*slot);
    }
    if (const auto slot = find_agent(call.tenant, call.agent)) {
        Agent& agent = *agents_[*slot];
        subtract(agent.usage, call);
        agent.tokens_minute.add(call.received_us, -tokens);
        agent.usd_six_minutes.add(call.received_us, -static_cast<double>(call.cost_nano_usd));
        touch_agent(*slot);
    }
}

void Fleet::apply_to_session(Session& session, const Event& event, const Moment& moment) {
    const Watch::Counters before{session.activity.last_us(), session.usage.tokens(),
                                 session.usage.cost_nano_usd, 0};
    if (!event.parent_session.empty() && session.parent.empty())
        set_parent(last_session_, event.parent_session);
    if (bears_state(event.kind) && session.source != event.source && moment.end_us >= session.last_us) {
        session.source = event.source;
        for (const std::string& prefix : options_.response.abortable_sources) {
            if (event.source.starts_with(prefix)) session.abort_source = event.source;
        }
    }
    if (event.kind == Kind::kModelCall && moment.end_us >= session.last_us)
        assign_if_new(session.model, event.model);
    add_usage(session.usage, event, moment.is_error);
    if (moment.is_error) session.last_error_us = std::max(session.last_error_us, moment.end_us);
    if (moment.tokens > 0 && moment.received_us - moment.end_us < kRateLagMax) {
        session.tokens_minute.add(moment.received_us, static_cast<double>(moment.tokens));
    }
    session.started_us = std::min(session.started_us, moment.start_us);
    if (event.simulated) session.simulated = true;

    const bool detects =
        event.kind == Kind::kToolCall || event.kind == Kind::kModelCall || event.kind == Kind::kMessage;
    if (detects && session.agent_slot != kNoSlot) {
        Agent& agent = *agents_[session.agent_slot];
        const bool found =
            session.watch.observe(event, moment.end_us, before, agent.velocity, options_.detect);
        if (found && !session.watch.detections().empty()) changes_.detected.push_back(last_session_);
    }
    session.activity.apply(event, moment.end_us);
    session.last_us = std::max(session.last_us, moment.end_us);
}

void Fleet::apply_to_agent(Agent& agent, const Event& event, const Moment& moment, bool was_busy) {
    add_usage(agent.usage, event, moment.is_error);
    if (event.kind == Kind::kModelCall && moment.end_us >= agent.last_us)
        assign_if_new(agent.model, event.model);
    if (bears_state(event.kind) && moment.end_us >= agent.last_us) assign_if_new(agent.source, event.source);
    assign_if_new(agent.host, event.host);
    if (event.simulated) agent.simulated = true;
    if (moment.received_us - moment.end_us < kRateLagMax) {
        if (moment.tokens > 0)
            agent.tokens_minute.add(moment.received_us, static_cast<double>(moment.tokens));
        if (event.cost_nano_usd > 0)
            agent.usd_six_minutes.add(moment.received_us, static_cast<double>(event.cost_nano_usd));
    }
    const bool is_step = event.kind == Kind::kToolCall || event.kind == Kind::kModelCall;
    if (is_step && event.duration_us >= 0 && !is_running(event.status)) {
        const uint64_t name = event.kind == Kind::kModelCall ? 0 : hash_text(event.name);
        agent.add_step(name, event.duration_us);
    }
    if (moment.end_us <= agent.last_us) return;
    if (agent.last_us >= 0)
        agent.rhythm.add(moment.end_us - agent.last_us, moment.received_us - moment.end_us, was_busy);
    agent.last_us = moment.end_us;
}

void Fleet::apply_to_tenant(Tenant& tenant, const Event& event, const Moment& moment) {
    if (event.cost_nano_usd > 0) {
        const int64_t day = moment.end_us / kDay;
        if (day > tenant.day) {
            tenant.day = day;
            tenant.cost_today_nano_usd = 0;
        }
        if (day == tenant.day) tenant.cost_today_nano_usd += event.cost_nano_usd;
    }
    if (moment.received_us - moment.end_us >= kRateLagMax) return;
    const uint64_t tokens = event.input_tokens + event.output_tokens;
    if (tokens > 0) tenant.tokens_minute.add(moment.received_us, static_cast<double>(tokens));
    if (event.cost_nano_usd > 0)
        tenant.usd_six_minutes.add(moment.received_us, static_cast<double>(event.cost_nano_usd));
    if (moment.is_error) tenant.errors_minute.add(moment.received_us, 1);
}

Slot Fleet::tenant_slot(std::string_view id) {
    if (last_tenant_ != kNoSlot && tenants_[last_tenant_]->id == id) return last_tenant_;
    auto found = tenant_index_.find(id);
    if (found == tenant_index_.end()) {
        if (tenants_.size() >= options_.limits.tenants_max) {
            ++refused_;
            return kNoSlot;
        }
        auto tenant = std::make_unique<Tenant>();
        tenant->id = id;
        tenants_.push_back(std::move(tenant));
        found = tenant_index_.emplace(id, static_cast<Slot>(tenants_.size() - 1)).first;
    }
    return last_tenant_ = found->second;
}

std::optional<Slot> Fleet::find_tenant(std::string_view tenant) const {
    const auto found = tenant_index_.find(tenant);
    return found == tenant_index_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Slot> Fleet::find_session(std::string_view tenant, std::string_view id) const {
    const auto [from, to] = session_index_.equal_range(key_of(tenant, id));
    for (auto it = from; it != to; ++it) {
        const Session& session = *sessions_[it->second];
        if (session.id == id && session.tenant == tenant) return it->second;
    }
    return std::nullopt;
}

std::optional<Slot> Fleet::find_agent(std::string_view tenant, std::string_view id) const {
    const auto [from, to] = agent_index_.equal_range(key_of(tenant, id));
    for (auto it = from; it != to; ++it) {
        const Agent& agent = *agents_[it->second];
        if (agent.id == id && agent.tenant == tenant) return it->second;
    }
    return std::nullopt;
}

Slot Fleet::session_slot(const Event& event, Slot tenant) {
    if (last_session_ != kNoSlot && sessions_[last_session_] != nullptr) {
        const Session& last = *sessions_[last_session_];
        if (last.tenant_slot == tenant && last.id == event.session) return last_session_;
    }
    if (const auto found = find_session(event.tenant, event.session)) return last_session_ = *found;
    if (event.session.size() > kIdBytesMax) {
        ++refused_;
        return kNoSlot;
    }
    return last_session_ = new_session(event.session, tenant, key_of(event.tenant, event.session));
}

Slot Fleet::new_session(std::string_view id, Slot tenant, uint64_t key) {
    if (session_index_.size() >= options_.limits.sessions_max) make_room_for_session();
    auto session = std::make_unique<Session>();
    session->tenant = tenants_[tenant]->id;
    session->id = id;
    session->tenant_slot = tenant;
    session->key = key;
    session->started_us = INT64_MAX;
    session->watch.set_session(id);
    ++tenants_[tenant]->totals.sessions[static_cast<size_t>(AgentState::kUnknown)];
    if (auto waiting = orphans_.find(key); waiting != orphans_.end()) {
        session->children = std::move(waiting->second);
        orphans_.erase(waiting);
    }
    return add_session(std::move(session));
}

Slot Fleet::add_session(std::unique_ptr<Session> session) {
    Slot slot = static_cast<Slot>(sessions_.size());
    if (free_sessions_.empty()) {
        sessions_.emplace_back();
        session_due_us_.push_back(INT64_MAX);
    } else {
        slot = free_sessions_.back();
        free_sessions_.pop_back();
    }
    session_index_.emplace(session->key, slot);
    sessions_[slot] = std::move(session);
    return slot;
}

Slot Fleet::add_agent(std::unique_ptr<Agent> agent) {
    Slot slot = static_cast<Slot>(agents_.size());
    if (free_agents_.empty()) {
        agents_.emplace_back();
        agent_due_us_.push_back(INT64_MAX);
    } else {
        slot = free_agents_.back();
        free_agents_.pop_back();
    }
    agent_index_.emplace(agent->key, slot);
    agents_[slot] = std::move(agent);
    return slot;
}

void Fleet::adopt(Tenant from) {
    const Slot slot = tenant_slot(from.id);
    if (slot == kNoSlot) return;
    *tenants_[slot] = std::move(from);
    touch_tenant(slot);
}

void Fleet::adopt(std::unique_ptr<Agent> agent) {
    const Slot tenant = tenant_slot(agent->tenant);
    if (tenant == kNoSlot || agent_index_.size() >= options_.limits.agents_max) return;
    agent->tenant_slot = tenant;
    agent->key = key_of(agent->tenant, agent->id);
    ++tenants_[tenant]->totals.agents[static_cast<size_t>(agent->state.value)];
    const Slot slot = add_agent(std::move(agent));
    agent_due_us_[slot] = 0;
    touch_agent(slot);
}

void Fleet::adopt(std::unique_ptr<Session> from) {
    const Slot tenant = tenant_slot(from->tenant);
    if (tenant == kNoSlot || session_index_.size() >= options_.limits.sessions_max) return;
    from->tenant_slot = tenant;
    from->key = key_of(from->tenant, from->id);
    from->watch.set_session(from->id);
    const std::string agent = std::move(from->agent);
    from->agent.clear();
    const bool is_counted = !(from->activity.is_ended() && from->state.value == AgentState::kOffline);
    if (is_counted) ++tenants_[tenant]->totals.sessions[static_cast<size_t>(from->state.value)];
    const Slot slot = add_session(std::move(from));
    Session& session = *sessions_[slot];
    join_agent(session, slot, agent);
    if (session.agent.empty()) session.agent = agent;
    orphans_.erase(session.key);
    if (!session.parent.empty() && !find_session(session.tenant, session.parent)) {
        orphans_[key_of(session.tenant, session.parent)].push_back(session.id);
    }
    session_due_us_[slot] = 0;  // time has passed since
    touch_session(slot);
}

Slot Fleet::agent_slot(std::string_view id, const Event& event, Slot tenant) {
    if (last_agent_ != kNoSlot && agents_[last_agent_] != nullptr) {
        const Agent& last = *agents_[last_agent_];
        if (last.tenant_slot == tenant && last.id == id) return last_agent_;
    }
    if (const auto found = find_agent(event.tenant, id)) return last_agent_ = *found;
    if (id.size() > kIdBytesMax) {
        ++refused_;
        return kNoSlot;
    }
    if (agent_index_.size() >= options_.limits.agents_max) make_room_for_agent();
    auto agent = std::make_unique<Agent>();
    agent->tenant = event.tenant;
    agent->id = id;
    agent->tenant_slot = tenant;
    agent->key = key_of(event.tenant, id);
    ++tenants_[tenant]->totals.agents[static_cast<size_t>(AgentState::kUnknown)];
    return last_agent_ = add_agent(std::move(agent));
}

void Fleet::join_agent(Session& session, Slot slot, std::string_view agent) {
    const auto found = find_agent(session.tenant, agent);
    if (!found) return;
    session.agent = agent;
    session.agent_slot = *found;
    agents_[*found]->sessions.push_back(slot);
    agents_[*found]->needs_scan = true;
}

void Fleet::set_parent(Slot slot, std::string_view parent) {
    Session& session = *sessions_[slot];
    if (parent == session.id || parent.size() > kIdBytesMax) return;
    session.parent = parent;
    if (const auto found = find_session(session.tenant, parent)) {
        Session& above = *sessions_[*found];
        if (above.children.size() < options_.limits.children_max) above.children.push_back(session.id);
        touch_session(*found);
        return;
    }
    if (orphans_.size() >= options_.limits.sessions_max) return;
    std::vector<std::string>& waiting = orphans_[key_of(session.tenant, parent)];
    if (waiting.size() < options_.limits.children_max) waiting.push_back(session.id);
}

void Fleet::touch_session(Slot slot) {
    if (sessions_[slot]->is_changed) return;
    sessions_[slot]->is_changed = true;
    changes_.sessions.push_back(slot);
}

void Fleet::touch_agent(Slot slot) {
    if (agents_[slot]->is_changed) return;
    agents_[slot]->is_changed = true;
    changes_.agents.push_back(slot);
}

void Fleet::touch_tenant(Slot slot) {
    if (tenants_[slot]->is_changed) return;
    tenants_[slot]->is_changed = true;
    changes_.tenants.push_back(slot);
}

}  // namespace nightshift::fleet
