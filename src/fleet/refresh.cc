// The half of Fleet that lets time pass: deriving states, counting them, showing attention.

#include <fmt/core.h>

#include <algorithm>

#include "fleet/attention.h"
#include "fleet/detect/stalled.h"
#include "fleet/hash.h"
#include "fleet/response.h"
#include "fleet/state.h"

namespace nightshift::fleet {

namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kRateStep = 5 * kSecond;  // a rate moves when a bucket leaves its window
constexpr int64_t kIdleStep = 10 * kSecond;
constexpr int64_t kNever = INT64_MAX;

// Which session speaks for its agent, first the strongest. A failure counts only while nothing newer went
// well.
constexpr AgentState kAgentOrder[] = {
    AgentState::kLooping, AgentState::kWaitingApproval, AgentState::kFailed,
    AgentState::kWorking, AgentState::kRateLimited,     AgentState::kStalled,
    AgentState::kIdle,    AgentState::kUnknown,         AgentState::kOffline};

int64_t next_check(AgentState state, bool has_detections, bool has_rate, int64_t now_us) {
    switch (state) {
        case AgentState::kWorking:
        case AgentState::kRateLimited:
        case AgentState::kLooping:
            return now_us + kSecond;
        case AgentState::kStalled:
        case AgentState::kWaitingApproval:
        case AgentState::kIdle:
            return now_us + (has_detections ? kSecond : has_rate ? kRateStep : kIdleStep);
        default:
            return has_detections ? now_us + kSecond : has_rate ? now_us + kRateStep : kNever;
    }
}

// A session that ended in good order is history, not part of the fleet's state.
bool counts_in_totals(const Session& session) {
    return !(session.activity.is_ended() && session.state.value == AgentState::kOffline);
}

}  // namespace

void Fleet::tick(Time now) {
    const int64_t now_us = unix_us(now);
    check_due(now_us);
    if (now_us >= retire_at_us_) {
        retire(now_us);
        retire_at_us_ = now_us + 60 * kSecond;
    }
    refresh(now);
}

void Fleet::refresh(Time now) {
    const int64_t now_us = unix_us(now);
    for (const Slot slot : changes_.sessions) refresh_session(slot, now_us);
    for (const Slot slot : changes_.agents) refresh_agent(slot, now_us);
    for (const Slot slot : changes_.tenants) refresh_tenant(slot, now_us);
}

Changes Fleet::take_changes() {
    for (const Slot slot : changes_.sessions) {
        if (sessions_[slot] != nullptr) sessions_[slot]->is_changed = false;
    }
    for (const Slot slot : changes_.agents) {
        if (agents_[slot] != nullptr) agents_[slot]->is_changed = false;
    }
    for (const Slot slot : changes_.tenants) tenants_[slot]->is_changed = false;
    Changes taken = std::move(changes_);
    changes_ = {};
    return taken;
}

void Fleet::check_due(int64_t now_us) {
    for (Slot slot = 0; slot < session_due_us_.size(); ++slot) {
        if (session_due_us_[slot] > now_us) continue;
        session_due_us_[slot] = now_us + kSecond;
        Session& session = *sessions_[slot];
        const bool expired = session.watch.expire(now_us, options_.detect);
        const Agent* agent = session.agent_slot == kNoSlot ? nullptr : agents_[session.agent_slot].get();
        const bool has_rate = session.tokens_minute.is_active(now_us - kRateStep);
        const AgentState state = session.state.value;
        if (expired || has_rate || derive_session(session, agent, now_us).value != state) {
            touch_session(slot);
            continue;
        }
        session_due_us_[slot] = next_check(state, !session.watch.detections().empty(), has_rate, now_us);
    }
    for (Slot slot = 0; slot < agent_due_us_.size(); ++slot) {
        if (agent_due_us_[slot] > now_us) continue;
        Agent& agent = *agents_[slot];
        agent.needs_scan |= agent.own.last_us() >= 0;
        touch_agent(slot);
    }
    for (Slot slot = 0; slot < tenants_.size(); ++slot) {
        const Tenant& tenant = *tenants_[slot];
        const int64_t before = now_us - kRateStep;
        if (tenant.tokens_minute.is_active(before) || tenant.errors_minute.is_active(before) ||
            tenant.usd_six_minutes.is_active(now_us - 6 * kRateStep)) {
            touch_tenant(slot);
        }
    }
}

