#include <exception>

#include "base/log.h"
#include "delivery/dispatcher.h"
#include "delivery/limits.h"

// One attempt: written ahead, sent, and what came of it written down.
namespace nightshift::delivery {
namespace {

Message message_of(const Due& due, Time now) {
    const Delivery& delivery = due.delivery;
    return {delivery.id,    delivery.tenant,  delivery.key, delivery.subject, delivery.text,
            delivery.about, delivery.created, now,          due.first_attempt};
}

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

void Dispatcher::count(const Outcome& outcome, const Step& step) {
    std::lock_guard lock(mutex_);
    if (outcome.kind == Outcome::Kind::kRateLimited) ++stats_.rate_limited_total;
    if (step.next_attempt) return;
    if (step.state == State::kDelivered) ++stats_.delivered_total;
    if (step.state == State::kUnknown) ++stats_.unknown_total;
    if (step.state == State::kFailed) ++stats_.failed_total;
}

}  // namespace nightshift::delivery
