#include "gateway/gateway.h"

#include <algorithm>
#include <boost/json.hpp>
#include <mutex>
#include <utility>

#include "base/assert.h"
#include "base/log.h"
#include "gateway/dialects/render.h"
#include "gateway/limits.h"
#include "gateway/probe.h"
#include "gateway/shard.h"
#include "gateway/status.h"
#include "io/blocking.h"
#include "io/completion.h"
#include "io/task_group.h"

namespace nightshift::gateway {
namespace {

constexpr size_t kReadBytes = 64u << 10;

net::Response list_models(Dialect dialect, const Settings& settings, Time now) {
    std::vector<ModelListing> models;
    for (const Route& route : settings.routes) {
        if (route.name.ends_with('*')) continue;
        int64_t window = 0;
        for (const Target& target : route.targets) window = std::max(window, target.window);
        models.push_back({route.name, "nightshift", window});
    }
    return net::Response::json(200, render_models(dialect, models, unix_ms(now) / 1000));
}

}  // namespace

struct Gateway::State {
    explicit State(Parts given) : parts(std::move(given)) {}

    Parts parts;
    std::shared_ptr<net::TlsContext> tls;
    std::unique_ptr<Limits> limits;
    std::vector<std::unique_ptr<Shard>> shards;
    std::unique_ptr<io::TaskGroup> probes;  // on the first shard's loop
    mutable std::mutex mutex;
    std::shared_ptr<const Plan> plan;  // under the mutex; each shard has its own
    bool is_stopped = false;