bool Fleet::is_quiet(Time now) const {
    const int64_t soon = unix_us(now) + 5 * kSecond;
    const auto is_due = [&](int64_t due) { return due < soon; };
    return std::none_of(session_due_us_.begin(), session_due_us_.end(), is_due) &&
           std::none_of(agent_due_us_.begin(), agent_due_us_.end(), is_due);
}

std::optional<Rhythm::Judgement> Fleet::rhythm_of(const Agent& agent) const {
    return agent.rhythm.judge(agent.sessions_working > 0 || agent.own.is_open(), options_.rhythm);
}

const Fleet::SourceWord* Fleet::source_word(std::string_view source) const {
    const auto found = sources_.find(source);
    return found == sources_.end() ? nullptr : &found->second;
}

Pace Fleet::pace_of(const Agent* agent, const Activity& activity, std::string_view source,
                    int64_t now_us) const {
    Pace pace;
    pace.cool_down_us = options_.cool_down_us;
    pace.hold_us = options_.hold_unknown_us;
    if (agent == nullptr) {
        pace.stalled_after_us =
            stalled_after_us(nullptr, activity.open_tool() != nullptr, 0, options_.detect);
        pace.agent_silent_us = now_us - activity.last_us();
        pace.is_agent_late = pace.agent_silent_us > options_.late_unknown_us;
        return pace;
    }
    const int64_t lag_us = agent->rhythm.lag_us();
    const GapHistogram& busy = agent->rhythm.gaps(true);
    if (busy.count() >= options_.rhythm.history_min) {
        pace.hold_us = std::clamp(3 * busy.quantile_us(0.99), options_.hold_min_us, options_.hold_max_us);
    }
    pace.hold_us += lag_us;
    const OpenWork* step = activity.open_step();
    const bool is_model = step != nullptr && step->kind == recorder::Kind::kModelCall;
    const GapHistogram* habit = step == nullptr ? &busy : agent->step(is_model ? 0 : hash_text(step->name));
    pace.stalled_after_us = stalled_after_us(habit, step != nullptr && !is_model, lag_us, options_.detect);

    pace.agent_silent_us = now_us - agent->last_us;
    const std::optional<Rhythm::Judgement> judged = agent->rhythm.judge(false, options_.rhythm);
    const std::optional<Rhythm::Judgement> known =
        judged ? judged : agent->rhythm.judge(true, options_.rhythm);
    pace.agent_usual_us = known ? std::max<int64_t>(known->usual_gap_us, 1) : 0;
    pace.is_agent_late = pace.agent_silent_us > (judged ? judged->late_after_us : options_.late_unknown_us);
    const SourceWord* word = source_word(source);
    if (word != nullptr && word->is_reachable && now_us - word->as_of_us < options_.source_word_us)
        pace.is_agent_late = false;
    return pace;
}

