#include "gateway/gateway.h"

#include <algorithm>

#include "base/assert.h"
#include "base/log.h"
#include "gateway/dialects/render.h"
#include "gateway/limits.h"
#include "gateway/shard.h"
#include "io/blocking.h"

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
    bool is_stopped = false;

    Shard& here() const {
        for (const auto& shard : shards) {
            if (shard->loop.is_current()) return *shard;
        }
        NS_ASSERT(false);
    }
    Task<> take(Shard& shard, std::shared_ptr<const Plan> plan, const std::vector<Origin>& origins);
    static Task<> close(Shard& shard);
};

Task<> Gateway::State::take(Shard& shard, std::shared_ptr<const Plan> plan,
                            const std::vector<Origin>& origins) {
    net::DialShare share{tls, std::make_shared<net::ReadBuffer>(kReadBytes)};
    shard.upstreams = std::make_shared<Upstreams>(origins, shard.watchdogs, std::move(share));
    shard.plan = std::move(plan);
    shard.stats.lanes.assign(shard.plan->settings.lanes, {});
    co_return;
}

Task<> Gateway::State::close(Shard& shard) {
    shard.ledger.flush();
    shard.upstreams.reset();
    co_return;
}

Gateway::Gateway(std::unique_ptr<State> state) : state_(std::move(state)) {}

Gateway::~Gateway() {
    stop();
}

Result<std::unique_ptr<Gateway>> Gateway::start(Parts parts, Settings settings) {
    NS_TRY(std::vector<Origin> origins, find_origins(settings, ProxyEnvironment::read()));
    auto state = std::make_unique<State>(std::move(parts));
    const bool needs_tls = std::any_of(origins.begin(), origins.end(),
                                       [](const auto& each) { return each.url.scheme == "https"; });
    if (needs_tls) {
        NS_TRY(state->tls, net::TlsContext::create());
    }
    if (!settings.limits.empty()) {
        NS_ASSERT(state->parts.writer != nullptr);
        NS_TRY(state->limits, Limits::open(settings.limits, *state->parts.writer, state->parts.clock.now()));
    }
    auto plan = std::make_shared<const Plan>(std::move(settings));
    for (io::Loop* loop : state->parts.loops) {
        state->shards.push_back(std::make_unique<Shard>(*loop, state->parts.clock, state->parts.record));
        Shard& shard = *state->shards.back();
        shard.limits = state->limits.get();
        io::run_blocking(*loop, [&] { return state->take(shard, plan, origins); });
    }
    return std::unique_ptr<Gateway>(new Gateway(std::move(state)));
}

Task<net::Response> Gateway::handle(CallRequest request) {
    Shard& shard = state_->here();
    if (request.dialect == Dialect::kModels || request.dialect == Dialect::kOllamaTags)
        co_return list_models(request.dialect, shard.plan->settings, shard.clock.now());
    auto call = std::make_shared<Call>(shard, std::move(request));
    net::Response response = co_await call->run();
    co_return response;
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
    for (const auto& shard : state_->shards)
        io::run_blocking(shard->loop, [&shard] { return State::close(*shard); });
    if (state_->limits != nullptr) state_->limits->close();
}

}  // namespace nightshift::gateway
