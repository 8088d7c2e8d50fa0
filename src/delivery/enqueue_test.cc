// What the outbox takes and refuses, and what it makes of the tables of an earlier version.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delivery/bench_for_test.h"
#include "delivery/limits.h"
#include "delivery/schema.h"
#include "delivery/store.h"

namespace nightshift::delivery {
namespace {

using testing::HasSubstr;

TEST(Enqueue, RefusesWhatCannotBeMeant) {
    Imposter imposter;
    Bench bench;
    bench.open({Bench::webhook(imposter)});
    auto refusal = [&](const std::function<void(NewDelivery&)>& spoil) {
        NewDelivery delivery = Bench::text("k1");
        delivery.thread = "a";
        spoil(delivery);
        auto refused = bench.try_enqueue(delivery);
        if (refused) return std::string("taken");
        EXPECT_EQ(refused.error().code, Code::kInvalid);
        return refused.error().message;
    };
    EXPECT_THAT(refusal([](NewDelivery& it) {
                    it.thread = "";
                    it.mode = Mode::kEdit;
                }),
                HasSubstr("thread"));
    EXPECT_THAT(refusal([](NewDelivery& it) { it.thread = std::string(kThreadBytesMax + 1, 't'); }),
                HasSubstr("thread"));
    EXPECT_THAT(refusal([](NewDelivery& it) { it.thread = "caf\xe9"; }), HasSubstr("thread"));
    EXPECT_THAT(refusal([](NewDelivery& it) { it.severity = "fatal"; }), HasSubstr("severity"));
    EXPECT_THAT(refusal([](NewDelivery& it) { it.payload = "[1]"; }), HasSubstr("JSON object"));
    EXPECT_THAT(refusal([](NewDelivery& it) { it.payload = "{\"a\":"; }), HasSubstr("JSON object"));
    EXPECT_THAT(refusal([](NewDelivery& it) {
                    it.payload = "{\"a\":\"" + std::string(kPayloadBytesMax, 'x') + "\"}";
                }),
                HasSubstr("at most"));
    for (const char* url : {"", "javascript:alert(1)", "http://x.y/a b", "ws://x.y", "http://x.y/\r\nX: y"}) {
        EXPECT_THAT(refusal([&](NewDelivery& it) { it.links = {{"Open", url}}; }), HasSubstr("link")) << url;
    }
    EXPECT_THAT(refusal([](NewDelivery& it) { it.links = {{" ", "http://x.y"}}; }), HasSubstr("label"));
    EXPECT_THAT(refusal([](NewDelivery& it) { it.links.assign(kLinksMax + 1, {"Open", "http://x.y"}); }),
                HasSubstr("links"));
    EXPECT_EQ(refusal([](NewDelivery& it) { it.links = {{"Open", "http://x.y"}}; }), "taken");
}

TEST(Enqueue, CountsWhatWaitsHoweverItEnds) {
    Imposter imposter;
    imposter.answer({[](const auto&) { return net::Response::text(403, "no"); },
                     [](const auto&) { return net::Response::text(200, "taken"); }});
    Bench bench;
    bench.start({Bench::webhook(imposter)});
    auto waiting = [&] {
        uint64_t count = 0;
        EXPECT_TRUE(bench.change([&](store::Database& db) -> Result<void> {
            NS_TRY(count, count_waiting(db));
            return {};
        }));
        return count;
    };
    std::string failed = bench.settle(Bench::text("k1")).id;
    EXPECT_EQ(waiting(), 0U);
    bench.kill();
    bench.open({Bench::webhook(imposter)});
    NewDelivery edit = Bench::text("k2");
    edit.thread = "a";
    edit.mode = Mode::kEdit;
    bench.enqueue(edit);
    edit.key = "k3";
    bench.enqueue(edit);  // in the place of the one before
    EXPECT_EQ(waiting(), 1U);
    EXPECT_TRUE(bench.retry(failed));
    EXPECT_EQ(waiting(), 2U);
    bench.service().start();
    bench.settled(3);
    EXPECT_EQ(waiting(), 0U);
}

TEST(Schema, TakesOverWhatVersionOneHas) {
    auto db = store::Database::open(":memory:");
    ASSERT_TRUE(db);
    std::vector<store::Migration> all = delivery_migrations();
    ASSERT_TRUE(store::migrate(*db, "delivery", {all[0]}));
    auto filled = db->execute(
        "INSERT INTO deliveries (id, tenant, key, channel, subject, text, about, state, created_us, attempts,"
        " next_attempt_us) VALUES ('dlv_1', 't1', 'k1', 'hook', 's', 'x', 'run:r', 'queued', 5, 1, 9);"
        "INSERT INTO deliveries (id, tenant, key, channel, subject, text, about, state, created_us,"
        " settled_us, receipt_provider, receipt_identifier, receipt_place, receipt_detail, receipt_proof,"
        " receipt_us) VALUES ('dlv_2', 't1', 'k2', 'hook', 's', 'x', '', 'delivered', 5, 6, 'webhook', 'm-1',"
        " '', '', 'answer', 6);"
        "INSERT INTO delivery_attempts (delivery, number, is_read_back, started_us, ended_us, outcome)"
        " VALUES ('dlv_1', 1, 0, 6, 7, 'transient')");
    ASSERT_TRUE(filled) << filled.error().message;
    ASSERT_TRUE(migrate_deliveries(*db));
    auto waits = select_delivery(*db, "t1", "dlv_1");
    ASSERT_TRUE(waits);
    EXPECT_EQ(waits->mode, Mode::kPost);
    EXPECT_EQ(waits->thread, "");
    ASSERT_EQ(waits->attempts.size(), 1U);
    EXPECT_EQ(waits->attempts[0].outcome, "transient");
    EXPECT_EQ(select_delivery(*db, "t1", "dlv_2")->receipt->identifier, "m-1");
    EXPECT_EQ(count_waiting(*db).value_or(99), 1U);
    // Attempts still belong to their delivery, and what is waiting is still counted.
    ASSERT_TRUE(db->execute("DELETE FROM deliveries WHERE id = 'dlv_1'"));
    auto left = db->prepare("SELECT count(*) FROM delivery_attempts");
    ASSERT_TRUE(left->step());
    EXPECT_EQ(left->integer(0), 0);
    EXPECT_EQ(count_waiting(*db).value_or(99), 0U);
}

}  // namespace
}  // namespace nightshift::delivery