StateFact Fleet::derive_session(const Session& session, const Agent* agent, int64_t now_us) const {
    StateFact fact;
    fact.as_of_us = session.last_us;
    fact.source = session.source;
    const Activity& activity = session.activity;
    const auto set = [&](AgentState state, int64_t since_us, std::string why) {
        fact.value = state;
        fact.since_us = since_us;
        fact.why = std::move(why);
        return fact;
    };
    const Pace pace = pace_of(agent, activity, session.source, now_us);
    if (activity.is_ended()) {
        if (!activity.is_failed()) return set(AgentState::kOffline, activity.ended_us(), "the session ended");
        Activity::Derived failed = activity.derive(now_us, pace);
        return set(AgentState::kFailed, failed.since_us, failed.why + "; the session ended");
    }
    const SourceWord* word = source_word(session.source);
    if (word != nullptr && !word->is_reachable && word->as_of_us >= session.last_us) {
        fact.as_of_us = word->as_of_us;
        return set(AgentState::kOffline, word->since_us, word->why);
    }
    for (const Detection& detection : session.watch.detections()) {
        // A model that refuses each call is a failure that somebody repeats, and the failure is what matters.
        if (detection.kind == DetectionKind::kSameError && activity.is_failed()) continue;
        if (is_loop(detection.kind))
            return set(AgentState::kLooping, detection.since_us, detection.explanation);
    }
    Activity::Derived derived = activity.derive(now_us, pace);
    if (word != nullptr && word->is_reachable && derived.state == AgentState::kIdle) {
        fact.as_of_us = std::max(fact.as_of_us, word->as_of_us);
    }
    return set(derived.state, derived.since_us, std::move(derived.why));
}

void Fleet::refresh_session(Slot slot, int64_t now_us) {
    if (sessions_[slot] == nullptr) return;
    Session& session = *sessions_[slot];
    Agent* agent = session.agent_slot == kNoSlot ? nullptr : agents_[session.agent_slot].get();
    if (session.activity.is_ended() && !session.watch.detections().empty()) session.watch.clear();
    const AgentState before = session.state.value;
    const bool counted_before = counts_in_totals(session);
    session.state = derive_session(session, agent, now_us);
    const bool is_stalled = session.state.value == AgentState::kStalled;
    if (session.watch.set_stalled(is_stalled ? session.state.since_us : 0, now_us, session.state.why) &&
        is_stalled) {
        changes_.detected.push_back(slot);
    }
    for (Detection& detection : session.watch.detections()) {
        detection.response = response_for(detection.kind, options_.response);
    }
    const OpenWork* tool = session.activity.open_tool();
    if (tool == nullptr) {
        session.tool.value.clear();
    } else if (session.tool.value != tool->name || session.tool.since_us != tool->since_us) {
        session.tool =
            Fact{tool->name, tool->since_us, session.last_us, session.source, "its end was not reported yet"};
    } else {
        session.tool.as_of_us = session.last_us;
    }
    count_state(session, before, counted_before);
    if (agent != nullptr &&
        (before != session.state.value || tool != nullptr || !agent->tool.value.empty())) {
        agent->needs_scan = true;
        touch_agent(session.agent_slot);
    }
    show(session, attention_for(session, now_us, options_));
    const bool has_rate = session.tokens_minute.is_active(now_us);
    session_due_us_[slot] =
        next_check(session.state.value, !session.watch.detections().empty(), has_rate, now_us);
}

void Fleet::count_state(Session& session, AgentState before, bool counted_before) {
    Totals& totals = tenants_[session.tenant_slot]->totals;
    if (counted_before) --totals.sessions[static_cast<size_t>(before)];
    if (counts_in_totals(session)) ++totals.sessions[static_cast<size_t>(session.state.value)];
    if (before != session.state.value) touch_tenant(session.tenant_slot);
}

