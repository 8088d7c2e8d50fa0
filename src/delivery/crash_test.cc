// What becomes of an attempt whose answer never came, or whose program was killed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "delivery/bench_for_test.h"

namespace nightshift::delivery {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

ChannelSpec telegram(const Imposter& imposter) {
    ChannelSpec spec;
    spec.name = "chat";
    spec.kind = Kind::kTelegram;
    spec.url = Secret(imposter.url());
    spec.token = Secret("123456:AAH-secret-token-of-the-bot");
    spec.target = "5";
    return spec;
}

ChannelSpec slack(const Imposter& imposter) {
    ChannelSpec spec;
    spec.name = "slack";
    spec.kind = Kind::kSlack;
    spec.url = Secret(imposter.url());
    spec.token = Secret("xoxb-1-secret-token");
    spec.target = "C0123456789";
    return spec;
}

constexpr const char* kTelegramOk = R"({"ok":true,"result":{"message_id":1,"chat":{"id":5}}})";

// Kills the program while the provider has the request and has not answered.
std::string kill_while_sending(Bench& bench, Imposter& imposter, std::vector<ChannelSpec> channels,
                               const std::string& channel) {
    imposter.hold();
    bench.start(std::move(channels));
    std::string id = bench.enqueue(Bench::text("k1", channel));
    for (int i = 0; i < 5'000 && imposter.requests().empty(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    EXPECT_THAT(imposter.requests(), SizeIs(1));
    bench.kill();
    imposter.release();
    return id;
}

// The provider's thread draws from the same source.
uint64_t random_steps(Random& random, std::mutex& mutex) {
    std::lock_guard lock(mutex);
    return random.below(40);
}

TEST(Crash, WritesAttemptBeforeAnyByteLeaves) {
    Imposter imposter;
    imposter.answer(200, kTelegramOk);
    Bench bench;
    imposter.hold();
    bench.start({telegram(imposter)});
    std::string id = bench.enqueue(Bench::text("k1", "chat"));
    for (int i = 0; i < 5'000 && imposter.requests().empty(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    Delivery seen = bench.find(id);
    EXPECT_EQ(seen.state, State::kSending);
    ASSERT_THAT(seen.attempts, SizeIs(1));
    EXPECT_FALSE(seen.attempts[0].ended);
    imposter.release();
    EXPECT_EQ(bench.settled(1).front().state, State::kDelivered);
}

TEST(Crash, LeavesUnknownWhatCannotBeResolved) {
    Imposter imposter;
    imposter.answer(200, kTelegramOk);
    Bench bench;
    std::string id = kill_while_sending(bench, imposter, {telegram(imposter)}, "chat");
    bench.start({telegram(imposter)});
    Delivery delivery = bench.settled(1).front();
    EXPECT_EQ(delivery.id, id);
    EXPECT_EQ(delivery.state, State::kUnknown);
    EXPECT_THAT(delivery.why, HasSubstr("program stopped"));
    EXPECT_EQ(bench.service().stats().interrupted_total, 1U);
    // A later one goes out, and the first is not sent again.
    bench.settle(Bench::text("k2", "chat"));
    EXPECT_THAT(imposter.requests(), SizeIs(2));
    EXPECT_EQ(bench.find(id).state, State::kUnknown);
}

TEST(Crash, ResendsUnknownWhereToldTo) {
    Imposter imposter;
    imposter.answer(200, kTelegramOk);
    Bench bench;
    ChannelSpec spec = telegram(imposter);
    spec.resend_unknown = true;
    std::string id = kill_while_sending(bench, imposter, {spec}, "chat");
    bench.start({spec});
    bench.pass_to_next_attempt(id, 1);
    EXPECT_EQ(bench.settled(1).front().state, State::kDelivered);
    EXPECT_THAT(imposter.requests(), SizeIs(2));
}

TEST(Crash, ResendsWebhookUnderTheSameId) {
    Imposter imposter;
    imposter.answer(200, "{}");
    Bench bench;
    std::string id = kill_while_sending(bench, imposter, {Bench::webhook(imposter)}, "hook");
    bench.start({Bench::webhook(imposter)});
    Delivery waiting = bench.pass_to_next_attempt(id, 1);
    EXPECT_EQ(waiting.state, State::kUnknown);
    EXPECT_EQ(bench.settled(1).front().state, State::kDelivered);
    auto requests = imposter.requests();
    ASSERT_THAT(requests, SizeIs(2));
    EXPECT_EQ(requests[0].headers.get("webhook-id"), requests[1].headers.get("webhook-id"));
}

TEST(Crash, FindsInSlackWhatArrived) {
    Imposter imposter;
    Bench bench;
    std::string id = kill_while_sending(bench, imposter, {slack(imposter)}, "slack");
    imposter.answer(
        200,
        R"({"ok":true,"messages":[{"ts":"9.1","metadata":{"event_type":"nightshift_delivery","event_payload":{"id":")" +
            id + R"("}}}]})");
    bench.start({slack(imposter)});
    Delivery waiting = bench.pass_to_next_attempt(id, 1);
    EXPECT_EQ(waiting.state, State::kUnknown);
    EXPECT_FALSE(waiting.settled);
    Delivery delivery = bench.settled(1).front();
    EXPECT_EQ(delivery.state, State::kDelivered);
    EXPECT_EQ(delivery.receipt->identifier, "9.1");
    EXPECT_TRUE(bench.find(id).attempts.back().is_read_back);
    EXPECT_EQ(imposter.requests().back().path, "/conversations.history");
}

