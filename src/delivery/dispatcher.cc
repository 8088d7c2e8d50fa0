#include "delivery/dispatcher.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "delivery/limits.h"
#include "delivery/plan.h"
#include "io/periodic.h"

namespace nightshift::delivery {

namespace asio = boost::asio;
using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

// While something waits the clock is looked at this often: it may be set, and a machine may sleep.
constexpr microseconds kNapMax{30'000'000};
constexpr microseconds kForever = microseconds::max();
constexpr milliseconds kStopPoll{20};
constexpr milliseconds kStopReply{500};  // for a blocking send to notice that it should end
constexpr size_t kUntoldPage = 200;
constexpr int64_t kPrunePage = 500;
constexpr std::chrono::minutes kPruneEvery{10};
// The clock is corrected by less than this all the time.
constexpr microseconds kClockStep{10'000'000};

RetryPolicy policy_of(const ChannelSpec& spec, const Traits& traits) {
    return {spec.attempts_max, traits.can_read_back, traits.is_absence_certain,
            spec.resend_unknown.value_or(traits.is_idempotent)};
}

}  // namespace

Lane::Lane(ChannelSpec configured, std::shared_ptr<const Channel> way)
    : spec(std::move(configured)),
      channel(std::move(way)),
      policy(policy_of(spec, channel->traits())),
      address(address_of(spec)),
      pace(channel->traits().pace) {}

struct Dispatcher::Alarm {
    explicit Alarm(io::Loop& loop) : timer(loop.context()) {}

