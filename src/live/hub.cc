#include "live/hub.h"

#include <fmt/format.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>

#include "base/assert.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "live/admission.h"
#include "live/cadence.h"
#include "live/host.h"
#include "net/problem.h"

namespace nightshift::live {
namespace {

constexpr std::chrono::seconds kStopWait(3);

Instant steady_now() {
    return std::chrono::steady_clock::now();
}

net::Response come_back(std::chrono::milliseconds after, std::string_view why) {
    std::string retry = fmt::format(R"("retry_ms":{})", after.count());
    net::Response response = net::render({.status = 503, .code = "limit", .detail = why, .members = retry});
    response.headers.add("Retry-After", std::to_string((after.count() + 999) / 1000));
    return response;
}

Registry::Limits registry_limits(const Options& options) {
    Registry::Limits limits;
    limits.topic.ring_bytes_max = options.ring_bytes_max;
    limits.topic.ring_age_max = options.ring_age_max;
    limits.topic.tick_bytes_max = options.client_queue_bytes_max / 2;
    limits.topic.tail_bytes_max = kTailBytesMax;
    limits.logs_max = options.topics_max;
    limits.ring_bytes_total_max = options.ring_bytes_total_max;
    return limits;
}

ShardOptions shard_options(const Options& options, std::string epoch) {
    ShardOptions shard;
    shard.epoch = std::move(epoch);
    shard.version = options.version;
    shard.interval = options.interval;
    shard.queue_bytes_max = options.client_queue_bytes_max;
    shard.missed_bytes_max = 4 * options.client_queue_bytes_max;
    shard.stalled_after = options.stalled_after;
    return shard;
}

}  // namespace

// Shared with the connections, which may end a little after the hub. Ticks and expiry run on the first loop.
struct Hub::State : std::enable_shared_from_this<Hub::State> {
    State(const Options& hub_options, const Clock& hub_clock)
        : options(hub_options),
          clock(hub_clock),
          registry(registry_limits(hub_options)),
          cadence(hub_options.interval),
          admission(hub_options.admissions_per_second),
          random(Random::seeded()) {}

    void start(const std::vector<io::Loop*>& loops);
    void stop();
    void due();
    void schedule_tick();
    void tick();
    void schedule_expiry();
    void expire();
    Host& host_here();
    std::optional<net::Response> refuse();
    void wait_for_clients();

    // They keep the state alive as long as the connection.
    static Task<> serve_socket(std::shared_ptr<State> state, Subscription want, net::WebSocket& socket);
    static Task<> serve_stream(std::shared_ptr<State> state, Subscription want, net::ByteStream& stream);

    const Options options;
    const Clock& clock;
    Registry registry;
    Counters counters;
    std::vector<std::unique_ptr<Host>> hosts;
    std::optional<Alarm> tick_alarm;
    std::optional<Alarm> expiry_alarm;
    std::atomic<bool> is_tick_due{false};
    Cadence cadence;  // first loop

    std::mutex admission_mutex;
    Admission admission;
    Random random;
    std::atomic<uint64_t> refused_total{0};

