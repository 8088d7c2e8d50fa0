// Threads: one living message, in order, at most one delivery at a time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delivery/bench_for_test.h"

namespace nightshift::delivery {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

ChannelSpec discord(const Imposter& imposter) {
    ChannelSpec spec;
    spec.name = "chat";
    spec.kind = Kind::kDiscord;
    spec.url = Secret(imposter.url("/hooks/17/s3cr3t-path"));
    spec.timeout = std::chrono::milliseconds(5'000);
    return spec;
}

NewDelivery wish(Mode mode, std::string key, std::string channel = "chat") {
    NewDelivery delivery = Bench::text(key, std::move(channel));
    delivery.subject = "";
    delivery.text = std::move(key);
    delivery.mode = mode;
    delivery.thread = "alert-1";
    return delivery;
}

// Lets time pass until it is settled: channels keep a pace.
Delivery settle(Bench& bench, const std::string& id) {
    for (int i = 0; i < 2'000; ++i) {
        Delivery seen = bench.find(id);
        if (seen.settled) return seen;
        bench.clock.advance(seconds(1));
        bench.service().wake();
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    ADD_FAILURE() << "delivery " << id << " is not settled";
    return {};
}

void wait_for_requests(const Imposter& imposter, size_t count) {
    for (int i = 0; i < 5'000 && imposter.requests().size() < count; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    ASSERT_GE(imposter.requests().size(), count);
}

net::Response message(const std::string& id) {
    return net::Response::json(200, R"({"id":")" + id + R"(","channel_id":"99"})");
}
net::Response unknown_message() {
    return net::Response::json(404, R"({"message":"Unknown Message","code":10008})");
}

TEST(Thread, PostsEditsAndAnswersOneMessage) {
    Imposter imposter;
    imposter.answer({[](const auto&) { return message("m1"); }});
    Bench bench;
    bench.start({discord(imposter)});
    Delivery post = settle(bench, bench.enqueue(wish(Mode::kPost, "p")));
    Delivery edit = settle(bench, bench.enqueue(wish(Mode::kEdit, "e")));
    Delivery reply = settle(bench, bench.enqueue(wish(Mode::kReply, "r")));
    EXPECT_EQ(post.state, State::kDelivered);
    EXPECT_EQ(edit.state, State::kDelivered);
    EXPECT_EQ(edit.mode, Mode::kEdit);
    EXPECT_EQ(edit.thread, "alert-1");
    EXPECT_EQ(edit.receipt->identifier, "m1");
    EXPECT_EQ(reply.revision, 3);
    auto requests = imposter.requests();
    ASSERT_THAT(requests, SizeIs(3));
    EXPECT_EQ(requests[0].method, net::Method::kPost);
    EXPECT_EQ(requests[1].method, net::Method::kPatch);
    EXPECT_EQ(requests[1].path, "/hooks/17/s3cr3t-path/messages/m1");
    EXPECT_EQ(requests[2].method, net::Method::kPost);
}

TEST(Thread, LetsTheNewestEditStandForThoseThatWait) {
    Imposter imposter;
    imposter.answer({[](const auto&) { return message("m1"); }});
    imposter.hold();
    Bench bench;
    bench.start({discord(imposter)});
    std::string post = bench.enqueue(wish(Mode::kPost, "p"));
    wait_for_requests(imposter, 1);
    std::vector<std::string> edits;
    for (int i = 0; i < 5; ++i) edits.push_back(bench.enqueue(wish(Mode::kEdit, "e" + std::to_string(i))));
    EXPECT_FALSE(bench.find(edits.back()).next_attempt);
    imposter.release();
    EXPECT_EQ(settle(bench, edits.back()).state, State::kDelivered);
    for (size_t i = 0; i + 1 < edits.size(); ++i) {
        Delivery older = bench.find(edits[i]);
        EXPECT_EQ(older.state, State::kSuperseded);
        EXPECT_EQ(older.attempt_count, 0);
        EXPECT_THAT(older.why, HasSubstr("newer edit"));
    }
    auto requests = imposter.requests();
    ASSERT_THAT(requests, SizeIs(2));
    EXPECT_THAT(requests[1].body, HasSubstr("e4"));
    // The listener hears of what was sent, and nothing else waits.
    EXPECT_THAT(bench.settled(2), SizeIs(2));
    EXPECT_EQ(bench.retry(edits[0]).error().code, Code::kConflict);
}

TEST(Thread, KeepsTheOrderOfWhatIsNotAnEdit) {
    Imposter imposter;
    imposter.answer({[](const auto&) { return message("m1"); }});
    imposter.hold();
    Bench bench;
    bench.start({discord(imposter)});
    bench.enqueue(wish(Mode::kPost, "p0"));
    wait_for_requests(imposter, 1);
    std::string last;
    for (int i = 1; i < 6; ++i) last = bench.enqueue(wish(Mode::kReply, "r" + std::to_string(i)));
    imposter.release();
    settle(bench, last);
    auto requests = imposter.requests();
    ASSERT_THAT(requests, SizeIs(6));
    for (int i = 1; i < 6; ++i) {
        EXPECT_THAT(requests[static_cast<size_t>(i)].body, HasSubstr("r" + std::to_string(i)));
    }
}

TEST(Thread, DoesNotHoldUpOtherThreads) {
    Imposter imposter;
    imposter.answer({[](const auto&) { return net::Response::text(500, "oops"); },
                     [](const auto&) { return message("m2"); }});
    Bench bench;
    bench.start({discord(imposter)});
    std::string post = bench.enqueue(wish(Mode::kPost, "p"));
    bench.wait_for(post, [](const Delivery& seen) { return seen.attempt_count == 1 && seen.next_attempt; });
    std::string reply = bench.enqueue(wish(Mode::kReply, "r"));
    NewDelivery other = wish(Mode::kPost, "o");
    other.thread = "alert-2";
    EXPECT_EQ(bench.settle(other).state, State::kDelivered);
    // The reply waits for what it answers.
    EXPECT_EQ(bench.find(reply).attempt_count, 0);
    EXPECT_FALSE(bench.find(reply).next_attempt);
    EXPECT_EQ(settle(bench, reply).state, State::kDelivered);
    EXPECT_EQ(bench.find(post).state, State::kDelivered);
}

TEST(Thread, CreatesMessageByEditWhenItsPostFailed) {
    Imposter imposter;
    imposter.answer({[](const auto&) { return net::Response::text(403, "no"); },
                     [](const auto&) { return message("m2"); }});
    Bench bench;
    bench.start({discord(imposter)});
    std::string post = bench.enqueue(wish(Mode::kPost, "p"));
    EXPECT_EQ(settle(bench, post).state, State::kFailed);
    EXPECT_EQ(settle(bench, bench.enqueue(wish(Mode::kReply, "r"))).state, State::kDelivered);
    EXPECT_EQ(settle(bench, bench.enqueue(wish(Mode::kEdit, "e"))).receipt->identifier, "m2");
    settle(bench, bench.enqueue(wish(Mode::kEdit, "f")));
    auto requests = imposter.requests();
    ASSERT_THAT(requests, SizeIs(4));
    EXPECT_EQ(requests[2].method, net::Method::kPost);
    EXPECT_EQ(requests[3].method, net::Method::kPatch);
    // What the edit said since is newer than the post.
    EXPECT_EQ(bench.retry(post).error().code, Code::kConflict);
}

TEST(Thread, MakesMessageAnewOnceWhenItIsGone) {
    Imposter imposter;
    imposter.answer({[](const auto&) { return message("m1"); }, [](const auto&) { return unknown_message(); },
                     [](const auto&) { return message("m2"); }, [](const auto&) { return message("m2"); },
                     [](const auto&) { return unknown_message(); }});
    Bench bench;
    bench.start({discord(imposter)});
    settle(bench, bench.enqueue(wish(Mode::kPost, "p")));
    Delivery anew = settle(bench, bench.enqueue(wish(Mode::kEdit, "e1")));
    EXPECT_EQ(anew.state, State::kDelivered);
    EXPECT_EQ(anew.receipt->identifier, "m2");
    ASSERT_THAT(anew.attempts, SizeIs(2));
    EXPECT_EQ(anew.attempts[0].outcome, "uneditable");
    settle(bench, bench.enqueue(wish(Mode::kEdit, "e2")));
    Delivery refused = settle(bench, bench.enqueue(wish(Mode::kEdit, "e3")));
    EXPECT_EQ(refused.state, State::kFailed);
    EXPECT_THAT(refused.why, HasSubstr("once already"));
    auto requests = imposter.requests();
    ASSERT_THAT(requests, SizeIs(5));
    EXPECT_EQ(requests[2].method, net::Method::kPost);
    EXPECT_THAT(requests[3].path, HasSubstr("/messages/m2"));
    // A new post begins a new life.
    imposter.answer({[](const auto&) { return message("m3"); }, [](const auto&) { return unknown_message(); },
                     [](const auto&) { return message("m4"); }});
    settle(bench, bench.enqueue(wish(Mode::kPost, "p2")));
    EXPECT_EQ(settle(bench, bench.enqueue(wish(Mode::kEdit, "e4"))).receipt->identifier, "m4");
}

TEST(Thread, GoesOnWhereItsChannelLeads) {
    Imposter old_place;
    Imposter new_place;
    old_place.answer({[](const auto&) { return message("m1"); }});
    new_place.answer({[](const auto&) { return message("m2"); }});
    Bench bench;
    bench.start({discord(old_place)});
    settle(bench, bench.enqueue(wish(Mode::kPost, "p")));
    ASSERT_TRUE(bench.service().reload({discord(new_place)}));
    EXPECT_EQ(settle(bench, bench.enqueue(wish(Mode::kEdit, "e1"))).receipt->identifier, "m2");
    settle(bench, bench.enqueue(wish(Mode::kEdit, "e2")));
    EXPECT_THAT(old_place.requests(), SizeIs(1));
    auto requests = new_place.requests();
    ASSERT_THAT(requests, SizeIs(2));
    EXPECT_EQ(requests[0].method, net::Method::kPost);
    EXPECT_EQ(requests[1].method, net::Method::kPatch);
}

TEST(Thread, SkipsEditsThatTheChannelCannotShow) {
    Imposter imposter;
    imposter.answer(200, R"({"id":"n1","event":"message"})");
    ChannelSpec ntfy;
    ntfy.name = "push";
    ntfy.kind = Kind::kNtfy;
    ntfy.url = Secret(imposter.url());
    ntfy.target = "ops-7f3a9";
    Bench bench;
    bench.start({ntfy});
    settle(bench, bench.enqueue(wish(Mode::kPost, "p", "push")));
    Delivery edit = settle(bench, bench.enqueue(wish(Mode::kEdit, "e", "push")));
    EXPECT_EQ(edit.state, State::kSuperseded);
    EXPECT_EQ(edit.why, "this channel cannot edit; the next reply tells the state");
    EXPECT_EQ(settle(bench, bench.enqueue(wish(Mode::kReply, "r", "push"))).state, State::kDelivered);
    EXPECT_THAT(imposter.requests(), SizeIs(2));
}

TEST(Thread, GivesTheProviderItsPatienceWhenAnEditIsReplaced) {
    Imposter imposter;
    imposter.answer({[](const auto&) { return message("m1"); },
                     [](const auto&) {
                         net::Response slow = net::Response::text(503, "down");
                         slow.headers.add("Retry-After", "120");
                         return slow;
                     },
                     [](const auto&) { return message("m1"); }});
    Bench bench;
    bench.start({discord(imposter)});
    settle(bench, bench.enqueue(wish(Mode::kPost, "p")));
    std::string first = bench.enqueue(wish(Mode::kEdit, "e1"));
    Delivery waiting = bench.wait_for(
        first, [](const Delivery& seen) { return seen.attempt_count == 1 && seen.next_attempt; });
    std::string second = bench.enqueue(wish(Mode::kEdit, "e2"));
    EXPECT_EQ(bench.find(first).state, State::kSuperseded);
    EXPECT_EQ(bench.find(second).next_attempt, waiting.next_attempt);
    EXPECT_EQ(settle(bench, second).state, State::kDelivered);
}

TEST(Thread, SendsEditAgainThatMayHaveArrived) {
    Imposter imposter;
    imposter.answer({[](const auto&) { return message("m1"); }});
    Bench bench;
    bench.start({discord(imposter)});
    settle(bench, bench.enqueue(wish(Mode::kPost, "p")));
    imposter.hold();
    std::string edit = bench.enqueue(wish(Mode::kEdit, "e"));
    wait_for_requests(imposter, 2);
    bench.kill();
    imposter.release();
    bench.start({discord(imposter)});
    EXPECT_EQ(bench.find(edit).state, State::kUnknown);
    // A newer one waits until that is settled.
    std::string newer = bench.enqueue(wish(Mode::kEdit, "f"));
    EXPECT_EQ(settle(bench, newer).state, State::kDelivered);
    EXPECT_EQ(bench.find(edit).state, State::kDelivered);
    auto requests = imposter.requests();
    ASSERT_THAT(requests, SizeIs(4));
    EXPECT_THAT(requests[2].body, HasSubstr("\"e\""));
    EXPECT_THAT(requests[3].body, HasSubstr("\"f\""));
}

TEST(Thread, LeavesUnknownPostAndMakesAnotherByEdit) {
    Imposter imposter;
    imposter.answer({[](const auto&) { return message("m2"); }});
    imposter.hold();
    Bench bench;
    bench.start({discord(imposter)});
    std::string post = bench.enqueue(wish(Mode::kPost, "p"));
    wait_for_requests(imposter, 1);
    std::string edit = bench.enqueue(wish(Mode::kEdit, "e"));
    bench.kill();
    imposter.release();
    bench.start({discord(imposter)});
    EXPECT_EQ(settle(bench, edit).receipt->identifier, "m2");
    EXPECT_EQ(bench.find(post).state, State::kUnknown);
    EXPECT_EQ(imposter.requests()[1].method, net::Method::kPost);
}

TEST(Thread, SettlesAllOfAThreadWhoseChannelIsGone) {
    Imposter imposter;
    Bench bench;
    bench.open({discord(imposter)});
    bench.enqueue(wish(Mode::kPost, "p", "nowhere"));
    bench.enqueue(wish(Mode::kReply, "r1", "nowhere"));
    std::string last = bench.enqueue(wish(Mode::kReply, "r2", "nowhere"));
    bench.service().start();
    EXPECT_THAT(bench.settled(3), SizeIs(3));
    EXPECT_EQ(bench.find(last).state, State::kFailed);
}

TEST(Thread, SendsReplyAgainWhenAPersonSaysSo) {
    Imposter imposter;
    imposter.answer({[](const auto&) { return message("m1"); },
                     [](const auto&) { return net::Response::text(403, "no"); },
                     [](const auto&) { return message("m1"); }});
    Bench bench;
    bench.start({discord(imposter)});
    settle(bench, bench.enqueue(wish(Mode::kPost, "p")));
    std::string reply = bench.enqueue(wish(Mode::kReply, "r"));
    EXPECT_EQ(settle(bench, reply).state, State::kFailed);
    settle(bench, bench.enqueue(wish(Mode::kEdit, "e")));
    EXPECT_TRUE(bench.retry(reply));
    Delivery again = settle(bench, reply);
    EXPECT_EQ(again.state, State::kDelivered);
    EXPECT_EQ(again.revision, 4);
}

// Kills while edits go out to a provider that answers well, badly or not at all.
TEST(Thread, ShowsTheNewestEditWhereverItIsKilled) {
    Random random(7);
    std::mutex mutex;
    std::string shown;
    Imposter imposter;
    imposter.answer({[&](const net::Request& request) {
        std::lock_guard lock(mutex);
        uint64_t luck = request.method == net::Method::kPatch ? random.below(10) : 9;
        if (luck < 2) return net::Response::text(500, "oops");
        size_t at = request.body.find("text-");
        shown = request.body.substr(at, 8);
        if (luck < 4) return net::Response::text(502, "bad gateway");
        return message("m1");
    }});
    Bench bench;
    bench.start({discord(imposter)});
    settle(bench, bench.enqueue(wish(Mode::kPost, "text-000")));
    std::vector<std::string> ids;
    for (int round = 0; round < 6; ++round) {
        for (int i = 0; i < 8; ++i) {
            ids.push_back(bench.enqueue(wish(Mode::kEdit, fmt::format("text-{:03}", ids.size() + 1))));
            bench.clock.advance(seconds(3));
            bench.service().wake();
            std::this_thread::sleep_for(std::chrono::milliseconds(3));
        }
        bench.kill();
        bench.start({discord(imposter)});
    }
    EXPECT_EQ(settle(bench, ids.back()).state, State::kDelivered);
    EXPECT_EQ(shown, fmt::format("text-{:03}", ids.size()));
    int posts = 0;
    for (const net::Request& each : imposter.requests()) posts += each.method == net::Method::kPost ? 1 : 0;
    EXPECT_EQ(posts, 1);
    for (const std::string& id : ids) {
        State state = bench.find(id).state;
        EXPECT_TRUE(state == State::kDelivered || state == State::kSuperseded) << to_string(state);
    }
}

}  // namespace
}  // namespace nightshift::delivery
