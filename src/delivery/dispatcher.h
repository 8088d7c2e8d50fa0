#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/random.h"
#include "delivery/channel.h"
#include "delivery/pace.h"
#include "delivery/plan.h"
#include "delivery/retry.h"
#include "delivery/service.h"
#include "delivery/store.h"
#include "io/task_group.h"

namespace nightshift::delivery {

// What a channel has under way.
struct Underway {
    std::set<std::string> ids;  // of deliveries
    size_t unwritten = 0;       // of these, whose attempt is not on disk: they are still found as due
    size_t answered = 0;        // of these, whose outcome is on its way to the disk: others may be sent

    size_t sending() const { return ids.size() - answered; }
};

// A channel at work. A new configuration replaces it, while attempts under way keep the one they began with.
struct Lane {
    Lane(ChannelSpec configured, std::shared_ptr<const Channel> way);

    ChannelSpec spec;
    std::shared_ptr<const Channel> channel;
    RetryPolicy policy;
    std::string address;
    Pace pace;
    // Shared with what it replaced, so that none is sent by both.
    std::shared_ptr<Underway> sending = std::make_shared<Underway>();
};

// The working half of Service: finds what is due, writes each attempt ahead, sends, writes what came of it.
// Lives on Parts::loop; only notify() and what it guards with its mutex is for other threads.
class Dispatcher : public std::enable_shared_from_this<Dispatcher> {
public:
    Dispatcher(Parts parts, Options options, std::vector<Lane> lanes);
    ~Dispatcher();

    // Ends the attempts that a stopped program left open. Blocking; before start().
    Result<void> recover();
    void start();
    // See Service::stop().
    Task<> stop();
    void notify();
    // From now on these are the channels. On the loop.
    void replace(std::vector<Lane> lanes);

    Stats stats() const;
    // Adds what the database does not know: the configured channels, and the pauses asked for.
    void describe(std::vector<ChannelHealth>& health) const;

    // Before start().
    void set_on_settled(std::function<bool(const Delivery&)> on_settled) {
        on_settled_ = std::move(on_settled);
    }

private:
    struct Alarm;

    Task<> run();
    // One look at the outbox: starts what may start, and says how long nothing else will.
    Task<std::chrono::microseconds> round();
    Task<Result<std::vector<Due>>> load_due(const Lane& lane, Time now);
    Task<std::chrono::microseconds> serve(std::shared_ptr<Lane> lane, Time next_attempt);
    Task<std::chrono::microseconds> refuse_channel(std::string channel);
    Task<> attempt(std::shared_ptr<Lane> held, Due due);
    Task<> give_up(Lane& lane, const Due& due, Time now);
    Task<> skip(Lane& lane, const Due& due, Time now);
    Task<Outcome> send(Lane& lane, Message message, bool is_read_back);
    Task<> settle(Lane& lane, const Due& due, Plan plan, Attempt attempt, Outcome outcome);
    Task<> write_outcome(Ending made);
    Task<> tell_untold();
    void tell(const Delivery& delivery);
    Task<> prune_settled();
    Task<> follow_clock();
    void hold_back(Lane& lane, Time now);
    void count(const Outcome& outcome, const Step& step);
    size_t sending() const;
    size_t underway() const;

    const Parts parts_;
    Options options_;
    std::function<bool(const Delivery&)> on_settled_;
    std::map<std::string, std::shared_ptr<Lane>> lanes_;  // changed on the loop and under mutex_
    io::TaskGroup group_;
    std::unique_ptr<Alarm> alarm_;
    std::stop_source stop_;
    Random random_;
    Time last_seen_;  // of the clock: to notice when it is set back
    bool is_stopping_ = false;

    mutable std::mutex mutex_;
    Stats stats_;
    std::map<std::string, Time> pauses_;
    bool is_notified_ = false;
};

}  // namespace nightshift::delivery