TEST(Crash, PostsToSlackAgainWhatIsNotThere) {
    Imposter imposter;
    Bench bench;
    std::string id = kill_while_sending(bench, imposter, {slack(imposter)}, "slack");
    imposter.answer({[](const auto&) { return net::Response::json(200, R"({"ok":true,"messages":[]})"); },
                     [](const auto&) {
                         return net::Response::json(200, R"({"ok":true,"ts":"9.2","channel":"C0123456789"})");
                     }});
    bench.start({slack(imposter)});
    bench.pass_to_next_attempt(id, 1);
    bench.pass_to_next_attempt(id, 2);
    Delivery delivery = bench.settled(1).front();
    EXPECT_EQ(delivery.state, State::kDelivered);
    EXPECT_EQ(delivery.receipt->identifier, "9.2");
    auto requests = imposter.requests();
    ASSERT_THAT(requests, SizeIs(3));
    auto first = requests[0].body;
    EXPECT_EQ(first, requests[2].body);  // the same client_msg_id
}

TEST(Crash, TellsOfTheSettledUntilItIsHeard) {
    Imposter imposter;
    imposter.answer(200, kTelegramOk);
    Bench bench;
    kill_while_sending(bench, imposter, {telegram(imposter)}, "chat");
    // Opened, and killed before it could tell.
    bench.open({telegram(imposter)});
    bench.kill();
    bench.start({telegram(imposter)});
    EXPECT_THAT(bench.settled(1), SizeIs(1));
    bench.settle(Bench::text("k2", "chat"));
    bench.kill();
    bench.start({telegram(imposter)});
    bench.settle(Bench::text("k3", "chat"));
    EXPECT_THAT(bench.settled(3), SizeIs(3));
}

