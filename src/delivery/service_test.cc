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

TEST(Service, FailsWhatNamesNoChannel) {
    Imposter imposter;
    Bench bench;
    bench.start({Bench::webhook(imposter)});
    Delivery delivery = bench.settle(Bench::text("k1", "nowhere"));
    EXPECT_EQ(delivery.state, State::kFailed);
    EXPECT_THAT(delivery.why, HasSubstr("no channel nowhere"));
}

TEST(Service, RefusesWhatSaysNothing) {
    Imposter imposter;
    Bench bench;
    bench.open({Bench::webhook(imposter)});
    NewDelivery empty = Bench::text("k1");
    empty.subject = " ";
    empty.text = "\n";
    EXPECT_EQ(bench.try_enqueue(empty).error().code, Code::kInvalid);
    EXPECT_EQ(bench.try_enqueue(Bench::text("")).error().code, Code::kInvalid);
    EXPECT_EQ(bench.try_enqueue(Bench::text(std::string(kKeyBytesMax + 1, 'k'))).error().code,
              Code::kInvalid);
}

TEST(Service, RefusesMoreThanATenantMayHaveWaiting) {
    Imposter imposter;
    Bench bench;
    bench.open({Bench::webhook(imposter)});
    ASSERT_TRUE(bench.change([&](store::Database& db) -> Result<void> {
        NewDelivery edit = Bench::text("edit");
        edit.thread = "a";
        edit.mode = Mode::kEdit;
        NS_TRY([[maybe_unused]] auto first, Service::enqueue(db, edit, bench.clock.now()));
        for (int i = 1; i < kWaitingMax; ++i) {
            NS_TRY([[maybe_unused]] auto id,
                   Service::enqueue(db, Bench::text("k" + std::to_string(i)), bench.clock.now()));
        }
        return {};
    }));
    auto refused = bench.try_enqueue(Bench::text("one more"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kLimit);
    NewDelivery newer = Bench::text("newer edit");
    newer.thread = "a";
    newer.mode = Mode::kEdit;
    EXPECT_TRUE(bench.try_enqueue(newer));  // in the place of the one that waits
    // What is known is no addition, and another tenant has room of its own.
    EXPECT_TRUE(bench.try_enqueue(Bench::text("k5")));
    NewDelivery other = Bench::text("one more");
    other.tenant = "t2";
    EXPECT_TRUE(bench.try_enqueue(other));
}

TEST(Service, ReplacesInvalidText) {
    Imposter imposter;
    imposter.answer(200, "{}");
    Bench bench;
    bench.start({Bench::webhook(imposter)});
    NewDelivery odd = Bench::text("k1");
    odd.text = "caf\xe9";
    odd.subject = std::string(5'000, 's');
    Delivery delivery = bench.settle(odd);
    EXPECT_EQ(delivery.text, "caf\xEF\xBF\xBD");
    EXPECT_LE(delivery.subject.size(), kSubjectBytesMax);
    EXPECT_TRUE(delivery.subject.ends_with("…"));
}

TEST(Service, SendsNoMoreAtOnceThanTheChannelTakes) {
    Imposter imposter;
    imposter.answer(200, "{}");
    imposter.hold();
    Bench bench;
    bench.start({Bench::webhook(imposter)});
    for (int i = 0; i < 50; ++i) bench.enqueue(Bench::text("k" + std::to_string(i)));
    for (int i = 0; i < 5'000 && imposter.requests().size() < 32; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    imposter.release();
    EXPECT_THAT(bench.settled(50), SizeIs(50));
    EXPECT_EQ(imposter.held_max(), 32U);
    EXPECT_THAT(imposter.requests(), SizeIs(50));
}

TEST(Service, DoesNotLetOneChannelWaitForAnother) {
    Imposter slow;
    Imposter quick;
    slow.answer(200, "{}");
    slow.hold();
    quick.answer(200, "{}");
    Bench bench;
    ChannelSpec other = Bench::webhook(quick);
    other.name = "quick";
    bench.start({Bench::webhook(slow), other});
    for (int i = 0; i < 10; ++i) bench.enqueue(Bench::text("k" + std::to_string(i)));
    EXPECT_EQ(bench.settle(Bench::text("q", "quick")).state, State::kDelivered);
    slow.release();
    bench.settled(11);
}

TEST(Service, LetsHangingChannelsTakeNoOthersPlace) {
    Imposter slow;
    Imposter quick;
    slow.answer(200, "{}");
    slow.hold();
    quick.answer(200, "{}");
    Bench bench;
    std::vector<ChannelSpec> specs{Bench::webhook(quick)};
    for (int channel = 0; channel < 3; ++channel) {
        specs.push_back(Bench::webhook(slow));
        specs.back().name = fmt::format("slow{}", channel);
    }
    bench.start(specs);
    for (int i = 0; i < 40; ++i) {
        for (int channel = 0; channel < 3; ++channel) {
            bench.enqueue(Bench::text(fmt::format("k{}-{}", channel, i), fmt::format("slow{}", channel)));
        }
    }
    for (int i = 0; i < 5'000 && slow.requests().size() < kSendingMax; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    EXPECT_EQ(bench.settle(Bench::text("q")).state, State::kDelivered);
    EXPECT_GE(slow.requests().size(), kSendingMax);
    slow.release();
    bench.settled(121);
}

TEST(Service, SendsAgainWhenAPersonSaysSo) {
    Imposter imposter;
    imposter.answer({[](const auto&) { return net::Response::text(403, "no"); },
                     [](const auto&) { return net::Response::text(200, "taken"); }});
    Bench bench;
    bench.start({Bench::webhook(imposter)});
    Delivery failed = bench.settle(Bench::text("k1"));
    ASSERT_EQ(failed.state, State::kFailed);
    EXPECT_TRUE(bench.retry(failed.id));
    Delivery delivered = bench.settled(2).back();
    EXPECT_EQ(delivered.id, failed.id);
    EXPECT_EQ(delivered.state, State::kDelivered);
    EXPECT_EQ(bench.retry(failed.id).error().code, Code::kConflict);
    EXPECT_EQ(bench.retry("dlv_none").error().code, Code::kNotFound);
}

TEST(Service, ListsByWhatItIsAbout) {
    Imposter imposter;
    imposter.answer(200, "{}");
    Bench bench;
    bench.start({Bench::webhook(imposter)});
    for (int i = 0; i < 5; ++i) {
        NewDelivery each = Bench::text("k" + std::to_string(i));
        if (i == 4) each.about = "run:r2";
        bench.enqueue(each);
        bench.clock.advance(seconds(1));
    }
    bench.settled(5);
    Filter filter;
    filter.tenant = "t1";
    filter.about = "run:r1";
    filter.limit = 3;
    Page first = bench.list(filter);
    ASSERT_THAT(first.deliveries, SizeIs(3));
    EXPECT_EQ(first.deliveries[0].key, "k3");
    filter.cursor = first.cursor;
    Page second = bench.list(filter);
    ASSERT_THAT(second.deliveries, SizeIs(1));
    EXPECT_EQ(second.deliveries[0].key, "k0");
    EXPECT_EQ(second.cursor, "");
    filter.cursor = "";
    filter.state = State::kFailed;
    EXPECT_THAT(bench.list(filter).deliveries, SizeIs(0));
    filter.state.reset();
    filter.tenant = "t2";
    EXPECT_THAT(bench.list(filter).deliveries, SizeIs(0));
}

TEST(Service, ShowsHowItsChannelsAre) {
    Imposter imposter;
    imposter.answer({[](const auto&) { return net::Response::text(200, "taken"); },
                     [](const auto&) { return net::Response::text(410, "gone"); },
                     [](const auto&) { return with_retry_after(429, "60"); }});
    Bench bench;
    bench.start({Bench::webhook(imposter)});
    bench.settle(Bench::text("k1"));
    bench.settle(Bench::text("k2"));
    std::string id = bench.enqueue(Bench::text("k3"));
    bench.wait_for(id, [](const Delivery& seen) { return seen.attempt_count == 1 && seen.next_attempt; });
    std::vector<ChannelHealth> health = bench.channels();
    ASSERT_THAT(health, SizeIs(1));
    EXPECT_EQ(health[0].name, "hook");
    EXPECT_TRUE(health[0].is_configured);
    EXPECT_EQ(health[0].delivered_total, 1U);
    EXPECT_EQ(health[0].failed_total, 1U);
    EXPECT_EQ(health[0].waiting, 1U);
    EXPECT_TRUE(health[0].last_receipt);
    EXPECT_THAT(health[0].last_error_text, HasSubstr("429"));
    EXPECT_TRUE(health[0].paused_until);
}

TEST(Service, TakesNewChannelsWhileItSends) {
    Imposter old_place;
    old_place.answer({[](const auto&) { return net::Response::text(200, "taken"); }});
    Imposter new_place;
    new_place.answer({[](const auto&) { return net::Response::text(200, "taken"); }});
    Bench bench;
    bench.start({Bench::webhook(old_place)});
    bench.settle(Bench::text("k1"));
    ASSERT_TRUE(bench.service().reload({Bench::webhook(new_place)}));
    bench.settle(Bench::text("k2"));
    EXPECT_THAT(old_place.requests(), SizeIs(1));
    EXPECT_THAT(new_place.requests(), SizeIs(1));
    EXPECT_FALSE(bench.service().reload({Bench::webhook(new_place), Bench::webhook(new_place)}));
    ASSERT_TRUE(bench.service().reload({}));
    Delivery refused = bench.settle(Bench::text("k3"));
    EXPECT_EQ(refused.state, State::kFailed);
    EXPECT_THAT(refused.why, HasSubstr("no channel"));
}

TEST(Service, FollowsClockThatIsSetBack) {
    Imposter imposter;
    imposter.answer({[](const auto&) { return net::Response::text(500, "oops"); },
                     [](const auto&) { return net::Response::text(200, "taken"); }});
    Bench bench;
    bench.start({Bench::webhook(imposter)});
    std::string id = bench.enqueue(Bench::text("k1"));
    bench.wait_for(id, [](const Delivery& seen) { return seen.attempt_count == 1 && seen.next_attempt; });
    bench.clock.advance(-std::chrono::hours(2));
    bench.service().wake();
    Time start = bench.clock.now();
    bench.wait_for(
        id, [&](const Delivery& seen) { return seen.settled || *seen.next_attempt < start + seconds(10); });
    bench.clock.advance(seconds(10));
    bench.service().wake();
    EXPECT_EQ(bench.settled(1).front().state, State::kDelivered);
}

TEST(Service, ForgetsWhatIsOld) {
    Imposter imposter;
    imposter.answer(200, "{}");
    Bench bench;
    bench.start({Bench::webhook(imposter)});
    std::string old = bench.settle(Bench::text("k1")).id;
    bench.clock.advance(std::chrono::hours(20 * 24));
    std::string recent = bench.settle(Bench::text("k2")).id;
    bench.clock.advance(std::chrono::hours(11 * 24));
    bench.kill();
    bench.start({Bench::webhook(imposter)});
    for (int i = 0; i < 5'000 && bench.service().stats().pruned_total == 0; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    Filter filter;
    filter.tenant = "t1";
    Page page = bench.list(filter);
    ASSERT_THAT(page.deliveries, SizeIs(1));
    EXPECT_EQ(page.deliveries[0].id, recent);
    EXPECT_NE(old, recent);
}

}  // namespace
}  // namespace nightshift::delivery