    std::atomic<bool> is_stopping{false};
    std::mutex empty_mutex;
    std::condition_variable empty;
};

void Hub::State::start(const std::vector<io::Loop*>& loops) {
    NS_ASSERT(!loops.empty());
    std::string bytes = random_bytes(8);
    ShardOptions shard = shard_options(options, to_hex(bytes.data(), bytes.size()));
    Host::Hooks hooks;
    hooks.on_unread = [this] {
        hosts.front()->loop().post([self = shared_from_this()] { self->schedule_expiry(); });
    };
    hooks.on_empty = [this] {
        std::lock_guard lock(empty_mutex);
        empty.notify_all();
    };
    for (io::Loop* loop : loops) {
        hosts.push_back(std::make_unique<Host>(*loop, registry, shard, counters, clock, hooks));
    }
    tick_alarm.emplace(*loops.front(), [this] { tick(); });
    expiry_alarm.emplace(*loops.front(), [this] { expire(); });
}

// A publisher made the first change since the last tick.
void Hub::State::due() {
    if (is_tick_due.exchange(true)) return;
    hosts.front()->loop().post([self = shared_from_this()] { self->schedule_tick(); });
}

void Hub::State::schedule_tick() {
    if (tick_alarm) tick_alarm->set(cadence.schedule(steady_now()));
}

void Hub::State::tick() {
    is_tick_due = false;
    Instant now = steady_now();
    Load load;
    load.joined_total = counters.clients_total.load(std::memory_order_relaxed);
    for (const std::unique_ptr<Host>& host : hosts)
        load.round_cost = std::max(load.round_cost, host->round_cost());
    uint32_t parts = cadence.tick(now, registry.freeze(now), load);
    if (parts == 0) return;
    for (const std::unique_ptr<Host>& host : hosts) {
        if (host->has_clients()) host->tick_soon(parts, shared_from_this());
    }
    if (cadence.is_behind()) schedule_tick();
}

void Hub::State::schedule_expiry() {
    if (!expiry_alarm || expiry_alarm->is_set()) return;
    expiry_alarm->set(steady_now() + options.ring_age_max + std::chrono::seconds(1));
}

void Hub::State::expire() {
    std::optional<Instant> next = registry.expire(steady_now());
    if (next) expiry_alarm->set(*next + std::chrono::seconds(1));
}

Host& Hub::State::host_here() {
    for (const std::unique_ptr<Host>& host : hosts) {
        if (host->loop().is_current()) return *host;
    }
    assertion_failed("a client is served on one of the hub's loops", __FILE__, __LINE__);
}

std::optional<net::Response> Hub::State::refuse() {
    std::lock_guard lock(admission_mutex);
    uint64_t clients = counters.clients.load(std::memory_order_relaxed);
    std::optional<net::Response> response;
    if (is_stopping) {
        auto retry = spread_return(clients, options.admissions_per_second, random.uniform());
        response = come_back(retry, "Nightshift restarts; come back after retry_ms");
    } else if (clients >= options.clients_max) {
        auto retry = std::chrono::milliseconds(2000 + random.below(8000));
        response = come_back(retry, "all places for live clients are taken; come back after retry_ms");
    } else {
        auto retry = admission.admit(steady_now(), random.uniform());
        if (retry.count() > 0)
            response = come_back(retry, "too many connect at once; come back after retry_ms");
    }
    if (response) refused_total.fetch_add(1, std::memory_order_relaxed);
    return response;
}

Task<> Hub::State::serve_socket(std::shared_ptr<State> state, Subscription want, net::WebSocket& socket) {
    co_await state->host_here().serve_socket(want, socket);
}

Task<> Hub::State::serve_stream(std::shared_ptr<State> state, Subscription want, net::ByteStream& stream) {
    co_await state->host_here().serve_stream(want, stream);
}

void Hub::State::stop() {
    auto retry_ms = [this] {
        std::lock_guard lock(admission_mutex);
        uint64_t clients = counters.clients.load(std::memory_order_relaxed);
        return spread_return(clients, options.admissions_per_second, random.uniform()).count();
    };
    for (const std::unique_ptr<Host>& host : hosts) {
        NS_ASSERT(!host->loop().is_current());
        host->loop().post(
            [self = shared_from_this(), other = host.get(), retry_ms] { other->say_bye(retry_ms); });
    }
    wait_for_clients();
    for (const std::unique_ptr<Host>& host : hosts) {
        auto stopped = std::make_shared<std::promise<void>>();
        std::future<void> joined = stopped->get_future();
        host->loop().post([self = shared_from_this(), other = host.get(), stopped] {
            other->stop_timers();
            if (other == self->hosts.front().get()) {
                self->tick_alarm.reset();
                self->expiry_alarm.reset();
            }
            stopped->set_value();
        });
        if (joined.wait_for(kStopWait) != std::future_status::ready)
            log::warn("live", "a loop stopped before the hub");
    }
}

void Hub::State::wait_for_clients() {
    std::unique_lock lock(empty_mutex);
    bool is_empty = empty.wait_for(lock, kStopWait, [this] { return counters.clients.load() == 0; });
    if (!is_empty) log::warn("live", "{} clients did not leave in time", counters.clients.load());
}

Hub::Hub(std::vector<io::Loop*> loops, Options options, const Clock& clock)
    : state_(std::make_shared<State>(options, clock)) {
    state_->start(loops);
}

Hub::~Hub() {
    stop();
}

void Hub::stop() {
    if (!state_->is_stopping.exchange(true)) state_->stop();
}

void Hub::put(std::string_view tenant, std::string_view topic, std::string_view key, std::string item) {
    if (state_->registry.put(tenant, topic, key, std::move(item))) state_->due();
}

void Hub::remove(std::string_view tenant, std::string_view topic, std::string_view key) {
    if (state_->registry.remove(tenant, topic, key)) state_->due();
}

void Hub::append(std::string_view tenant, std::string_view topic, std::string item) {
    if (state_->registry.append(tenant, topic, std::move(item))) state_->due();
}

bool Hub::has_readers(std::string_view tenant, std::string_view topic) const {
    return state_->registry.is_watched(tenant, topic);
}

net::Response Hub::connect(const net::Request& request, std::string_view tenant) {
    auto topics = parse_topics(raw_query_value(request.query, "topics"));
    if (!topics) {
        const Error& error = topics.error();
        return net::render({.status = 400, .code = to_string(error.code), .detail = error.message});
    }
    if (auto later = state_->refuse()) return std::move(*later);

    Subscription want;
    want.tenant = tenant;
    want.topics = std::move(*topics);
    want.since = request.query_value("since").value_or("");
    net::Response response;
    if (equals_ignore_case(request.headers.get("Upgrade"), "websocket")) {
        response.websocket = [state = state_, want](net::WebSocket& socket) {
            return State::serve_socket(state, want, socket);
        };
        return response;
    }
    want.transport = Transport::kEventStream;
    if (auto last = request.headers.find("Last-Event-ID")) want.since = *last;
    response.headers.add("Content-Type", "text/event-stream");
    response.headers.add("Cache-Control", "no-store");
    response.headers.add("X-Accel-Buffering", "no");  // a proxy must not collect events
    response.stream = [state = state_, want](net::ByteStream& stream) {
        return State::serve_stream(state, want, stream);
    };
    return response;
}

Stats Hub::stats() const {
    const Counters& counters = state_->counters;
    Stats stats;
    stats.clients = counters.clients.load();
    stats.clients_total = counters.clients_total.load();
    stats.refused_total = state_->refused_total.load();
    stats.resumed_total = counters.resumed_total.load();
    stats.snapshots_total = counters.snapshots_total.load();
    stats.fell_behind_total = counters.fell_behind_total.load();
    stats.stalled_total = counters.stalled_total.load();
    stats.frames_total = counters.frames_total.load();
    stats.topics = state_->registry.topics();
    stats.ring_bytes = state_->registry.ring_bytes();
    stats.dropped_items_total = state_->registry.dropped_total();
    for (const auto& host : state_->hosts) stats.queued_bytes += host->queued_bytes();
    return stats;
}

}  // namespace nightshift::live
