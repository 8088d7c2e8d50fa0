#include "gateway/route_health.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

namespace nightshift::gateway {
namespace {

constexpr milliseconds kTrialAfter{60'000};

// When a lane stops standing so; `now` when nobody can say.
Instant end_of(const LaneState& state, Standing standing, Instant now) {
    if (standing == Standing::kCooldown) return state.cooldown_until;
    if (standing == Standing::kKeySetAside) return state.key_aside_until;
    if (standing == Standing::kBreakerOpen) return state.breaker_again_at;
    return now;
}

// Until the first of its keys stands so no more; "" when nobody can say.
std::string until(const Plan& plan, const Target& target, Standing standing, Instant now) {
    std::optional<Instant> first;
    for (size_t key = 0; key < lane_count(plan.settings.providers[target.provider]); ++key) {
        const LaneState state = key_state(plan, target, key, now);
        if (standing_of(state, now) != standing) continue;
        const Instant end = end_of(state, standing, now);
        first = std::min(first.value_or(end), end);
    }
    if (!first || *first <= now) return "";
    return fmt::format(" for {} s", std::chrono::ceil<std::chrono::seconds>(*first - now).count());
}

std::string words(Standing standing) {
    std::string text(to_string(standing));
    std::replace(text.begin(), text.end(), '_', ' ');
    return text;
}

}  // namespace

LaneState key_state(const Plan& plan, const Target& target, size_t key, Instant now) {
    const size_t first = first_lane(target, key);
    LaneState worst = plan.lanes.state(first, now);
    for (size_t lane = first + 1; lane < first + target.models; ++lane) {
        const LaneState state = plan.lanes.state(lane, now);
        const bool was_used = state.last_success != Instant{} || state.last_failure != Instant{};
        const bool is_first = worst.last_success == Instant{} && worst.last_failure == Instant{};
        if (was_used && (is_first || standing_of(state, now) > standing_of(worst, now))) worst = state;
    }
    return worst;
}

LaneStats key_stats(const ShardStats& stats, const Target& target, size_t key) {
    LaneStats sum;
    const size_t first = first_lane(target, key);
    for (size_t lane = first; lane < std::min(first + target.models, stats.lanes.size()); ++lane)
        sum.merge(stats.lanes[lane]);
    return sum;
}

Standing best_standing(const Plan& plan, const Target& target, Instant now) {
    std::optional<Standing> best;
    bool has_untouched = false;
    for (size_t key = 0; key < lane_count(plan.settings.providers[target.provider]); ++key) {
        const size_t first = first_lane(target, key);
        for (size_t lane = first; lane < first + target.models; ++lane) {
            const Standing standing = standing_of(plan.lanes.state(lane, now), now);
            if (standing == Standing::kUnproven) {
                has_untouched = true;
            } else {
                best = best ? std::min(*best, standing) : standing;
            }
        }
    }
    // Models of a wildcard that nobody asked for say nothing beside those that somebody did.
    if (best && (target.models > 1 || !has_untouched || *best == Standing::kGood)) return *best;
    return Standing::kUnproven;
}

std::vector<RouteReport> route_reports(const Plan& plan, Instant now) {
    std::vector<RouteReport> reports;
    for (const Route& route : plan.settings.routes) {
        RouteReport report{.route = route.name, .is_served = route.targets.empty()};
        for (const Target& target : route.targets) {
            const Standing standing = best_standing(plan, target, now);
            // Of a wildcard nobody knows what its other models would say.
            const bool may_serve = standing == Standing::kGood || standing == Standing::kUnproven ||
                                   (standing == Standing::kOnTrial && target.models > 1);
            const std::string name =
                fmt::format("{}/{}", plan.settings.providers[target.provider].name, target.model);
            const std::string line =
                fmt::format("{}: {}{}", name, words(standing), until(plan, target, standing, now));
            report.why += (report.why.empty() ? "" : "; ") + line;
            if (!may_serve) report.troubled += (report.troubled.empty() ? "" : "; ") + line;
            if (standing == Standing::kGood && report.serving.empty()) report.serving = name;
            report.is_served = report.is_served || may_serve;
        }
        reports.push_back(std::move(report));
    }
    return reports;
}

std::vector<RouteTrouble> troubled_routes(const Plan& plan, Instant now) {
    std::vector<RouteTrouble> troubles;
    for (RouteReport& report : route_reports(plan, now)) {
        if (!report.is_served) troubles.push_back({std::move(report.route), std::move(report.why)});
    }
    return troubles;
}

Result<std::vector<size_t>> find_dispensable_lanes(const Plan& plan, std::string_view name,
                                                   std::string_view route, Instant now) {
    std::set<size_t> lanes;
    for (const Route& each : plan.settings.routes) {
        if (!route.empty() && each.name != route) continue;
        bool is_served = false;
        bool has_found = false;
        for (const Target& target : each.targets) {
            const std::string& provider = plan.settings.providers[target.provider].name;
            const bool is_good = best_standing(plan, target, now) <= Standing::kUnproven;
            const bool is_meant =
                name.empty() ? is_good && !has_found
                             : name == provider || name == fmt::format("{}/{}", provider, target.model);
            is_served = is_served || (is_good && !is_meant);
            if (!is_meant) continue;
            has_found = true;
            const size_t count = lane_count(plan.settings.providers[target.provider]) * target.models;
            for (size_t lane = 0; lane < count; ++lane) lanes.insert(first_lane(target, 0) + lane);
        }
        if (has_found && !is_served)
            return fail(Code::kConflict, "without it nobody would serve {}", each.name);
    }
    if (lanes.empty()) return fail(Code::kNotFound, "no route has a target {:.100}", name);
    return std::vector<size_t>(lanes.begin(), lanes.end());
}

std::vector<IdleLane> idle_lanes(const Plan& plan, milliseconds idle_for, Instant since, Instant now) {
    std::vector<IdleLane> idle;
    std::set<size_t> seen;
    for (size_t i = 0; i < plan.settings.routes.size(); ++i) {
        const Route& route = plan.settings.routes[i];
        for (size_t j = 0; j < route.targets.size(); ++j) {
            const Target& target = route.targets[j];
            // A probe is a chat: what serves embeddings would only refuse it.
            if (target.model == "*" || target.model.find("embed") != std::string::npos) continue;
            for (size_t key = 0; key < lane_count(plan.settings.providers[target.provider]); ++key) {
                const size_t lane = first_lane(target, key);
                if (!seen.insert(lane).second) continue;
                const LaneState state = plan.lanes.state(lane, now);
                const Instant last =
                    std::max({state.last_success, state.last_failure, state.last_probe, since});
                const Standing standing = standing_of(state, now);
                const milliseconds patience =
                    standing == Standing::kOnTrial ? std::min(idle_for, kTrialAfter) : idle_for;
                if (now - last < patience || !may_be_asked(standing) || !state.is_chat) continue;
                idle.push_back({i, j, key});
            }
        }
    }
    return idle;
}

}  // namespace nightshift::gateway
