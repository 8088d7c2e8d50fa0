#include "gateway/probe.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/attempt.h"
#include "gateway/route_health.h"
#include "io/loop.h"

namespace nightshift::gateway {
namespace {

using std::chrono::steady_clock;

constexpr milliseconds kAnswerMax{20'000};

std::string conceal(std::string text, const ProviderSpec& provider) {
    for (const Secret& key : provider.keys) {
        for (size_t at = text.find(key.reveal()); !key.is_empty() && at != std::string::npos;
             at = text.find(key.reveal(), at))
            text.replace(at, key.reveal().size(), "[key]");
    }
    return text;
}

// `upstreams` belong to the plan: its keys go nowhere else.
Task<ProbeResult> probe(Shard& shard, std::shared_ptr<const Plan> plan, std::shared_ptr<Upstreams> upstreams,
                        const Route& route, const Target& configured, size_t key, const Caller& caller) {
    plan->lanes.on_probe(first_lane(configured, key), steady_clock::now());
    const ProviderSpec& provider = plan->settings.providers[configured.provider];
    Target target = configured;
    target.timeouts.answer = std::min(target.timeouts.answer, kAnswerMax);
    const std::string body =
        R"({"model":"probe","max_tokens":1,"messages":[{"role":"user","content":"Say ok."}]})";
    auto facts = read_request(Dialect::kChat, body);
    net::Headers no_headers;
    const Time started = shard.clock.now();
    AttemptInput input{.facts = *facts,
                       .body = body,
                       .client_headers = no_headers,
                       .client_model = "probe",
                       .provider = provider,
                       .provider_index = target.provider,
                       .target = target,
                       .model = target.model,
                       .key = key,
                       .time_left = kAnswerMax,
                       .output_max_default = 0,
                       .output_cut = std::nullopt,
                       .more_output = {},
                       .id = "",
                       .now = started};
    Attempt attempt(std::move(input), std::move(upstreams), shard.watchdogs);
    co_await attempt.run();
    const Instant ended = steady_clock::now();
    ProbeResult result;
    result.route = route.name;
    result.provider = provider.name;
    result.model = target.model;
    result.key = key;
    result.error_class = attempt.error_class();
    result.status = attempt.status();
    if (result.error_class != ErrorClass::kNone) result.message = conceal(attempt.error().message, provider);
    result.took = std::chrono::duration_cast<std::chrono::microseconds>(ended - attempt.started());
    result.usage = attempt.usage();
    if (result.error_class == ErrorClass::kNone) {
        plan->lanes.on_success(first_lane(target, key), ended);
    } else {
        plan->lanes.on_failure(first_lane(target, key), result.error_class, attempt.error().retry_after,
                               ended);
    }
    AttemptRecord record;
    record.route = route.name;
    record.asked_model = route.name;
    record.provider = provider.name;
    record.model = target.model;
    record.key = key;
    record.is_probe = true;
    record.error_class = result.error_class;
    record.status = result.status;
    record.usage = result.usage;
    record.is_priced = target.price.is_known;
    record.price_version = target.price.version;
    record.cost_nano_usd = record.is_priced ? cost_nano_usd(target.price, result.usage) : 0;
    record.started = started;
    record.took = result.took;
    const std::string span = shard.new_id("");
    record.span = span;
    shard.ledger.add(caller, record);
    co_return result;
}

}  // namespace

Task<std::vector<ProbeResult>> probe_targets(Shard& shard, std::string route, Caller caller) {
    std::vector<ProbeResult> results;
    const std::shared_ptr<const Plan> plan = shard.plan;
    const std::shared_ptr<Upstreams> upstreams = shard.upstreams;
    for (const Route& each : plan->settings.routes) {
        if (!route.empty() && each.name != route) continue;
        for (const Target& target : each.targets) {
            if (target.model == "*") continue;
            const size_t keys = lane_count(plan->settings.providers[target.provider]);
            for (size_t key = 0; key < keys; ++key) {
                ProbeResult result = co_await probe(shard, plan, upstreams, each, target, key, caller);
                results.push_back(std::move(result));
            }
        }
    }
    co_return results;
}

Task<> watch_idle_targets(Shard& shard, Caller caller) {
    constexpr milliseconds kLookMost{5'000};
    constexpr milliseconds kLookLeast{10};
    const Instant started = steady_clock::now();
    while (true) {
        const milliseconds wanted = shard.plan->settings.probe_idle / 4;
        co_await io::sleep_for(wanted.count() == 0 ? kLookMost : std::clamp(wanted, kLookLeast, kLookMost));
        const std::shared_ptr<const Plan> plan = shard.plan;
        const std::shared_ptr<Upstreams> upstreams = shard.upstreams;
        const milliseconds idle_for = plan->settings.probe_idle;
        if (idle_for.count() == 0) continue;
        for (const IdleLane& each : idle_lanes(*plan, idle_for, started, steady_clock::now())) {
            const Route& route = plan->settings.routes[each.route];
            const size_t lane = first_lane(route.targets[each.target], each.key);
            const Admission admission = plan->lanes.admit(lane, 1, false, steady_clock::now());
            if (admission.refusal != Refusal::kNone) continue;  // somebody else has the trial
            caller.request_id = shard.new_id("req_");
            co_await probe(shard, plan, upstreams, route, route.targets[each.target], each.key, caller);
        }
    }
}

}  // namespace nightshift::gateway
