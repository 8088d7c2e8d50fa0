#include "delivery/dispatcher.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "delivery/limits.h"
#include "io/periodic.h"

namespace nightshift::delivery {

namespace asio = boost::asio;
using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kStoreRetry{1'000};
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

Message message_of(const Due& due, Time now) {
    const Delivery& delivery = due.delivery;
    return {delivery.id,    delivery.tenant,  delivery.key, delivery.subject, delivery.text,
            delivery.about, delivery.created, now,          due.first_attempt};
}

}  // namespace

Lane::Lane(ChannelSpec configured, std::shared_ptr<const Channel> way)
    : spec(std::move(configured)),
      channel(std::move(way)),
      policy(policy_of(spec, channel->traits())),
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
                policy = lane->second->policy;
                progress.give_up_at += lane->second->spec.give_up_after;
            }
            Outcome outcome =
                each.was_read_back
                    ? Outcome::failed(Outcome::Kind::kUnreadable, "the program stopped while it asked")
                    : Outcome::failed(Outcome::Kind::kAmbiguous,
                                      "the program stopped while it was being sent");
            Step step = decide_step(outcome, progress, policy, now, random_.uniform());
            Attempt attempt;
            attempt.number = each.attempt_number;
            attempt.ended = now;
            attempt.outcome = to_string(outcome.kind);
            attempt.error = outcome.error;
            if (auto done = finish_attempt(db, each.due.delivery, attempt, step, std::nullopt); !done)
                return done;
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
    for (milliseconds waited{0}; sending() > 0 && waited < options_.stop_grace; waited += kStopPoll) {
        co_await io::sleep_for(kStopPoll);
    }
    stop_.request_stop();
    for (milliseconds waited{0}; sending() > 0 && waited < kStopReply; waited += kStopPoll) {
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
    using Found = std::vector<Waiting>;
    std::function<Result<Found>()> look = [readers = &parts_.readers] {
        return readers->read<Found>(select_waiting);
    };
    Result<Found> waiting = co_await parts_.pool.run<Found>(std::move(look));
    if (!waiting) {
        log::error("delivery", "cannot read what waits to be sent: {}", waiting.error().message);
        co_return kStoreRetry;
    }
    microseconds idle = kForever;
    uint64_t total = 0;
    for (const Waiting& each : *waiting) {
        total += each.count;
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
    stats_.waiting = total;
    co_return idle;
}

Task<microseconds> Dispatcher::serve(std::shared_ptr<Lane> lane, Time next_attempt) {
    Time now = parts_.clock.now();
    size_t sending_max = lane->channel->traits().sending_max;
    // The end of a send rings the alarm.
    if (lane->sending->size() >= sending_max || sending() >= kSendingMax) co_return kForever;
    Time earliest = std::max(lane->pace.earliest(now), next_attempt);
    if (earliest > now) co_return earliest - now;
    Result<std::vector<Due>> due = co_await load_due(*lane, now);
    if (!due) {
        log::error("delivery", "cannot read what waits for channel {}: {}", lane->spec.name,
                   due.error().message);
        co_return kStoreRetry;
    }
    for (Due& each : *due) {
        if (lane->sending->size() >= sending_max || sending() >= kSendingMax) co_return kForever;
        if (lane->sending->contains(each.delivery.id)) continue;
        earliest = lane->pace.earliest(now);
        if (earliest > now) co_return earliest - now;
        lane->pace.take(now);
        lane->sending->insert(each.delivery.id);
        group_.spawn(
            [this, lane, taken = std::move(each)]() mutable { return attempt(lane, std::move(taken)); });
    }
    // What became due later is seen when one of these has ended.
    co_return due->empty() ? microseconds(kStoreRetry) : kForever;
}

Task<Result<std::vector<Due>>> Dispatcher::load_due(const Lane& lane, Time now) {
    using Found = std::vector<Due>;
    size_t limit = lane.channel->traits().sending_max + lane.sending->size();
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
            if (auto done = settle_unsent(db, each.delivery.id, why, now); !done)
                return Failure(done.error());
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
    co_return settled->size() < kUntoldPage ? kForever : microseconds(0);
}

namespace {

// Takes a delivery out of its lane when its attempt ends, however it ends.
class Leave {
public:
    Leave(Lane& lane, std::string id, Dispatcher& dispatcher)
        : lane_(lane), id_(std::move(id)), dispatcher_(dispatcher) {}
    Leave(const Leave&) = delete;
    Leave& operator=(const Leave&) = delete;
    ~Leave() {
        lane_.sending->erase(id_);
        dispatcher_.notify();
    }

private:
    Lane& lane_;
    std::string id_;
    Dispatcher& dispatcher_;
};

}  // namespace

Task<> Dispatcher::attempt(std::shared_ptr<Lane> held, Due due) {
    Lane& lane = *held;
    Leave leave(lane, due.delivery.id, *this);
    Time now = parts_.clock.now();
    due.progress.give_up_at += lane.spec.give_up_after;
    Action action = decide_action(due.progress, lane.policy, now);
    if (action == Action::kGiveUp) {
        co_await give_up(lane, due, now);
        co_return;
    }
    bool is_read_back = action == Action::kReadBack;
    std::function<Result<bool>(store::Database&)> begin = [due, is_read_back, now](store::Database& db) {
        return begin_attempt(db, due, is_read_back, now);
    };
    Result<bool> begun = co_await parts_.writer.write<bool>(std::move(begin));
    if (!begun) {
        log::error("delivery", "delivery {} waits: its attempt cannot be written down: {}", due.delivery.id,
                   begun.error().message);
        hold_back(lane, now);
        co_return;
    }
    if (!*begun) co_return;
    notify();  // it is no longer due: what is next is seen now, not when this one has ended
    Attempt made;
    made.number = due.delivery.attempt_count + 1;
    made.is_read_back = is_read_back;
    made.started = now;
    Outcome outcome = co_await send(lane, due, is_read_back, now);
    co_await settle(lane, due, std::move(made), std::move(outcome));
}

Task<> Dispatcher::give_up(Lane& lane, const Due& due, Time now) {
    std::function<Result<Delivery>(store::Database&)> change =
        [due, now](store::Database& db) -> Result<Delivery> {
        const Delivery& delivery = due.delivery;
        std::string why =
            delivery.why.empty() ? "it was not sent in time" : "it was not sent in time: " + delivery.why;
        if (auto done = settle_unsent(db, delivery.id, why, now); !done) return Failure(done.error());
        return select_delivery(db, delivery.tenant, delivery.id);
    };
    Result<Delivery> settled = co_await parts_.writer.write<Delivery>(std::move(change));
    if (!settled) {
        log::error("delivery", "delivery {} cannot be given up: {}", due.delivery.id,
                   settled.error().message);
        hold_back(lane, now);
        co_return;
    }
    Step step{settled->state, false, std::nullopt, ""};
    count(Outcome::failed(Outcome::Kind::kPermanent, ""), step);
    tell(*settled);
}

Task<Outcome> Dispatcher::send(Lane& lane, const Due& due, bool is_read_back, Time now) {
    {
        std::lock_guard lock(mutex_);
        ++stats_.attempts_total;
    }
    Message message = message_of(due, now);
    Outcome outcome;
    try {
        if (is_read_back) {
            outcome = co_await lane.channel->read_back(std::move(message), stop_.get_token());
        } else {
            outcome = co_await lane.channel->send(std::move(message), stop_.get_token());
        }
    } catch (const std::exception& error) {
        // Cut off by stop(): what became of it is found out at the next start.
        if (is_stopping_) throw;
        log::error("delivery", "channel {} threw: {}", lane.spec.name, error.what());
        outcome = Outcome::failed(is_read_back ? Outcome::Kind::kUnreadable : Outcome::Kind::kAmbiguous,
                                  "an error in the program; see its log");
    }
    co_return outcome;
}

Task<> Dispatcher::settle(Lane& lane, const Due& due, Attempt attempt, Outcome outcome) {
    Time now = parts_.clock.now();
    attempt.ended = now;
    attempt.outcome = to_string(outcome.kind);
    attempt.error = outcome.error;
    attempt.status = outcome.status;
    Progress progress = due.progress;
    ++progress.attempts;
    Step step = decide_step(outcome, progress, lane.policy, now, random_.uniform());
    if (outcome.kind == Outcome::Kind::kRateLimited && outcome.retry_after) {
        lane.pace.pause(now, *outcome.retry_after);
        std::lock_guard lock(mutex_);
        pauses_[lane.spec.name] = now + *outcome.retry_after;
    }
    Delivery delivery = due.delivery;
    delivery.state = step.state;
    delivery.why = step.why;
    delivery.next_attempt = step.next_attempt;
    delivery.attempt_count = attempt.number;
    if (!step.next_attempt) delivery.settled = now;
    if (step.state == State::kDelivered) delivery.receipt = std::move(outcome.receipt);
    co_await write_outcome(delivery, std::move(attempt), step, delivery.receipt);
    count(outcome, step);
    if (delivery.settled) tell(delivery);
}

// Until it is on disk: what has been sent must not be forgotten because a disk is full for an hour.
Task<> Dispatcher::write_outcome(Delivery delivery, Attempt attempt, Step step,
                                 std::optional<Receipt> receipt) {
    while (true) {
        store::Writer::Change finish = [delivery, attempt, step, receipt](store::Database& db) {
            return finish_attempt(db, delivery, attempt, step, receipt);
        };
        Result<void> written = co_await parts_.writer.commit(std::move(finish));
        if (written) co_return;
        log::error("delivery", "the outcome of delivery {} ({}) cannot be written down, trying again: {}",
                   delivery.id, attempt.outcome, written.error().message);
        {
            std::lock_guard lock(mutex_);
            ++stats_.store_failures_total;
        }
        co_await io::sleep_for(kStoreRetry);
    }
}

// When the database does not take changes, trying at once would only burn the processor.
void Dispatcher::hold_back(Lane& lane, Time now) {
    lane.pace.pause(now, kStoreRetry);
    std::lock_guard lock(mutex_);
    ++stats_.store_failures_total;
}

Task<> Dispatcher::tell_untold() {
    using Found = std::vector<Delivery>;
    std::string last;
    while (!is_stopping_) {
        std::function<Result<Found>(store::Database&)> change = [](store::Database& db) -> Result<Found> {
            NS_TRY(Found untold, select_untold(db, kUntoldPage));
            return untold;
        };
        Result<Found> untold = co_await parts_.writer.write<Found>(std::move(change));
        // The same again: they cannot be marked, and the next start will tell them once more.
        if (!untold || untold->empty() || untold->front().id == last) co_return;
        last = untold->front().id;
        for (const Delivery& each : *untold) tell(each);
    }
}

void Dispatcher::tell(const Delivery& delivery) {
    if (on_settled_) on_settled_(delivery);
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

void Dispatcher::count(const Outcome& outcome, const Step& step) {
    std::lock_guard lock(mutex_);
    if (outcome.kind == Outcome::Kind::kRateLimited) ++stats_.rate_limited_total;
    if (step.next_attempt) return;
    if (step.state == State::kDelivered) ++stats_.delivered_total;
    if (step.state == State::kUnknown) ++stats_.unknown_total;
    if (step.state == State::kFailed) ++stats_.failed_total;
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
    for (const auto& [name, lane] : lanes_) total += lane->sending->size();
    return total;
}

}  // namespace nightshift::delivery