    void ring() {
        is_rung = true;
        timer.cancel();
    }
    // Until `length` is over or it rings.
    Task<> wait(microseconds length) {
        if (!is_rung) {
            timer.expires_after(std::min(length, microseconds(std::chrono::hours(24))));
            co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        is_rung = false;
    }

    asio::steady_timer timer;
    bool is_rung = false;
};

Dispatcher::Dispatcher(Parts stands_on, Options options, std::vector<Lane> lanes)
    : parts_(stands_on),
      options_(options),
      group_(parts_.loop, "delivery"),
      alarm_(std::make_unique<Alarm>(parts_.loop)),
      random_(options.seed == 0 ? Random::seeded() : Random(options.seed)),
      last_seen_(parts_.clock.now()) {
    replace(std::move(lanes));
}

void Dispatcher::replace(std::vector<Lane> lanes) {
    std::map<std::string, std::shared_ptr<Lane>> next;
    for (Lane& lane : lanes) {
        auto known = lanes_.find(lane.spec.name);
        if (known != lanes_.end()) {
            lane.sending = known->second->sending;
            if (lane.spec.kind == known->second->spec.kind) lane.pace = known->second->pace;
        }
        std::string name = lane.spec.name;
        next.emplace(std::move(name), std::make_shared<Lane>(std::move(lane)));
    }
    std::lock_guard lock(mutex_);
    lanes_ = std::move(next);
}

Dispatcher::~Dispatcher() = default;

Result<void> Dispatcher::recover() {
    Time now = parts_.clock.now();
    store::Writer::Change change = [this, now](store::Database& db) -> Result<void> {
        NS_TRY(std::vector<Interrupted> interrupted, select_interrupted(db));
        for (const Interrupted& each : interrupted) {
            auto lane = lanes_.find(each.due.delivery.channel);
            RetryPolicy policy;
            Progress progress = each.due.progress;
            if (lane != lanes_.end()) {
                const Traits& traits = lane->second->channel->traits();
                Plan plan = plan_delivery(each.due.delivery, each.due.anchor, traits, lane->second->address);
                policy = policy_for(plan.mode, lane->second->policy);
                progress.give_up_at += lane->second->spec.give_up_after;
            }
            Outcome outcome =
                each.was_read_back
                    ? Outcome::failed(Outcome::Kind::kUnreadable, "the program stopped while it asked")
                    : Outcome::failed(Outcome::Kind::kAmbiguous,
                                      "the program stopped while it was being sent");
            Ending ending;
            ending.delivery = each.due.delivery;
            ending.step = decide_step(outcome, progress, policy, now, random_.uniform());
            ending.attempt.number = each.attempt_number;
            ending.attempt.ended = now;
            ending.attempt.outcome = to_string(outcome.kind);
            ending.attempt.error = outcome.error;
            if (auto done = finish_attempt(db, ending); !done) return done;
        }
        stats_.interrupted_total += interrupted.size();
        auto longest = std::chrono::seconds(0);
        for (const auto& [name, lane] : lanes_) longest = std::max(longest, lane->spec.give_up_after);
        return pull_forward(db, now, longest);
    };
    return parts_.writer.commit_blocking(std::move(change));
}

void Dispatcher::start() {
    parts_.loop.post([self = shared_from_this()] {
        self->group_.spawn([dispatcher = self.get()] { return dispatcher->run(); });
        io::start_periodic(self->group_, {"deliveries' retention", kPruneEvery,
                                          [dispatcher = self.get()] { return dispatcher->prune_settled(); }});
    });
}

Task<> Dispatcher::stop() {
    auto self = shared_from_this();
    is_stopping_ = true;
    for (milliseconds waited{0}; underway() > 0 && waited < options_.stop_grace; waited += kStopPoll) {
        co_await io::sleep_for(kStopPoll);
    }
    stop_.request_stop();
    for (milliseconds waited{0}; underway() > 0 && waited < kStopReply; waited += kStopPoll) {
        co_await io::sleep_for(kStopPoll);
    }
    co_await group_.stop();
}

void Dispatcher::notify() {
    {
        std::lock_guard lock(mutex_);
        if (is_notified_) return;
        is_notified_ = true;
    }
    parts_.loop.post([self = shared_from_this()] {
        {
            std::lock_guard lock(self->mutex_);
            self->is_notified_ = false;
        }
        self->alarm_->ring();
    });
}

Task<> Dispatcher::run() {
    co_await tell_untold();
    co_await prune_settled();
    while (!is_stopping_) {
        co_await follow_clock();
        microseconds idle = co_await round();
        co_await alarm_->wait(idle);
    }
}

Task<microseconds> Dispatcher::round() {
    using Found = std::pair<std::vector<Waiting>, uint64_t>;
    std::function<Result<Found>(store::Database&)> select = [](store::Database& db) -> Result<Found> {
        NS_TRY(std::vector<Waiting> channels, select_waiting(db));
        NS_TRY(uint64_t total, count_waiting(db));
        return Found(std::move(channels), total);
    };
    std::function<Result<Found>()> look = [readers = &parts_.readers, select = std::move(select)] {
        return readers->read<Found>(select);
    };
    Result<Found> waiting = co_await parts_.pool.run<Found>(std::move(look));
    if (!waiting) {
        log::error("delivery", "cannot read what waits to be sent: {}", waiting.error().message);
        co_return kStoreRetry;
    }
    microseconds idle = kForever;
    for (const Waiting& each : waiting->first) {
        auto lane = lanes_.find(each.channel);
        if (lane == lanes_.end()) {
            microseconds until = co_await refuse_channel(each.channel);
            idle = std::min(idle, until);
            continue;
        }
        microseconds until = co_await serve(lane->second, each.next_attempt);
        idle = std::min({idle, until, kNapMax});
    }
    std::lock_guard lock(mutex_);
    stats_.waiting = waiting->second;
    co_return idle;
}

Task<microseconds> Dispatcher::serve(std::shared_ptr<Lane> lane, Time next_attempt) {
    Time now = parts_.clock.now();
    size_t sending_max = lane->channel->traits().sending_max;
    // The end of a send rings the alarm.
    if (!may_start(lane->sending->sending(), sending_max, sending())) co_return kForever;
    Time earliest = std::max(lane->pace.earliest(now), next_attempt);
    if (earliest > now) co_return earliest - now;
    Result<std::vector<Due>> due = co_await load_due(*lane, now);
    if (!due) {
        log::error("delivery", "cannot read what waits for channel {}: {}", lane->spec.name,
                   due.error().message);
        co_return kStoreRetry;
    }
    for (Due& each : *due) {
        if (!may_start(lane->sending->sending(), sending_max, sending())) co_return kForever;
        if (lane->sending->ids.contains(each.delivery.id)) continue;
        earliest = lane->pace.earliest(now);
        if (earliest > now) co_return earliest - now;
        lane->pace.take(now);
        lane->sending->ids.insert(each.delivery.id);
        ++lane->sending->unwritten;
        group_.spawn(
            [this, lane, taken = std::move(each)]() mutable { return attempt(lane, std::move(taken)); });
    }
    // What became due later is seen when one of these has ended.
    co_return due->empty() ? microseconds(kStoreRetry) : kForever;
}

Task<Result<std::vector<Due>>> Dispatcher::load_due(const Lane& lane, Time now) {
    using Found = std::vector<Due>;
    // No more than may start, behind those that are about to.
    size_t free = lane.channel->traits().sending_max - lane.sending->sending();
    size_t limit = free + lane.sending->unwritten;
    std::function<Result<Found>(store::Database&)> select =
        [name = lane.spec.name, now, limit](store::Database& db) { return select_due(db, name, now, limit); };
    std::function<Result<Found>()> look = [readers = &parts_.readers, select = std::move(select)] {
        return readers->read<Found>(select);
    };
    Result<Found> found = co_await parts_.pool.run<Found>(std::move(look));
    co_return found;
}

Task<microseconds> Dispatcher::refuse_channel(std::string channel) {
    using Found = std::vector<Delivery>;
    Time now = parts_.clock.now();
    std::function<Result<Found>(store::Database&)> change = [channel,
                                                             now](store::Database& db) -> Result<Found> {
        NS_TRY(std::vector<Due> due, select_due(db, channel, Time::max(), kUntoldPage));
        Found settled;
        for (const Due& each : due) {
            std::string why = fmt::format("there is no channel {} in the configuration", channel);
            if (auto done = settle_unsent(db, each.delivery, why, now); !done) return Failure(done.error());
            NS_TRY(Delivery delivery, select_delivery(db, each.delivery.tenant, each.delivery.id));
            settled.push_back(std::move(delivery));
        }
        return settled;
    };
    Result<Found> settled = co_await parts_.writer.write<Found>(std::move(change));
    if (!settled) {
        log::error("delivery", "cannot settle what waits for channel {}: {}", channel,
                   settled.error().message);
        co_return kStoreRetry;
    }
    for (const Delivery& each : *settled) {
        Step step{each.state, false, std::nullopt, ""};
        count(Outcome::failed(Outcome::Kind::kPermanent, ""), step);
        tell(each);
    }
    // Each may have brought the next one of its thread.
    co_return settled->empty() ? kForever : microseconds(0);
}

Task<> Dispatcher::tell_untold() {
    using Found = std::vector<Delivery>;
    std::optional<Delivery> last;
    while (!is_stopping_) {
        std::function<Result<Found>(store::Database&)> select = [last](store::Database& db) {
            return select_untold(db, last, kUntoldPage);
        };
        std::function<Result<Found>()> look = [readers = &parts_.readers, select = std::move(select)] {
            return readers->read<Found>(select);
        };
        Result<Found> untold = co_await parts_.pool.run<Found>(std::move(look));
        // They will be told after the next start.
        if (!untold) log::error("delivery", "cannot read what is to be told: {}", untold.error().message);
        if (!untold || untold->empty()) co_return;
        last = untold->back();
        for (const Delivery& each : *untold) tell(each);
    }
}

void Dispatcher::tell(const Delivery& delivery) {
    const bool marks_it = on_settled_ && on_settled_(delivery);
    if (marks_it) return;
    store::Writer::Change change = [id = delivery.id](store::Database& db) { return mark_told(db, id); };
    parts_.writer.post(std::move(change), [id = delivery.id](const Result<void>& marked) {
        // It will be told once more after the next start.
        if (!marked)
            log::warn("delivery", "delivery {} is not marked as told: {}", id, marked.error().message);
    });
}

Task<> Dispatcher::prune_settled() {
    Time before = parts_.clock.now() - options_.keep_settled;
    int64_t pruned = kPrunePage;
    while (pruned == kPrunePage && !is_stopping_) {
        std::function<Result<int64_t>(store::Database&)> change = [before](store::Database& db) {
            return prune(db, before, kPrunePage);
        };
        Result<int64_t> done = co_await parts_.writer.write<int64_t>(std::move(change));
        if (!done) {
            log::error("delivery", "old deliveries cannot be deleted: {}", done.error().message);
            co_return;
        }
        pruned = *done;
        std::lock_guard lock(mutex_);
        stats_.pruned_total += static_cast<uint64_t>(pruned);
    }
}

// Times in the database are the wall clock's: when it is set back, waiting moves with it.
Task<> Dispatcher::follow_clock() {
    Time now = parts_.clock.now();
    microseconds back = last_seen_ - now;
    last_seen_ = now;
    if (back < kClockStep) co_return;
    store::Writer::Change change = [back](store::Database& db) { return shift_waiting(db, back); };
    Result<void> shifted = co_await parts_.writer.commit(std::move(change));
    if (!shifted)
        log::error("delivery", "waiting deliveries keep their old times: {}", shifted.error().message);
}

Stats Dispatcher::stats() const {
    std::lock_guard lock(mutex_);
    return stats_;
}

void Dispatcher::describe(std::vector<ChannelHealth>& health) const {
    Time now = parts_.clock.now();
    std::lock_guard lock(mutex_);
    for (const auto& [name, lane] : lanes_) {
        auto found =
            std::find_if(health.begin(), health.end(), [&](const auto& each) { return each.name == name; });
        if (found == health.end()) {
            found = health.emplace(health.end());
            found->name = name;
        }
        found->kind = lane->spec.kind;
        found->is_configured = true;
        auto pause = pauses_.find(name);
        if (pause != pauses_.end() && pause->second > now) found->paused_until = pause->second;
    }
}

size_t Dispatcher::sending() const {
    size_t total = 0;
    for (const auto& [name, lane] : lanes_) total += lane->sending->sending();
    return total;
}

size_t Dispatcher::underway() const {
    size_t total = 0;
    for (const auto& [name, lane] : lanes_) total += lane->sending->ids.size();
    return total;
}

}  // namespace nightshift::delivery