    Shard& here() const {
        for (const auto& shard : shards) {
            if (shard->loop.is_current()) return *shard;
        }
        NS_ASSERT(false);
    }
    std::shared_ptr<const Plan> current() const {
        std::lock_guard lock(mutex);
        return plan;
    }
    void watch_idle();
    Result<void> prepare_tls(const std::vector<Origin>& origins);
    Task<> take(Shard& shard, std::shared_ptr<const Plan> plan, const std::vector<Origin>& origins);
    static Task<> end(std::unique_ptr<io::TaskGroup>& tasks);
    static Task<> close(std::unique_ptr<Shard>& shard);
};

// Reading the authorities takes milliseconds and memory, so only where somebody is called by https.
Result<void> Gateway::State::prepare_tls(const std::vector<Origin>& origins) {
    const bool needs_tls = std::any_of(origins.begin(), origins.end(),
                                       [](const auto& each) { return each.url.scheme == "https"; });
    if (!needs_tls || tls != nullptr) return {};
    NS_TRY(tls, net::TlsContext::create());
    return {};
}

Task<> Gateway::State::take(Shard& shard, std::shared_ptr<const Plan> next,
                            const std::vector<Origin>& origins) {
    net::DialShare share{tls, std::make_shared<net::ReadBuffer>(kReadBytes)};
    shard.upstreams = std::make_shared<Upstreams>(origins, shard.watchdogs, std::move(share));
    std::vector<LaneStats> seen(next->settings.lanes);
    if (shard.plan != nullptr) {
        const auto before = next->lanes.find_before(shard.plan->lanes);
        for (size_t i = 0; i < seen.size(); ++i) {
            if (before[i]) seen[i] = shard.stats.lanes[*before[i]];
        }
    }
    shard.stats.lanes = std::move(seen);
    shard.plan = std::move(next);
    shard.limit_cache.clear();
    co_return;
}

Task<> Gateway::State::end(std::unique_ptr<io::TaskGroup>& tasks) {
    co_await tasks->stop();
    tasks.reset();
}

// On the shard's loop, which goes on: its alarms must not ring while another thread takes them down.
Task<> Gateway::State::close(std::unique_ptr<Shard>& shard) {
    shard->ledger.flush();
    shard->upstreams.reset();
    shard.reset();
    co_return;
}

void Gateway::State::watch_idle() {
    if (shards.empty()) return;
    Shard& shard = *shards.front();
    Caller caller;
    caller.tenant = "default";
    shard.loop.post([this, &shard, caller] {
        probes = std::make_unique<io::TaskGroup>(shard.loop, "gateway probes");
        probes->spawn([&shard, caller] { return watch_idle_targets(shard, caller); });
    });
}

Gateway::Gateway(std::unique_ptr<State> state) : state_(std::move(state)) {}

Gateway::~Gateway() {
    stop();
}

Result<std::unique_ptr<Gateway>> Gateway::start(Parts parts, Settings settings) {
    NS_TRY(std::vector<Origin> origins, find_origins(settings, ProxyEnvironment::read()));
    auto state = std::make_unique<State>(std::move(parts));
    if (auto ready = state->prepare_tls(origins); !ready) return Failure(ready.error());
    NS_ASSERT(settings.limits.empty() || state->parts.writer != nullptr);
    if (state->parts.writer != nullptr) {
        NS_TRY(state->limits, Limits::open(settings.limits, *state->parts.writer, state->parts.clock.now()));
    }
    auto plan = std::make_shared<const Plan>(std::move(settings));
    for (io::Loop* loop : state->parts.loops) {
        state->shards.push_back(
            std::make_unique<Shard>(*loop, state->parts.clock, state->parts.record, state->parts.counted));
        Shard& shard = *state->shards.back();
        shard.limits = state->limits.get();
        io::run_blocking(*loop, [&] { return state->take(shard, plan, origins); });
    }
    state->plan = plan;
    state->watch_idle();
    return std::unique_ptr<Gateway>(new Gateway(std::move(state)));
}

Result<void> Gateway::reload(Settings settings) {
    NS_TRY(std::vector<Origin> origins, find_origins(settings, ProxyEnvironment::read()));
    if (auto ready = state_->prepare_tls(origins); !ready) return ready;
    const std::shared_ptr<const Plan> before = state_->current();
    if (state_->limits != nullptr) state_->limits->reload(settings.limits);
    auto plan = std::make_shared<const Plan>(std::move(settings), *before);
    {
        std::lock_guard lock(state_->mutex);
        state_->plan = plan;
    }
    for (const auto& shard : state_->shards)
        io::run_blocking(shard->loop, [&] { return state_->take(*shard, plan, origins); });
    return {};
}

Task<net::Response> Gateway::handle(CallRequest request) {
    Shard& shard = state_->here();
    if (request.dialect == Dialect::kModels || request.dialect == Dialect::kOllamaTags)
        co_return list_models(request.dialect, shard.plan->settings, shard.clock.now());
    auto call = std::make_shared<Call>(shard, std::move(request));
    net::Response response = co_await call->run();
    co_return response;
}

std::vector<RouteTrouble> Gateway::troubles() const {
    return troubled_routes(*state_->current(), std::chrono::steady_clock::now());
}

Result<std::string> Gateway::set_aside(std::string_view name, std::string_view route, seconds length) {
    const std::shared_ptr<const Plan> plan = state_->current();
    const Instant now = std::chrono::steady_clock::now();
    NS_TRY(std::vector<size_t> lanes, find_dispensable_lanes(*plan, name, route, now));
    for (const size_t lane : lanes) plan->lanes.set_aside(lane, now + length);
    return fmt::format("{} lane(s) are left alone for {} s", lanes.size(), length.count());
}

std::vector<RouteReport> Gateway::routes() const {
    return route_reports(*state_->current(), std::chrono::steady_clock::now());
}

std::vector<Gateway::BudgetUse> Gateway::budgets(std::string_view tenant, double share_min) const {
    constexpr size_t kBudgetsMax = 500;
    std::vector<BudgetUse> all;
    if (!state_->limits) return all;
    for (const CounterPtr& counter : state_->limits->fullest(state_->parts.clock.now(), kBudgetsMax)) {
        if (counter->share() < share_min) break;
        if (!belongs_to(counter->subject(), tenant)) continue;
        all.push_back({counter->spec().name, counter->subject(),
                       std::string(to_string(counter->spec().window)), counter->share(), counter->end()});
    }
    return all;
}

Task<std::pair<std::shared_ptr<const Plan>, ShardStats>> Gateway::stats() const {
    std::vector<ShardStats> all;
    for (const auto& shard : state_->shards) {
        Shard& each = *shard;
        std::function<void(std::function<void(ShardStats)>)> ask =
            [&each](std::function<void(ShardStats)> done) {
                each.loop.post([&each, done = std::move(done)] { done(each.stats); });
            };
        ShardStats stats = co_await io::completion<ShardStats>(std::move(ask));
        all.push_back(std::move(stats));
    }
    co_return std::pair(state_->here().plan, merge(all));
}

Task<std::string> Gateway::status(std::string tenant) const {
    const auto [plan, sum] = co_await stats();
    co_return boost::json::serialize(status_json(*plan, sum, state_->limits.get(), tenant,
                                                 std::chrono::steady_clock::now(),
                                                 state_->parts.clock.now()));
}

Result<std::string> Gateway::explain(std::string_view model, int64_t input_tokens) const {
    const Shard& here = state_->here();
    NS_TRY(auto explained, explain_json(*here.plan, model, input_tokens, std::chrono::steady_clock::now()));
    return boost::json::serialize(explained);
}

Task<std::string> Gateway::test(std::string route, std::string tenant) {
    Shard& here = state_->here();
    Caller caller;
    caller.tenant = std::move(tenant);
    caller.request_id = here.new_id("req_");
    std::vector<ProbeResult> results = co_await probe_targets(here, std::move(route), std::move(caller));
    boost::json::array items;
    for (const ProbeResult& each : results) {
        const bool is_good = each.error_class == ErrorClass::kNone;
        items.push_back(boost::json::object{{"route", each.route},
                                            {"provider", each.provider},
                                            {"model", each.model},
                                            {"key", each.key},
                                            {"is_good", is_good},
                                            {"outcome", is_good ? "ok" : to_string(each.error_class)},
                                            {"http_status", each.status},
                                            {"message", each.message},
                                            {"took_ms", static_cast<double>(each.took.count()) / 1e3},
                                            {"input_tokens", each.usage.input},
                                            {"output_tokens", each.usage.output}});
    }
    co_return boost::json::serialize(boost::json::object{{"items", std::move(items)}});
}

net::Response Gateway::refuse(Dialect dialect, const Error& error, int status) {
    const std::string_view code = status == 401   ? "invalid_api_key"
                                  : status == 403 ? "permission_denied"
                                  : status == 413 ? "request_too_large"
                                                  : "invalid_request";
    net::Response response = net::Response::json(
        status,
        render_error(
            dialect,
            {.status = status, .code = code, .message = error.message, .request_id = "", .param = ""}));
    return response;
}

void Gateway::stop() {
    if (state_->is_stopped) return;
    state_->is_stopped = true;
    if (!state_->shards.empty()) {
        io::Loop& first = state_->shards.front()->loop;
        io::run_blocking(first, [this] { return State::end(state_->probes); });
    }
    for (std::unique_ptr<Shard>& shard : state_->shards) {
        io::Loop& loop = shard->loop;
        io::run_blocking(loop, [&shard] { return State::close(shard); });
    }
    state_->shards.clear();
    if (state_->limits != nullptr) state_->limits->close();
}

}  // namespace nightshift::gateway
