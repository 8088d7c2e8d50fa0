#include "delivery/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delivery/bench_for_test.h"
#include "delivery/limits.h"

namespace nightshift::delivery {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

net::Response with_retry_after(int status, std::string seconds) {
    net::Response response = net::Response::text(status, "slow down");
    response.headers.add("Retry-After", seconds);
    return response;
}

TEST(Service, DeliversWithReceipt) {
    Imposter imposter;
    imposter.answer(200, R"({"id":"m-1"})");
    Bench bench;
    bench.start({Bench::webhook(imposter)});
    Delivery delivery = bench.settle(Bench::text("k1"));
    EXPECT_EQ(delivery.state, State::kDelivered);
    ASSERT_TRUE(delivery.receipt);
    EXPECT_EQ(delivery.receipt->provider, "webhook");
    EXPECT_THAT(delivery.receipt->identifier, HasSubstr("200:sha256:"));
    EXPECT_EQ(delivery.receipt->proof, Proof::kAnswer);
    ASSERT_THAT(delivery.attempts, SizeIs(1));
    EXPECT_EQ(delivery.attempts[0].outcome, "delivered");
    EXPECT_EQ(delivery.attempts[0].status, 200);
    EXPECT_TRUE(delivery.attempts[0].ended);
    EXPECT_THAT(bench.settled(1), SizeIs(1));
}

TEST(Service, SendsOnceForOneKey) {
    Imposter imposter;
    imposter.answer(200, "{}");
    Bench bench;
    bench.start({Bench::webhook(imposter)});
    std::string first = bench.enqueue(Bench::text("k1"));
    NewDelivery again = Bench::text("k1");
    again.text = "other words";
    EXPECT_EQ(bench.enqueue(again), first);
    bench.settled(1);
    EXPECT_EQ(bench.enqueue(again), first);
    bench.settle(Bench::text("k2"));
    EXPECT_THAT(imposter.requests(), SizeIs(2));
}

TEST(Service, KeepsKeysOfTenantsApart) {
    Imposter imposter;
    imposter.answer(200, "{}");
    Bench bench;
    bench.start({Bench::webhook(imposter)});
    NewDelivery other = Bench::text("k1");
    other.tenant = "t2";
    EXPECT_NE(bench.enqueue(Bench::text("k1")), bench.enqueue(other));
    bench.settled(2);
}

TEST(Service, RetriesAfterServerError) {
    Imposter imposter;
    imposter.answer({[](const auto&) { return net::Response::text(500, "oops"); },
                     [](const auto&) { return net::Response::text(200, "taken"); }});
    Bench bench;
    bench.start({Bench::webhook(imposter)});
    std::string id = bench.enqueue(Bench::text("k1"));
    Delivery waiting = bench.pass_to_next_attempt(id, 1);
    EXPECT_EQ(waiting.state, State::kQueued);
    EXPECT_THAT(waiting.why, HasSubstr("answered 500: oops"));
    Delivery delivery = bench.settled(1).front();
    EXPECT_EQ(delivery.state, State::kDelivered);
    EXPECT_EQ(delivery.attempt_count, 2);
}

TEST(Service, WaitsAsLongAsTheProviderAsks) {
    Imposter imposter;
    imposter.answer({[](const auto&) { return with_retry_after(429, "120"); },
                     [](const auto&) { return net::Response::text(200, "taken"); }});
    Bench bench;
    bench.start({Bench::webhook(imposter)});
    Time start = bench.clock.now();
    std::string id = bench.enqueue(Bench::text("k1"));
    Delivery waiting =
        bench.wait_for(id, [](const Delivery& seen) { return seen.attempt_count == 1 && seen.next_attempt; });
    EXPECT_GE(*waiting.next_attempt, start + seconds(120));
    EXPECT_LE(*waiting.next_attempt, start + seconds(133));
    // Others of that channel wait as well.
    std::string other = bench.enqueue(Bench::text("k2"));
    bench.clock.advance(seconds(119));
    bench.service().wake();
    EXPECT_EQ(bench.find(other).attempt_count, 0);
    EXPECT_THAT(imposter.requests(), SizeIs(1));
    bench.clock.advance(seconds(15));
    bench.service().wake();
    EXPECT_THAT(bench.settled(2), SizeIs(2));
    EXPECT_EQ(bench.service().stats().rate_limited_total, 1U);
}

TEST(Service, FailsForGoodWhenRefused) {
    Imposter imposter;
    imposter.answer(400, "no such field");
    Bench bench;
    bench.start({Bench::webhook(imposter)});
    Delivery delivery = bench.settle(Bench::text("k1"));
    EXPECT_EQ(delivery.state, State::kFailed);
    EXPECT_FALSE(delivery.receipt);
    EXPECT_THAT(delivery.why, HasSubstr("answered 400: no such field"));
    EXPECT_THAT(imposter.requests(), SizeIs(1));
}

TEST(Service, GivesUpAfterTheLastAttempt) {
    Imposter imposter;
    imposter.answer(503, "down");
    Bench bench;
    ChannelSpec spec = Bench::webhook(imposter);
    spec.attempts_max = 3;
    bench.start({spec});
    std::string id = bench.enqueue(Bench::text("k1"));
    bench.pass_to_next_attempt(id, 1);
    bench.pass_to_next_attempt(id, 2);
    Delivery delivery = bench.settled(1).front();
    EXPECT_EQ(delivery.state, State::kFailed);
    EXPECT_THAT(delivery.why, HasSubstr("gave up after 3 attempts"));
    EXPECT_THAT(imposter.requests(), SizeIs(3));
}

TEST(Service, DoesNotSendWhatIsTooOld) {
    Imposter imposter;
    imposter.answer(200, "{}");
    Bench bench;
    bench.open({Bench::webhook(imposter)});
    std::string id = bench.enqueue(Bench::text("k1"));
    bench.clock.advance(std::chrono::hours(25));
    bench.service().start();
    Delivery delivery = bench.settled(1).front();
    EXPECT_EQ(delivery.id, id);
    EXPECT_EQ(delivery.state, State::kFailed);
    EXPECT_THAT(imposter.requests(), SizeIs(0));
}

}  // namespace
}  // namespace nightshift::delivery
