#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "base/text.h"
#include "delivery/service.h"
#include "io/blocking.h"
#include "net/server_for_test.h"

namespace nightshift::delivery {

// A provider that answers as a test says, and remembers what it was asked.
class Imposter {
public:
    using Answer = std::function<net::Response(const net::Request&)>;

    Imposter() {
        handler_.answer = [this](net::Request request) -> Task<net::Response> {
            return take(std::move(request));
        };
        server_ = std::make_unique<net::ServerForTest>(handler_);
    }

    std::string url(std::string_view target = "") const { return server_->url(target); }
    // The answers in turn; the last one for ever.
    void answer(std::vector<Answer> answers) {
        std::lock_guard lock(mutex_);
        answers_ = std::move(answers);
        next_ = 0;
    }
    void answer(int status, std::string body) {
        answer({[status, body](const net::Request&) { return net::Response::json(status, body); }});
    }
    // Takes requests, and answers none of them before release().
    void hold() {
        std::lock_guard lock(mutex_);
        is_held_ = true;
    }
    void release() {
        std::lock_guard lock(mutex_);
        is_held_ = false;
    }
    std::vector<net::Request> requests() const {
        std::lock_guard lock(mutex_);
        return requests_;
    }
    // How many were held at once.
    size_t held_max() const {
        std::lock_guard lock(mutex_);
        return held_max_;
    }

private:
    Task<net::Response> take(net::Request request) {
        std::unique_lock lock(mutex_);
        requests_.push_back(request);
        Answer answer = answers_.empty() ? Answer() : answers_[std::min(next_++, answers_.size() - 1)];
        held_max_ = std::max(held_max_, ++held_);
        while (is_held_) {
            lock.unlock();
            co_await io::sleep_for(std::chrono::milliseconds(2));
            lock.lock();
        }
        --held_;
        lock.unlock();
        co_return answer ? answer(request) : net::Response::text(404, "");
    }

    mutable std::mutex mutex_;
    std::vector<Answer> answers_;
    size_t next_ = 0;
    bool is_held_ = false;
    size_t held_ = 0;
    size_t held_max_ = 0;
    std::vector<net::Request> requests_;
    net::FunctionHandler handler_;
    std::unique_ptr<net::ServerForTest> server_;
};

// A service on a database of its own, with a clock set by hand.
class Bench {
public:
    Bench() {
        std::filesystem::create_directories(folder_);
        auto opened = store::Writer::open(folder_ / "state.db", migrate_deliveries);
        EXPECT_TRUE(opened) << opened.error().message;
        writer_ = std::move(*opened);
    }
    ~Bench() {
        service_.reset();
        writer_.reset();
        std::filesystem::remove_all(folder_);
    }
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;

