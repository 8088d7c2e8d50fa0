#include "api/gateway_metrics.h"

#include <set>
#include <vector>

namespace nightshift::api {
namespace {

// A target's key, once, however many routes lead to it.
struct Labelled {
    std::string_view provider;
    std::string_view model;
    std::string key;
    gateway::LaneStats stats;
    bool is_good = false;
};

std::vector<Labelled> lanes_of(const gateway::Plan& plan, const gateway::ShardStats& stats,
                               gateway::Instant now) {
    const gateway::Settings& settings = plan.settings;
    std::vector<Labelled> lanes;
    std::set<size_t> seen;
    for (const gateway::Route& route : settings.routes) {
        for (const gateway::Target& target : route.targets) {
            const gateway::ProviderSpec& provider = settings.providers[target.provider];
            for (size_t key = 0; key < gateway::lane_count(provider); ++key) {
                if (!seen.insert(gateway::first_lane(target, key)).second) continue;
                const gateway::Standing standing = standing_of(key_state(plan, target, key, now), now);
                lanes.push_back({provider.name, target.model, std::to_string(key),
                                 key_stats(stats, target, key), standing == gateway::Standing::kGood});
            }
        }
    }
    return lanes;
}

}  // namespace

void append_gateway(PrometheusText& text, const gateway::Plan& plan, const gateway::ShardStats& stats,
                    gateway::Instant now) {
    const auto number = [](auto value) { return static_cast<double>(value); };
    text.counter("gateway_calls_total", "Calls of clients.", number(stats.calls));
    text.counter("gateway_failed_calls_total", "Calls that no target answered.", number(stats.failed_calls));
    text.counter("gateway_fallbacks_total", "Calls that the first choice did not answer.",
                 number(stats.fallbacks));
    text.counter("gateway_broken_streams_total", "Streams that broke off after their first content.",
                 number(stats.broken_streams));
    text.counter("gateway_cut_streams_total", "Streams ended by a budget.", number(stats.cut_streams));
    text.counter("gateway_gone_clients_total", "Clients that left before the end.",
                 number(stats.gone_clients));
    text.counter("gateway_refused_by_limits_total", "Calls refused by a budget.",
                 number(stats.refused_by_limits));
    text.gauge("gateway_streams_open", "Streams under way.", number(stats.streams_open));

    const std::vector<Labelled> lanes = lanes_of(plan, stats, now);
    const auto each = [&](std::string_view type, std::string_view name, std::string_view help, auto value) {
        text.begin(type, name, help);
        for (const Labelled& lane : lanes) {
            text.labelled(name, {{"provider", lane.provider}, {"model", lane.model}, {"key", lane.key}},
                          value(lane));
        }
    };
    each("counter", "gateway_attempts_total", "Tries at a target.",
         [&](const Labelled& lane) { return number(lane.stats.attempts); });
    each("counter", "gateway_attempt_failures_total", "Tries that failed, but not by the caller's fault.",
         [&](const Labelled& lane) { return number(lane.stats.failures); });
    each("counter", "gateway_input_tokens_total", "Tokens sent.",
         [&](const Labelled& lane) { return number(lane.stats.input_tokens); });
    each("counter", "gateway_output_tokens_total", "Tokens received.",
         [&](const Labelled& lane) { return number(lane.stats.output_tokens); });
    each("counter", "gateway_cost_usd_total", "Money spent, by the prices of the configuration.",
         [&](const Labelled& lane) { return number(lane.stats.cost_nano_usd) / 1e9; });
    each("gauge", "gateway_target_good", "1: its last calls were good; 0: they failed, or nobody has called.",
         [](const Labelled& lane) { return lane.is_good ? 1.0 : 0.0; });

    std::set<std::string_view> troubled;
    const std::vector<gateway::RouteTrouble> troubles = troubled_routes(plan, now);
    for (const gateway::RouteTrouble& trouble : troubles) troubled.insert(trouble.route);
    text.begin("gauge", "gateway_route_served", "0: nobody would answer a call of the route.");
    for (const gateway::Route& route : plan.settings.routes)
        text.labelled("gateway_route_served", {{"route", route.name}}, troubled.contains(route.name) ? 0 : 1);
}

}  // namespace nightshift::api