StateFact Fleet::derive_agent(Agent& agent, int64_t now_us) {
    agent.sessions_working = 0;
    agent.tool = {};
    const StateFact* speaker[kStateCount] = {};
    int64_t good_us = -1;
    StateFact own;
    const auto consider = [&](const StateFact& state) {
        const StateFact*& known = speaker[static_cast<size_t>(state.value)];
        if (known == nullptr || state.since_us > known->since_us) known = &state;
        if (state.value == AgentState::kWorking || state.value == AgentState::kIdle)
            good_us = std::max(good_us, state.since_us);
    };
    for (const Slot slot : agent.sessions) {
        const Session& session = *sessions_[slot];
        if (session.state.value == AgentState::kWorking || session.state.value == AgentState::kLooping)
            ++agent.sessions_working;
        if (!session.tool.value.empty() && session.tool.since_us >= agent.tool.since_us)
            agent.tool = session.tool;
        if (session.activity.is_ended() && session.state.value == AgentState::kOffline) {
            // Ending well is as good as being idle.
            good_us = std::max(good_us, session.state.since_us);
            continue;
        }
        consider(session.state);
    }
    if (agent.own.last_us() >= 0) {
        Activity::Derived derived =
            agent.own.derive(now_us, pace_of(&agent, agent.own, agent.source, now_us));
        own = {derived.state, derived.since_us, agent.own.last_us(), agent.source, std::move(derived.why)};
        if (agent.own.is_ended()) {
            own.value = AgentState::kOffline;
            own.since_us = agent.own.ended_us();
            own.why = "its source says that it ended";
        }
        // Work outside sessions speaks unless it is older than the sessions' and says nothing.
        if (own.value != AgentState::kUnknown || agent.sessions.empty()) consider(own);
    }
    for (const AgentState state : kAgentOrder) {
        const StateFact* fact = speaker[static_cast<size_t>(state)];
        if (fact == nullptr || (state == AgentState::kFailed && fact->since_us < good_us)) continue;
        return *fact;
    }
    const Pace pace = pace_of(&agent, agent.own, agent.source, now_us);
    const AgentState rest = pace.is_agent_late ? AgentState::kUnknown : AgentState::kIdle;
    return {rest, agent.last_us, agent.last_us, agent.source, "its last session ended"};
}

void Fleet::refresh_agent(Slot slot, int64_t now_us) {
    if (agents_[slot] == nullptr) return;
    Agent& agent = *agents_[slot];
    const bool ended_only =
        agent.state.value == AgentState::kIdle || agent.state.value == AgentState::kUnknown;
    if (agent.needs_scan || ended_only || agent.state.value == AgentState::kOffline) {
        const AgentState before = agent.state.value;
        agent.state = derive_agent(agent, now_us);
        agent.needs_scan = false;
        Totals& totals = tenants_[agent.tenant_slot]->totals;
        --totals.agents[static_cast<size_t>(before)];
        ++totals.agents[static_cast<size_t>(agent.state.value)];
        if (before != agent.state.value) touch_tenant(agent.tenant_slot);
        show(agent, attention_for(agent, now_us, options_));
    } else {
        agent.state.as_of_us = std::max(agent.state.as_of_us, agent.last_us);
    }
    const bool has_rate = agent.tokens_minute.is_active(now_us) || agent.usd_six_minutes.is_active(now_us);
    const bool may_change =
        agent.state.value != AgentState::kUnknown && agent.state.value != AgentState::kOffline;
    agent_due_us_[slot] = agent.own.last_us() >= 0 && may_change ? now_us + kSecond * 2
                          : has_rate                             ? now_us + kRateStep
                          : may_change                           ? now_us + 3 * kIdleStep
                                                                 : kNever;
}

void Fleet::refresh_tenant(Slot slot, int64_t now_us) {
    Tenant& tenant = *tenants_[slot];
    tenant.totals.tokens_per_minute = tenant.tokens_minute.sum(now_us);
    tenant.totals.errors_per_minute = tenant.errors_minute.sum(now_us);
    tenant.totals.usd_per_hour = tenant.usd_six_minutes.sum(now_us) * 10 / 1e9;
    const int64_t today = now_us / (24 * 3600 * kSecond);
    tenant.totals.cost_today_nano_usd = tenant.day == today ? tenant.cost_today_nano_usd : 0;
}