// Kills at arbitrary moments, with a provider that answers well, badly or not at all: what is called
// delivered arrived once, what is called failed never did, and nothing arrived twice.
TEST(Crash, SendsAtMostOnceWheneverItStrikes) {
    constexpr int kRounds = 8;
    constexpr int kPerRound = 6;
    Random random(20'26);
    std::mutex mutex;
    std::map<std::string, int> arrived;
    Imposter imposter;
    imposter.answer({[&](const net::Request& request) {
        std::lock_guard lock(mutex);
        uint64_t luck = random.below(10);
        if (luck < 2) return net::Response::text(500, "oops");
        if (luck < 3) return net::Response::json(400, R"({"ok":false,"error_code":400,"description":"no"})");
        size_t at = request.body.find("text-");
        ++arrived[request.body.substr(at, 8)];
        if (luck < 4) return net::Response::text(502, "bad gateway");
        return net::Response::json(200, kTelegramOk);
    }});
    Bench bench;
    std::vector<std::string> ids;
    for (int round = 0; round <= kRounds; ++round) {
        bench.start({telegram(imposter)});
        for (int i = 0; i < kPerRound && round < kRounds; ++i) {
            NewDelivery each = Bench::text("k" + std::to_string(ids.size()), "chat");
            each.subject = "";
            each.text = fmt::format("text-{:03}", ids.size());
            ids.push_back(bench.enqueue(each));
        }
        uint64_t steps = round == kRounds ? 40'000 : random_steps(random, mutex);
        for (uint64_t step = 0; step < steps; ++step) {
            bench.clock.advance(seconds(2));
            bench.service().wake();
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
            if (step % 100 == 99 && bench.all_settled(ids)) break;
        }
        if (round < kRounds) bench.kill();
    }
    std::map<State, int> states;
    for (size_t i = 0; i < ids.size(); ++i) {
        Delivery delivery =
            bench.wait_for(ids[i], [](const Delivery& seen) { return seen.settled.has_value(); });
        std::lock_guard lock(mutex);
        int count = arrived[fmt::format("text-{:03}", i)];
        EXPECT_LE(count, 1) << i;
        if (delivery.state == State::kDelivered) EXPECT_EQ(count, 1) << i;
        if (delivery.state == State::kFailed) EXPECT_EQ(count, 0) << i;
        ++states[delivery.state];
    }
    EXPECT_GT(states[State::kDelivered], 0);
    EXPECT_GT(states[State::kUnknown], 0);
    EXPECT_GT(states[State::kFailed], 0);
}

TEST(Unknown, IsWhatATimeoutAfterSendingLeaves) {
    Imposter imposter;
    imposter.answer(200, kTelegramOk);
    imposter.hold();
    Bench bench;
    ChannelSpec spec = telegram(imposter);
    spec.timeout = std::chrono::milliseconds(150);
    bench.start({spec});
    Delivery delivery = bench.settle(Bench::text("k1", "chat"));
    imposter.release();
    EXPECT_EQ(delivery.state, State::kUnknown);
    EXPECT_FALSE(delivery.receipt);
    EXPECT_EQ(delivery.attempts.at(0).outcome, "ambiguous");
    EXPECT_THAT(imposter.requests(), SizeIs(1));
    EXPECT_EQ(bench.service().stats().unknown_total, 1U);
}

TEST(Settled, IsToldAgainUntilItsListenerHasKeptIt) {
    Imposter imposter;
    imposter.answer(200, "{}");
    Bench bench;
    bench.listener_marks = true;
    bench.start({Bench::webhook(imposter)});
    Delivery first = bench.settle(Bench::text("k1", "hook"));
    bench.clock.advance(seconds(1));
    Delivery second = bench.settle(Bench::text("k2", "hook"));
    bench.start({Bench::webhook(imposter)});
    std::vector<Delivery> told = bench.settled(4);
    EXPECT_EQ(told.at(2).id, first.id);
    EXPECT_EQ(told.at(3).id, second.id);

    auto marked = bench.change([&](store::Database& db) { return Service::mark_told(db, first.id); });
    ASSERT_TRUE(marked);
    bench.start({Bench::webhook(imposter)});
    EXPECT_EQ(bench.settled(5).at(4).id, second.id) << "the first is not told again";
    EXPECT_THAT(imposter.requests(), SizeIs(2));
}

TEST(Store, RefusesDeliveredWithoutIdentifier) {
    Imposter imposter;
    Bench bench;
    bench.open({telegram(imposter)});
    std::string id = bench.enqueue(Bench::text("k1", "chat"));
    auto changed = bench.change([&](store::Database& db) {
        return db.execute("UPDATE deliveries SET state = 'delivered', settled_us = 1 WHERE id = '" + id +
                          "'");
    });
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().code, Code::kConflict);
}

TEST(Store, HoldsNoSecret) {
    Imposter imposter;
    imposter.answer({[](const net::Request& request) {
        return net::Response::text(404, "nothing at " + request.target);
    }});
    Bench bench;
    bench.start({telegram(imposter)});
    Delivery delivery = bench.settle(Bench::text("k1", "chat"));
    EXPECT_EQ(delivery.state, State::kFailed);
    EXPECT_THAT(delivery.why, testing::Not(HasSubstr("secret-token")));
    EXPECT_THAT(delivery.attempts.at(0).error, testing::Not(HasSubstr("secret-token")));
    EXPECT_THAT(bench.channels().at(0).last_error_text, testing::Not(HasSubstr("secret-token")));
}

}  // namespace
}  // namespace nightshift::delivery