    static ChannelSpec webhook(const Imposter& imposter) {
        ChannelSpec spec;
        spec.name = "hook";
        spec.kind = Kind::kWebhook;
        spec.url = Secret(imposter.url("/take"));
        spec.token = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        spec.timeout = std::chrono::milliseconds(5'000);
        return spec;
    }

    // Opens the service, without starting it.
    Service& open(std::vector<ChannelSpec> channels) {
        Options options;
        options.seed = 7;
        options.stop_grace = std::chrono::milliseconds(0);
        auto opened = Service::open({loop_, pool_, *writer_, readers_, clock}, std::move(channels), options);
        EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
        service_ = std::move(*opened);
        service_->set_on_settled([this](const Delivery& delivery) {
            std::lock_guard lock(mutex_);
            settled_.push_back(delivery);
            changed_.notify_all();
            return listener_marks.load();
        });
        return *service_;
    }
    Service& start(std::vector<ChannelSpec> channels) {
        open(std::move(channels)).start();
        return *service_;
    }
    Service& service() { return *service_; }
    // Stops as a killed program would: what is under way has no end.
    void kill() { service_.reset(); }

    static NewDelivery text(std::string key, std::string channel = "hook") {
        NewDelivery delivery;
        delivery.tenant = "t1";
        delivery.key = std::move(key);
        delivery.channel = std::move(channel);
        delivery.subject = "Morning report";
        delivery.text = "All twelve posts are out.";
        delivery.about = "run:r1";
        return delivery;
    }

    Result<std::string> try_enqueue(const NewDelivery& delivery) {
        std::string id;
        auto done = writer_->commit_blocking([&](store::Database& db) -> Result<void> {
            NS_TRY(id, Service::enqueue(db, delivery, clock.now()));
            return {};
        });
        if (!done) return Failure(done.error());
        if (service_) service_->wake();
        return id;
    }
    std::string enqueue(const NewDelivery& delivery) {
        auto id = try_enqueue(delivery);
        EXPECT_TRUE(id) << (id ? "" : id.error().message);
        return id.value_or("");
    }

    Delivery find(const std::string& id) {
        Delivery found;
        io::run_blocking(caller_, [&]() -> Task<> {
            Result<Delivery> seen = co_await service_->find("t1", id);
            EXPECT_TRUE(seen) << (seen ? "" : seen.error().message);
            if (seen) found = *seen;
        });
        return found;
    }
    // Waits until `is_so` holds for the delivery: for a state that no callback announces.
    Delivery wait_for(const std::string& id, const std::function<bool(const Delivery&)>& is_so) {
        for (int i = 0; i < 5'000; ++i) {
            Delivery seen = find(id);
            if (is_so(seen)) return seen;
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
        ADD_FAILURE() << "delivery " << id << " did not come there";
        return {};
    }
    bool all_settled(const std::vector<std::string>& ids) {
        return std::all_of(ids.begin(), ids.end(),
                           [this](const std::string& id) { return find(id).settled.has_value(); });
    }
    // Waits for the next attempt to be planned, and lets the time until it pass.
    Delivery pass_to_next_attempt(const std::string& id, int after_attempts) {
        Delivery seen = wait_for(id, [&](const Delivery& delivery) {
            return delivery.attempt_count == after_attempts && delivery.next_attempt.has_value();
        });
        // And a little more, for the channel's pace.
        if (seen.next_attempt && *seen.next_attempt > clock.now()) clock.set(*seen.next_attempt + seconds(5));
        service_->wake();
        return seen;
    }
    // The deliveries that on_settled announced, once there are `count`.
    std::vector<Delivery> settled(size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::seconds(30), [&] { return settled_.size() >= count; });
        EXPECT_GE(settled_.size(), count);
        std::vector<Delivery> found = settled_;
        found.resize(std::max(count, found.size()));
        return found;
    }
    Delivery settle(const NewDelivery& delivery) {
        std::string id = enqueue(delivery);
        wait_for(id, [](const Delivery& seen) { return seen.settled.has_value(); });
        return find(id);
    }

    Result<void> retry(const std::string& id) {
        Result<void> done;
        io::run_blocking(caller_, [&]() -> Task<> { done = co_await service_->retry("t1", id); });
        return done;
    }
    Page list(const Filter& filter) {
        Page page;
        io::run_blocking(caller_, [&]() -> Task<> {
            Result<Page> seen = co_await service_->list(filter);
            EXPECT_TRUE(seen) << (seen ? "" : seen.error().message);
            if (seen) page = *seen;
        });
        return page;
    }
    std::vector<ChannelHealth> channels() {
        std::vector<ChannelHealth> health;
        io::run_blocking(caller_, [&]() -> Task<> {
            Result<std::vector<ChannelHealth>> seen = co_await service_->channels();
            if (seen) health = *seen;
        });
        return health;
    }

    Result<void> change(const store::Writer::Change& change) { return writer_->commit_blocking(change); }

    ManualClock clock{from_unix_ms(1'790'000'000'000)};
    std::atomic<bool> listener_marks{false};  // the listener says that it marks what it was told

private:
    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("delivery_test_" + base64url_encode(random_bytes(6)));
    io::Loop loop_{"delivery"};
    io::Loop caller_{"caller"};
    std::unique_ptr<store::Writer> writer_;
    store::Readers readers_{folder_ / "state.db"};
    io::Pool pool_{2, 100};
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Delivery> settled_;
    std::unique_ptr<Service> service_;
};

}  // namespace nightshift::delivery