template <class Record>
void Fleet::show(Record& record, std::optional<Attention> attention) {
    if (attention && record.dismissed == episode_of(*attention)) attention.reset();
    const bool was_shown = record.attention != nullptr;
    if (was_shown && (!attention || attention->id != record.attention->id)) {
        changes_.gone.push_back({record.tenant, "attention/" + record.attention->id});
    }
    if (!attention) {
        record.attention.reset();
        return;
    }
    const bool is_same = was_shown && record.attention->id == attention->id &&
                         record.attention->title == attention->title &&
                         record.attention->severity == attention->severity &&
                         record.attention->since_us == attention->since_us && !attention->detection;
    record.attention = std::make_unique<Attention>(std::move(*attention));
    if (!is_same) changes_.attention.push_back({record.tenant, *record.attention});
}

void Fleet::set_source(std::string_view source, bool is_reachable, Time at, std::string_view why) {
    auto found = sources_.find(source);
    if (found == sources_.end()) {
        if (sources_.size() >= options_.limits.conditions_max) return;
        found = sources_.emplace(std::string(source), SourceWord{true, 0, unix_us(at), ""}).first;
    }
    SourceWord& word = found->second;
    const bool turned = word.is_reachable != is_reachable;
    if (turned) word.since_us = unix_us(at);
    word.is_reachable = is_reachable;
    word.as_of_us = unix_us(at);
    word.why = why;
    if (!turned) return;
    for (Slot slot = 0; slot < sessions_.size(); ++slot) {
        if (sessions_[slot] != nullptr && sessions_[slot]->source == source) touch_session(slot);
    }
    for (Slot slot = 0; slot < agents_.size(); ++slot) {
        if (agents_[slot] == nullptr || agents_[slot]->source != source) continue;
        agents_[slot]->needs_scan = true;
        touch_agent(slot);
    }
}

void Fleet::set_condition(std::string_view tenant, Attention attention) {
    const Slot slot = tenant_slot(tenant);
    if (slot == kNoSlot) return;
    std::map<std::string, Attention>& conditions = tenants_[slot]->conditions;
    if (conditions.size() >= options_.limits.conditions_max && !conditions.contains(attention.id)) return;
    Attention& known = conditions[attention.id];
    // It is said again and again.
    const bool is_same =
        known.id == attention.id && known.title == attention.title && known.severity == attention.severity;
    known = std::move(attention);
    if (is_same || tenants_[slot]->dismissed_conditions.contains(known.id)) return;
    changes_.attention.push_back({std::string(tenant), known});
}

void Fleet::clear_condition(std::string_view tenant, std::string_view id) {
    const auto found = find_tenant(tenant);
    if (!found || tenants_[*found]->conditions.erase(std::string(id)) == 0) return;
    tenants_[*found]->dismissed_conditions.erase(std::string(id));
    changes_.gone.push_back({std::string(tenant), "attention/" + std::string(id)});
}

bool Fleet::dismiss(std::string_view tenant, std::string_view attention_id) {
    const auto hide = [&](auto& record) {
        if (record == nullptr || record->tenant != tenant || record->attention == nullptr) return false;
        if (record->attention->id != attention_id) return false;
        record->dismissed = episode_of(*record->attention);
        show(*record, std::nullopt);
        return true;
    };
    if (std::any_of(sessions_.begin(), sessions_.end(), hide)) return true;
    if (std::any_of(agents_.begin(), agents_.end(), hide)) return true;
    const auto found = find_tenant(tenant);
    if (!found || !tenants_[*found]->conditions.contains(std::string(attention_id))) return false;
    // Hidden until it has passed, however often it is said.
    if (!tenants_[*found]->dismissed_conditions.emplace(attention_id).second) return false;
    changes_.gone.push_back({std::string(tenant), "attention/" + std::string(attention_id)});
    return true;
}

void Fleet::note_acted(Slot slot, std::string_view detection_id, const Acted& acted) {
    if (slot >= sessions_.size() || sessions_[slot] == nullptr) return;
    sessions_[slot]->aborted_us = std::max(sessions_[slot]->aborted_us, acted.at_us);
    for (Detection& detection : sessions_[slot]->watch.detections()) {
        if (detection.id == detection_id) detection.acted = acted;
    }
    touch_session(slot);
}

}  // namespace nightshift::fleet
