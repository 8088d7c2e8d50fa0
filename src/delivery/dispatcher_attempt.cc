#include <exception>

#include "base/log.h"
#include "delivery/dispatcher.h"
#include "delivery/limits.h"
#include "delivery/plan.h"

// One attempt: written ahead, sent, and what came of it written down.
namespace nightshift::delivery {
namespace {

constexpr const char* kSkipped = "this channel cannot edit; the next reply tells the state";

Message message_of(const Due& due, Mode mode, Time now) {
    const Delivery& delivery = due.delivery;
    Message message;
    message.id = delivery.id;
    message.tenant = delivery.tenant;
    message.key = delivery.key;
    message.subject = delivery.subject;
    message.text = delivery.text;
    message.about = delivery.about;
    message.created = delivery.created;
    message.now = now;
    message.first_attempt = due.first_attempt;
    message.mode = mode;
    if (mode != Mode::kPost) message.anchor = due.anchor;
    message.thread = delivery.thread;
    message.revision = delivery.revision;
    message.severity = delivery.severity;
    message.is_resolution = delivery.is_resolution;
    message.links = delivery.links;
    message.payload = delivery.payload;
    return message;
}

// Takes a delivery out of its lane when its attempt ends, however it ends.
class Leave {
public:
    Leave(Lane& lane, std::string id, Dispatcher& dispatcher)
        : lane_(lane), id_(std::move(id)), dispatcher_(dispatcher) {}
    Leave(const Leave&) = delete;
    Leave& operator=(const Leave&) = delete;
    ~Leave() {
        note_written();
        if (is_answered_) --lane_.sending->answered;
        lane_.sending->ids.erase(id_);
        dispatcher_.notify();
    }
    // From now on it is not found as due.
    void note_written() {
        if (!std::exchange(is_written_, true)) --lane_.sending->unwritten;
    }

    // Its place among those that are being sent is free. No more wait for the disk than it takes: what is
    // sent next is written ahead behind them.
    void note_answered() {
        if (!std::exchange(is_answered_, true)) ++lane_.sending->answered;
        dispatcher_.notify();
    }

private:
    Lane& lane_;
    std::string id_;
    Dispatcher& dispatcher_;
    bool is_written_ = false;
    bool is_answered_ = false;
};

}  // namespace

Task<> Dispatcher::attempt(std::shared_ptr<Lane> held, Due due) {
    Lane& lane = *held;
    Leave leave(lane, due.delivery.id, *this);
    Time now = parts_.clock.now();
    due.progress.give_up_at += lane.spec.give_up_after;
    Plan plan = plan_delivery(due.delivery, due.anchor, lane.channel->traits(), lane.address);
    if (plan.is_skipped) {
        co_await skip(lane, due, now);
        co_return;
    }
    Action action = decide_action(due.progress, policy_for(plan.mode, lane.policy), now);
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
    leave.note_written();
    notify();  // it is no longer due: what is next is seen now, not when this one has ended
    Attempt made;
    made.number = due.delivery.attempt_count + 1;
    made.is_read_back = is_read_back;
    made.started = now;
    Message message = message_of(due, plan.mode, now);
    Outcome outcome = co_await send(lane, std::move(message), is_read_back);
    leave.note_answered();
    co_await settle(lane, due, plan, std::move(made), std::move(outcome));
}

Task<> Dispatcher::skip(Lane& lane, const Due& due, Time now) {
    store::Writer::Change change = [delivery = due.delivery, now](store::Database& db) {
        return settle_skipped(db, delivery, kSkipped, now);
    };
    Result<void> settled = co_await parts_.writer.commit(std::move(change));
    if (settled) co_return;
    log::error("delivery", "delivery {} cannot be settled: {}", due.delivery.id, settled.error().message);
    hold_back(lane, now);
}

Task<> Dispatcher::give_up(Lane& lane, const Due& due, Time now) {
    std::function<Result<Delivery>(store::Database&)> change =
        [due, now](store::Database& db) -> Result<Delivery> {
        const Delivery& delivery = due.delivery;
        std::string why =
            delivery.why.empty() ? "it was not sent in time" : "it was not sent in time: " + delivery.why;
        if (auto done = settle_unsent(db, delivery, why, now); !done) return Failure(done.error());
        return select_delivery(db, delivery.tenant, delivery.id);
    };
    Result<Delivery> settled = co_await parts_.writer.write<Delivery>(std::move(change));
    if (!settled) {
        log::error("delivery", "delivery {} cannot be given up: {}", due.delivery.id,
                   settled.error().message);
        hold_back(lane, now);
        co_return;
    }
    if (settled->state == State::kSuperseded) co_return;  // by an edit that came in between
    Step step{settled->state, false, std::nullopt, ""};
    count(Outcome::failed(Outcome::Kind::kPermanent, ""), step);
    tell(*settled);
}

Task<Outcome> Dispatcher::send(Lane& lane, Message message, bool is_read_back) {
    {
        std::lock_guard lock(mutex_);
        ++stats_.attempts_total;
    }
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

Task<> Dispatcher::settle(Lane& lane, const Due& due, Plan plan, Attempt attempt, Outcome outcome) {
    Time now = parts_.clock.now();
    attempt.ended = now;
    attempt.outcome = to_string(outcome.kind);
    attempt.error = outcome.error;
    attempt.status = outcome.status;
    Progress progress = due.progress;
    ++progress.attempts;
    RetryPolicy policy = policy_for(plan.mode, lane.policy);
    Step step = decide_step(outcome, progress, policy, now, random_.uniform());
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
    Ending ending{delivery, std::move(attempt), step, plan.anchor_address};
    co_await write_outcome(std::move(ending));
    count(outcome, step);
    if (delivery.settled) tell(delivery);
}

// Until it is on disk: what has been sent must not be forgotten because a disk is full for an hour.
Task<> Dispatcher::write_outcome(Ending made) {
    auto ending = std::make_shared<const Ending>(std::move(made));
    while (true) {
        store::Writer::Change finish = [ending](store::Database& db) { return finish_attempt(db, *ending); };
        Result<void> written = co_await parts_.writer.commit(std::move(finish));
        if (written) co_return;
        log::error("delivery", "the outcome of delivery {} ({}) cannot be written down, trying again: {}",
                   ending->delivery.id, ending->attempt.outcome, written.error().message);
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

void Dispatcher::count(const Outcome& outcome, const Step& step) {
    std::lock_guard lock(mutex_);
    if (outcome.kind == Outcome::Kind::kRateLimited) ++stats_.rate_limited_total;
    if (step.next_attempt) return;
    if (step.state == State::kDelivered) ++stats_.delivered_total;
    if (step.state == State::kUnknown) ++stats_.unknown_total;
    if (step.state == State::kFailed) ++stats_.failed_total;
}

}  // namespace nightshift::delivery
