#include "delivery/service.h"

#include <set>

#include "delivery/channel.h"
#include "delivery/dispatcher.h"
#include "delivery/limits.h"
#include "delivery/store.h"
#include "io/blocking.h"

namespace nightshift::delivery {
namespace {

// A read on the pool, for a coroutine of any loop.
template <class T>
Task<Result<T>> look(const Parts& parts, std::function<Result<T>(store::Database&)> select) {
    std::function<Result<T>()> work = [readers = &parts.readers, select = std::move(select)] {
        return readers->read<T>(select);
    };
    Result<T> seen = co_await parts.pool.run<T>(std::move(work));
    co_return seen;
}

Result<std::vector<Lane>> make_lanes(std::vector<ChannelSpec> channels, io::Pool& pool) {
    if (channels.size() > kChannelsMax) {
        return fail(Code::kLimit, "{} channels are configured; at most {} are taken", channels.size(),
                    kChannelsMax);
    }
    std::set<std::string> names;
    std::vector<Lane> lanes;
    for (ChannelSpec& spec : channels) {
        if (!names.insert(spec.name).second) {
            return fail(Code::kConflict, "two channels have the name {}", spec.name);
        }
        NS_TRY(std::shared_ptr<const Channel> channel, make_channel(spec, &pool));
        lanes.emplace_back(std::move(spec), std::move(channel));
    }
    return lanes;
}

}  // namespace

struct Service::Core {
    explicit Core(Parts stands_on) : parts(stands_on) {}

    Parts parts;
    // Of its own: mail servers that hang must hold up no read.
    io::Pool mail_pool{kMailThreads, kMailQueueMax};
    std::shared_ptr<Dispatcher> dispatcher;
    bool is_stopped = false;
};

Service::Service(std::unique_ptr<Core> core) : core_(std::move(core)) {}

Service::~Service() {
    stop();
}

Result<std::unique_ptr<Service>> Service::open(Parts parts, std::vector<ChannelSpec> channels,
                                               Options options) {
    auto core = std::make_unique<Core>(parts);
    NS_TRY(std::vector<Lane> lanes, make_lanes(std::move(channels), core->mail_pool));
    core->dispatcher = std::make_shared<Dispatcher>(parts, options, std::move(lanes));
    if (auto recovered = core->dispatcher->recover(); !recovered) return Failure(recovered.error());
    return std::unique_ptr<Service>(new Service(std::move(core)));
}

void Service::set_on_settled(std::function<bool(const Delivery&)> on_settled) {
    core_->dispatcher->set_on_settled(std::move(on_settled));
}

Result<void> Service::mark_told(store::Database& transaction, const std::string& id) {
    return delivery::mark_told(transaction, id);
}

Result<void> Service::reload(std::vector<ChannelSpec> channels) {
    NS_TRY(std::vector<Lane> lanes, make_lanes(std::move(channels), core_->mail_pool));
    auto shared = std::make_shared<std::vector<Lane>>(std::move(lanes));
    core_->parts.loop.post([dispatcher = core_->dispatcher, shared] {
        dispatcher->replace(std::move(*shared));
        dispatcher->notify();
    });
    return {};
}

void Service::start() {
    core_->dispatcher->start();
}

void Service::stop() {
    if (std::exchange(core_->is_stopped, true)) return;
    io::run_blocking(core_->parts.loop, [this] { return core_->dispatcher->stop(); });
}

void Service::wake() {
    core_->dispatcher->notify();
}

Task<Result<Delivery>> Service::find(std::string tenant, std::string id) const {
    std::function<Result<Delivery>(store::Database&)> select = [tenant = std::move(tenant),
                                                                id = std::move(id)](store::Database& db) {
        return select_delivery(db, tenant, id);
    };
    Result<Delivery> found = co_await look<Delivery>(core_->parts, std::move(select));
    co_return found;
}

Task<Result<Delivery>> Service::find_by_key(std::string tenant, std::string key) const {
    std::function<Result<Delivery>(store::Database&)> select = [tenant = std::move(tenant),
                                                                key = std::move(key)](store::Database& db) {
        return select_by_key(db, tenant, key);
    };
    Result<Delivery> found = co_await look<Delivery>(core_->parts, std::move(select));
    co_return found;
}

Task<Result<Page>> Service::list(Filter filter) const {
    std::function<Result<Page>(store::Database&)> select = [filter = std::move(filter)](store::Database& db) {
        return select_page(db, filter);
    };
    Result<Page> found = co_await look<Page>(core_->parts, std::move(select));
    co_return found;
}

Task<Result<std::vector<ChannelHealth>>> Service::channels() const {
    using Found = std::vector<ChannelHealth>;
    std::function<Result<Found>(store::Database&)> select = [](store::Database& db) {
        return select_health(db);
    };
    Result<Found> found = co_await look<Found>(core_->parts, std::move(select));
    if (found) core_->dispatcher->describe(*found);
    co_return found;
}

Task<Result<void>> Service::retry(std::string tenant, std::string id) {
    Time now = core_->parts.clock.now();
    store::Writer::Change change = [tenant = std::move(tenant), id = std::move(id),
                                    now](store::Database& db) { return requeue(db, tenant, id, now); };
    Result<void> done = co_await core_->parts.writer.commit(std::move(change));
    if (done) wake();
    co_return done;
}

Stats Service::stats() const {
    return core_->dispatcher->stats();
}

}  // namespace nightshift::delivery
