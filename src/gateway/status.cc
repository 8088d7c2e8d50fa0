#include "gateway/status.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "gateway/route_health.h"

namespace nightshift::gateway {
namespace {

namespace json = boost::json;

std::string_view to_string(Breaker::State state) {
    switch (state) {
        case Breaker::State::kClosed:
            return "closed";
        case Breaker::State::kOpen:
            return "open";
        case Breaker::State::kHalfOpen:
            return "half_open";
    }
    return "closed";
}

// 0 when it is not in the future.
int64_t left_ms(Instant at, Instant now) {
    if (at <= now) return 0;
    return std::chrono::ceil<milliseconds>(at - now).count();
}

// Null for never.
json::value ago_ms(Instant at, Instant now) {
    if (at == Instant{}) return nullptr;
    return std::chrono::floor<milliseconds>(now - at).count();
}

json::value optional_number(const std::optional<int64_t>& number) {
    return number ? json::value(*number) : json::value(nullptr);
}

json::object percentiles_json(const Histogram& us) {
    if (us.count() == 0) return {{"p50", nullptr}, {"p95", nullptr}, {"p99", nullptr}};
    auto ms = [&](double quantile) { return std::round(us.percentile(quantile)) / 1e3; };
    return {{"p50", ms(0.5)}, {"p95", ms(0.95)}, {"p99", ms(0.99)}};
}

json::object lane_json(const LaneState& state, Instant now) {
    const Standing standing = standing_of(state, now);
    return {{"standing", to_string(standing)},
            {"obstacle", may_be_asked(standing) ? "" : to_string(standing)},
            {"last_success_ago_ms", ago_ms(state.last_success, now)},
            {"last_failure_ago_ms", ago_ms(state.last_failure, now)},
            {"breaker", to_string(state.breaker)},
            {"breaker_again_in_ms",
             state.breaker == Breaker::State::kOpen ? left_ms(state.breaker_again_at, now) : 0},
            {"cooldown_ms", left_ms(state.cooldown_until, now)},
            {"key_aside_ms", left_ms(state.key_aside_until, now)},
            {"recent_failures", state.failures},
            {"recent_successes", state.successes},
            {"requests_left", optional_number(state.requests_left)},
            {"tokens_left", optional_number(state.tokens_left)}};
}

void add_stats(json::object& lane, const LaneStats& stats) {
    lane["attempts"] = stats.attempts;
    lane["failures"] = stats.failures;
    lane["success_rate"] = nullptr;
    if (stats.attempts > 0)
        lane["success_rate"] = 1 - static_cast<double>(stats.failures) / static_cast<double>(stats.attempts);
    lane["took_ms"] = percentiles_json(stats.took_us);
    lane["first_token_ms"] = percentiles_json(stats.first_token_us);
    lane["input_tokens"] = stats.input_tokens;
    lane["output_tokens"] = stats.output_tokens;
    lane["cost_usd"] = static_cast<double>(stats.cost_nano_usd) / 1e9;
}

json::object target_json(const Plan& plan, const Target& target) {
    const ProviderSpec& provider = plan.settings.providers[target.provider];
    json::object out{{"provider", provider.name}, {"kind", to_string(provider.kind)},
                     {"model", target.model},     {"tier", target.tier},
                     {"weight", target.weight},   {"window", target.window},
                     {"price", nullptr}};
    if (target.price.is_known)
        out["price"] = json::object{{"input", target.price.input}, {"output", target.price.output}};
    return out;
}

json::array routes_json(const Plan& plan, const ShardStats& stats, Instant now) {
    json::array routes;
    for (const Route& route : plan.settings.routes) {
        json::array targets;
        for (const Target& target : route.targets) {
            json::object out = target_json(plan, target);
            json::array keys;
            for (size_t key = 0; key < lane_count(plan.settings.providers[target.provider]); ++key) {
                json::object lane = lane_json(key_state(plan, target, key, now), now);
                add_stats(lane, key_stats(stats, target, key));
                keys.push_back(std::move(lane));
            }
            out["state"] = to_string(best_standing(plan, target, now));
            out["keys"] = std::move(keys);
            targets.push_back(std::move(out));
        }
        routes.push_back(
            json::object{{"name", route.name},
                         {"last_resort", route.last_resort == LastResort::kTryAll ? "try_all" : "fail"},
                         {"targets", std::move(targets)}});
    }
    return routes;
}

json::object amount_json(const Amount& amount) {
    return {{"requests", amount.requests},
            {"tokens", amount.tokens},
            {"usd", static_cast<double>(amount.nano_usd) / 1e9}};
}

json::array limits_json(const Limits* limits, std::string_view tenant, Time wall) {
    constexpr size_t kShownMax = 200;
    json::array out;
    if (limits == nullptr) return out;
    for (const CounterPtr& counter : limits->fullest(wall, kShownMax)) {
        if (!belongs_to(counter->subject(), tenant)) continue;
        const LimitSpec& spec = counter->spec();
        out.push_back(
            json::object{{"name", spec.name},
                         {"scope", to_string(spec.scope)},
                         {"subject", counter->subject()},
                         {"model", spec.model},
                         {"per", to_string(spec.window)},
                         {"used", amount_json(counter->used())},
                         {"ceiling", amount_json({spec.requests, spec.tokens, spec.micro_usd * 1'000})},
                         {"share", counter->share()},
                         {"ends_ms", unix_ms(counter->end())}});
    }
    return out;
}

json::array notes_json(const ShardStats& stats, std::string_view tenant) {
    json::array out;
    for (const FallbackNote& note : stats.notes) {
        if (note.tenant != tenant) continue;
        out.push_back(json::object{{"at_ms", unix_ms(note.at)},
                                   {"route", note.route},
                                   {"from", note.from},
                                   {"reason", note.reason},
                                   {"to", note.to},
                                   {"agent", note.agent}});
    }
    return out;
}

}  // namespace

bool belongs_to(std::string_view subject, std::string_view tenant) {
    return subject == tenant ||
           (subject.size() > tenant.size() && subject.starts_with(tenant) && subject[tenant.size()] == '/');
}

ShardStats merge(const std::vector<ShardStats>& all) {
    ShardStats sum;
    for (const ShardStats& each : all) {
        sum.calls += each.calls;
        sum.failed_calls += each.failed_calls;
        sum.fallbacks += each.fallbacks;
        sum.broken_streams += each.broken_streams;
        sum.cut_streams += each.cut_streams;
        sum.gone_clients += each.gone_clients;
        sum.refused_by_limits += each.refused_by_limits;
        sum.streams_open += each.streams_open;
        sum.lanes.resize(std::max(sum.lanes.size(), each.lanes.size()));
        for (size_t i = 0; i < each.lanes.size(); ++i) sum.lanes[i].merge(each.lanes[i]);
        sum.notes.insert(sum.notes.end(), each.notes.begin(), each.notes.end());
    }
    std::sort(sum.notes.begin(), sum.notes.end(),
              [](const FallbackNote& a, const FallbackNote& b) { return a.at > b.at; });
    return sum;
}

json::object status_json(const Plan& plan, const ShardStats& stats, const Limits* limits,
                         std::string_view tenant, Instant now, Time wall) {
    json::array providers;
    for (const ProviderSpec& provider : plan.settings.providers) {
        providers.push_back(json::object{
            {"name", provider.name}, {"kind", to_string(provider.kind)}, {"keys", provider.keys.size()}});
    }
    return {{"is_enabled", true},
            {"now_ms", unix_ms(wall)},
            {"calls", stats.calls},
            {"failed_calls", stats.failed_calls},
            {"fallbacks", stats.fallbacks},
            {"broken_streams", stats.broken_streams},
            {"cut_streams", stats.cut_streams},
            {"gone_clients", stats.gone_clients},
            {"refused_by_limits", stats.refused_by_limits},
            {"streams_open", stats.streams_open},
            {"providers", std::move(providers)},
            {"routes", routes_json(plan, stats, now)},
            {"limits", limits_json(limits, tenant, wall)},
            {"last_fallbacks", notes_json(stats, tenant)}};
}

Result<json::object> explain_json(const Plan& plan, std::string_view model, int64_t input_tokens,
                                  Instant now) {
    const Route* route = plan.settings.find_route(model);
    if (route == nullptr) return fail(Code::kNotFound, "no route serves the model {:.200}", model);
    const Chain chain(*route, plan.settings.providers, {.input_estimate = input_tokens}, now, 0);
    json::array targets;
    for (size_t index : chain.order()) {
        const Target& target = route->targets[index];
        json::object out = target_json(plan, target);
        out["model"] = model_at(*route, target, model);
        out["fits"] = target.window == 0 || target.window >= input_tokens;
        out["first_token_ms"] = target.timeouts.first_token.count();
        json::array keys;
        for (size_t key = 0; key < lane_count(plan.settings.providers[target.provider]); ++key)
            keys.push_back(lane_json(plan.lanes.state(lane_of(target, key, model), now), now));
        out["keys"] = std::move(keys);
        targets.push_back(std::move(out));
    }
    return json::object{{"route", route->name},
                        {"attempts", route->attempts_max},
                        {"deadline_ms", route->deadline.count()},
                        {"last_resort", route->last_resort == LastResort::kTryAll ? "try_all" : "fail"},
                        {"targets", std::move(targets)}};
}

}  // namespace nightshift::gateway
