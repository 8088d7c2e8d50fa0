#include "live/hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "live/test_client.h"
#include "live/test_server.h"
#include "live/types.h"

// The hub on real sockets.
namespace nightshift::live {
namespace {

using testing::HasSubstr;

Options quick() {
    Options options;
    options.interval = std::chrono::milliseconds(10);
    return options;
}

struct HubTest : testing::TestWithParam<Transport> {};
INSTANTIATE_TEST_SUITE_P(Transports, HubTest,
                         testing::Values(Transport::kWebSocket, Transport::kEventStream));

TEST_P(HubTest, ShowsASnapshotAndThenWhatChanges) {
    LiveServer server(quick());
    server.hub->put("default", "fleet", "a", state_item("a", 1));
    server.hub->put("default", "fleet", "b", state_item("b", 1));
    Peer peer(server, GetParam());
    peer.connect("fleet,events");
    ASSERT_TRUE(peer.is_ready("fleet"));
    EXPECT_EQ(peer.reader.topic("fleet").items.size(), 2u);
    ASSERT_TRUE(peer.is_ready("events"));
    server.hub->put("default", "fleet", "a", state_item("a", 2));
    server.hub->remove("default", "fleet", "b");
    server.hub->append("default", "events", log_item(1));
    server.hub->append("default", "events", log_item(2));
    EXPECT_TRUE(peer.has_log("events", 2));
    EXPECT_TRUE(peer.knows("fleet", "a", state_item("a", 2)));
    EXPECT_TRUE(peer.read_until([&] { return peer.reader.topic("fleet").items.size() == 1; }));
    EXPECT_TRUE(peer.read_until([&] { return !peer.reader.said_token().empty(); }));
    peer.expect_no_errors();
}

TEST_P(HubTest, ResumesWithoutLosingOrDoublingAnEvent) {
    LiveServer server(quick());
    Peer witness(server, Transport::kWebSocket);  // keeps the log alive and shows when all is out
    witness.connect("events");
    ASSERT_TRUE(witness.is_ready("events"));
    Peer peer(server, GetParam());
    uint64_t n = 0;
    for (int round = 0; round < 20; ++round) {
        bool is_socket = GetParam() == Transport::kWebSocket;
        peer.connect("events", round == 0  ? ""
                               : is_socket ? peer.reader.own_token()
                                           : peer.reader.said_token());
        ASSERT_TRUE(peer.is_ready("events"));
        for (int i = 0; i < 5; ++i) server.hub->append("default", "events", log_item(++n));
        if (round % 2 == 0) {
            ASSERT_TRUE(peer.has_log("events", n));
        }
        peer.disconnect();
        for (int i = 0; i < 5; ++i) server.hub->append("default", "events", log_item(++n));
        ASSERT_TRUE(witness.has_log("events", n));
    }
    peer.connect("events",
                 GetParam() == Transport::kWebSocket ? peer.reader.own_token() : peer.reader.said_token());
    ASSERT_TRUE(peer.has_log("events", n));
    EXPECT_EQ(peer.reader.topic("events").snapshots, 1u);
    EXPECT_EQ(peer.reader.topic("events").resumed, 20u);
    EXPECT_EQ(peer.reader.topic("events").log.size(), n);
    peer.expect_no_errors();
    EXPECT_GE(server.hub->stats().resumed_total, 20u);
}

TEST_P(HubTest, SaysByeAndClosesWhenItStops) {
    auto server = std::make_unique<LiveServer>(quick());
    Peer peer(*server, GetParam());
    peer.connect("fleet");
    ASSERT_TRUE(peer.is_ready("fleet"));
    std::thread reader([&] { peer.read_to_end(); });
    server->hub.reset();
    server->server->stop();
    reader.join();
    ASSERT_TRUE(peer.reader.bye_retry_ms().has_value());
    EXPECT_GT(*peer.reader.bye_retry_ms(), 0u);
    if (GetParam() == Transport::kWebSocket) {
        EXPECT_EQ(peer.reader.close_code(), kCloseRestart);
    }
    peer.expect_no_errors();
}

TEST_P(HubTest, PutsASlowReaderBackToASnapshotAndStaysSmall) {
    Options options = quick();
    options.client_queue_bytes_max = 64u << 10;
    LiveServer server(options);
    Peer peer(server, GetParam());
    peer.connect("fleet", "", "", 4096);
    ASSERT_TRUE(peer.is_ready("fleet"));
    // One key changes again and again while nobody reads; far more bytes than any socket takes.
    uint64_t value = 0;
    ASSERT_TRUE(wait_until([&] {
        for (int i = 0; i < 4; ++i) {
            server.hub->put("default", "fleet", std::to_string(i),
                            state_item(std::to_string(i), ++value, 10'000));
        }
        EXPECT_LE(server.hub->stats().queued_bytes, options.client_queue_bytes_max + 100'000);
        return value > 4000 && server.hub->stats().queued_bytes > 0;
    }));
    EXPECT_TRUE(peer.knows("fleet", "3", state_item("3", value, 10'000)));
    EXPECT_GT(server.hub->stats().fell_behind_total, 0u);
    EXPECT_EQ(peer.reader.topic("fleet").items.size(), 4u);
    peer.expect_no_errors();
}

TEST_P(HubTest, ClosesAClientThatTakesNothing) {
    Options options = quick();
    options.client_queue_bytes_max = 64u << 10;
    options.stalled_after = std::chrono::seconds(1);
    LiveServer server(options);
    Peer peer(server, GetParam());
    peer.connect("fleet", "", "", 4096);
    ASSERT_TRUE(peer.is_ready("fleet"));
    uint64_t value = 0;
    EXPECT_TRUE(wait_until([&] {
        server.hub->put("default", "fleet", "a", state_item("a", ++value, 30'000));
        return server.hub->stats().stalled_total == 1 && server.hub->stats().clients == 0;
    }));
    EXPECT_TRUE(peer.read_to_end());
}

TEST_P(HubTest, ShowsATenantItsOwnTopicsOnly) {
    LiveServer server(quick());
    Peer mine(server, GetParam());
    Peer theirs(server, GetParam());
    mine.connect("fleet,events", "", "Tenant: mine\r\n");
    theirs.connect("fleet,events", "", "Tenant: theirs\r\n");
    ASSERT_TRUE(mine.is_ready("events"));
    ASSERT_TRUE(theirs.is_ready("events"));
    server.hub->put("mine", "fleet", "a", state_item("a", 1));
    server.hub->append("mine", "events", log_item(1));
    ASSERT_TRUE(mine.has_log("events", 1));
    ASSERT_TRUE(mine.knows("fleet", "a", state_item("a", 1)));
    server.hub->put("theirs", "fleet", "b", state_item("b", 1));
    ASSERT_TRUE(theirs.knows("fleet", "b", state_item("b", 1)));
    EXPECT_EQ(theirs.reader.topic("fleet").items.size(), 1u);
    EXPECT_EQ(theirs.reader.topic("events").last, std::nullopt);
}

TEST(Hub, ReachesEveryPartOfManyClients) {
    Options options;
    options.interval = std::chrono::milliseconds(1);  // so short that sending to all takes much of it
    LiveServer server(options);
    std::vector<std::unique_ptr<Peer>> peers;
    for (int i = 0; i < 40; ++i) {
        peers.push_back(
            std::make_unique<Peer>(server, i % 4 == 0 ? Transport::kEventStream : Transport::kWebSocket));
        peers.back()->connect("fleet,events");
        ASSERT_TRUE(peers.back()->is_ready("events"));
    }
    for (uint64_t n = 1; n <= 300; ++n) {
        server.hub->append("default", "events", log_item(n));
        server.hub->put("default", "fleet", "a", state_item("a", n));
        if (n % 50 != 0) continue;
        for (auto& peer : peers) {
            EXPECT_TRUE(peer->has_log("events", n));
            EXPECT_TRUE(peer->knows("fleet", "a", state_item("a", n)));
        }
    }
    for (auto& peer : peers) {
        EXPECT_EQ(peer->reader.topic("events").log.size(), 300u);
        peer->expect_no_errors();
    }
}

TEST(Hub, KnowsWhetherSomebodyReadsALog) {
    LiveServer server(quick());
    EXPECT_FALSE(server.hub->has_readers("default", "session:a"));
    Peer peer(server, Transport::kWebSocket);
    peer.connect("session%3Aa");
    ASSERT_TRUE(peer.is_ready("session:a"));
    EXPECT_TRUE(server.hub->has_readers("default", "session:a"));
    EXPECT_FALSE(server.hub->has_readers("default", "session:b"));
    EXPECT_FALSE(server.hub->has_readers("other", "session:a"));
    peer.disconnect();
    ASSERT_TRUE(wait_until([&] { return server.hub->stats().clients == 0; }));
    EXPECT_TRUE(server.hub->has_readers("default", "session:a"));  // it may come back and resume
}

TEST(Hub, ForgetsALogThatNobodyCameBackTo) {
    Options options = quick();
    options.ring_age_max = std::chrono::seconds(0);
    LiveServer server(options);
    Peer peer(server, Transport::kWebSocket);
    peer.connect("session%3Aa");
    ASSERT_TRUE(peer.is_ready("session:a"));
    peer.disconnect();
    EXPECT_TRUE(wait_until([&] { return !server.hub->has_readers("default", "session:a"); }));
    EXPECT_EQ(server.hub->stats().topics, 0u);
}

TEST(Hub, ChangesTopicsOnRequest) {
    LiveServer server(quick());
    server.hub->put("default", "fleet", "a", state_item("a", 1));
    Peer peer(server, Transport::kWebSocket);
    peer.connect("events");
    ASSERT_TRUE(peer.is_ready("events"));
    peer.say(R"({"subscribe":["fleet","session:x"]})");
    ASSERT_TRUE(peer.is_ready("session:x"));
    ASSERT_TRUE(peer.knows("fleet", "a", state_item("a", 1)));
    server.hub->append("default", "session:x", log_item(1));
    ASSERT_TRUE(peer.has_log("session:x", 1));
    peer.say(R"({"unsubscribe":["fleet","events"]})");
    peer.say(R"({"subscribe":["session:y"]})");
    ASSERT_TRUE(peer.is_ready("session:y"));
    server.hub->put("default", "fleet", "a", state_item("a", 2));
    server.hub->append("default", "session:y", log_item(1));
    ASSERT_TRUE(peer.has_log("session:y", 1));
    EXPECT_EQ(peer.reader.topic("fleet").items["a"], state_item("a", 1));
    peer.expect_no_errors();
}

TEST(Hub, AnswersAWrongTopicAndGoesOn) {
    Options options = quick();
    options.topics_max = 2;
    LiveServer server(options);
    Peer peer(server, Transport::kWebSocket);
    peer.connect("events");
    ASSERT_TRUE(peer.is_ready("events"));
    peer.say(R"({"subscribe":["flet"]})");
    ASSERT_TRUE(peer.read_until([&] { return peer.reader.said_errors().size() == 1; }));
    EXPECT_THAT(peer.reader.said_errors()[0], HasSubstr("there is no topic 'flet'"));
    peer.say(R"({"subscribe":["session:a","session:b"]})");
    ASSERT_TRUE(peer.read_until([&] { return peer.reader.said_errors().size() == 2; }));
    std::string many = R"({"subscribe":["fleet")";
    for (size_t i = 0; i < kSubscriptionsMax; ++i) many += ",\"session:" + std::to_string(i) + "\"";
    peer.say(many + "]}");
    ASSERT_TRUE(peer.read_until([&] { return peer.reader.said_errors().size() == 3; }));
    server.hub->append("default", "events", log_item(1));
    EXPECT_TRUE(peer.has_log("events", 1));
    peer.expect_no_errors();
}

TEST(Hub, ClosesAClientThatSaysNonsense) {
    LiveServer server(quick());
    for (std::string text :
         {std::string("hello?"), std::string("{\"subscribe\":[{}]}"), std::string("[[[[[[["),
          std::string("{\"subscribe\":[\"\xff\"]}"), std::string(60'000, '[')}) {
        Peer peer(server, Transport::kWebSocket);
        peer.connect("fleet");
        ASSERT_TRUE(peer.is_ready("fleet"));
        peer.say(text);
        EXPECT_TRUE(peer.read_to_end());
        bool is_text = text.find('\xff') == std::string::npos;
        EXPECT_EQ(peer.reader.close_code(), is_text ? kCloseProtocol : 1007);
    }
    EXPECT_TRUE(wait_until([&] { return server.hub->stats().clients == 0; }));
}

TEST(Hub, ClosesAClientThatTalksTooMuch) {
    LiveServer server(quick());
    Peer peer(server, Transport::kWebSocket);
    peer.connect("fleet");
    ASSERT_TRUE(peer.is_ready("fleet"));
    for (int i = 0; i < 5000 && !peer.has_ended; ++i) peer.say("{}");
    EXPECT_TRUE(peer.read_until([&] { return peer.has_ended; }));
    EXPECT_TRUE(wait_until([&] { return server.hub->stats().clients == 0; }));
}

TEST(Hub, RefusesUnknownTopicsWithAProblem) {
    LiveServer server(quick());
    for (std::string topics : {"", "nope", "fleet,session%3A"}) {
        Peer peer(server, Transport::kWebSocket);
        peer.connect(topics, "", "Connection: close\r\n");
        peer.read_until([&] { return peer.head.find("}") != std::string::npos; });
        EXPECT_THAT(peer.head, HasSubstr("HTTP/1.1 400")) << topics;
        EXPECT_THAT(peer.head, HasSubstr("application/problem+json"));
        EXPECT_THAT(peer.head, HasSubstr("fleet"));
    }
}

TEST(Hub, SendsAwayWhoeverIsTooMuch) {
    Options options = quick();
    options.admissions_per_second = 1;
    LiveServer server(options);
    Peer first(server, Transport::kWebSocket);
    first.connect("fleet");
    ASSERT_TRUE(first.is_ready("fleet"));
    // More than a second's worth at once; one or two may be let in on a slow machine.
    bool is_refused = false;
    for (int i = 0; i < 20 && !is_refused; ++i) {
        Peer next(server, Transport::kWebSocket);
        next.connect("fleet");
        ASSERT_TRUE(next.read_until(
            [&] { return next.head.find("retry_ms") != std::string::npos || next.reader.is_greeted(); }));
        is_refused = next.head.find("HTTP/1.1 503") == 0;
        if (is_refused) {
            EXPECT_THAT(next.head, HasSubstr("Retry-After: "));
        }
    }
    EXPECT_TRUE(is_refused);
    EXPECT_GT(server.hub->stats().refused_total, 0u);
}

TEST(Hub, SendsAwayWhoeverFindsNoPlace) {
    Options options = quick();
    options.clients_max = 1;
    LiveServer server(options);
    Peer first(server, Transport::kWebSocket);
    first.connect("fleet");
    ASSERT_TRUE(first.is_ready("fleet"));
    Peer second(server, Transport::kEventStream);
    second.connect("fleet");
    ASSERT_TRUE(second.read_until([&] { return second.head.find("retry_ms") != std::string::npos; }));
    EXPECT_THAT(second.head, HasSubstr("HTTP/1.1 503"));
    first.disconnect();
    EXPECT_TRUE(wait_until([&] { return server.hub->stats().clients == 0; }));
}

TEST(Hub, StartsOverForATokenItCannotHonour) {
    LiveServer server(quick());
    server.hub->put("default", "fleet", "a", state_item("a", 1));
    for (std::string since : {"garbage", "0123456789abcdef.fleet:1", "%ff", ".", "x.fleet:99999999999"}) {
        Peer peer(server, Transport::kWebSocket);
        peer.connect("fleet", since);
        ASSERT_TRUE(peer.is_ready("fleet"));
        EXPECT_EQ(peer.reader.topic("fleet").snapshots, 1u);
        EXPECT_EQ(peer.reader.topic("fleet").items.size(), 1u);
    }
}

// For the thread sanitizer as much as for the result: publishers on their own threads, clients that come and
// go.
TEST(Hub, ServesManyClientsWhileManyThreadsPublish) {
    LiveServer server(quick());
    std::atomic<bool> is_over{false};
    std::vector<std::thread> publishers;
    std::atomic<uint64_t> values[3] = {};
    for (int i = 0; i < 3; ++i) {
        publishers.emplace_back([&, i] {
            std::string key = "k" + std::to_string(i);
            while (!is_over) {
                server.hub->put("default", "fleet", key, state_item(key, ++values[i]));
                if (server.hub->has_readers("default", "events"))
                    server.hub->append("default", "events", "{}");
                std::this_thread::sleep_for(std::chrono::microseconds(200));
            }
        });
    }
    std::vector<std::thread> clients;
    for (int i = 0; i < 6; ++i) {
        clients.emplace_back([&, i] {
            Peer peer(server, i % 2 == 0 ? Transport::kWebSocket : Transport::kEventStream);
            for (int round = 0; round < 10; ++round) {
                peer.connect("fleet", round == 0 ? "" : peer.reader.said_token());
                uint64_t target = peer.reader.topic("fleet").seq + 5;
                EXPECT_TRUE(peer.read_until([&] { return peer.reader.topic("fleet").seq >= target; }));
                if (i % 2 == 0) peer.say(R"({"subscribe":["session:a"]})");
                peer.disconnect();
                (void)server.hub->stats();
            }
            for (const std::string& error : peer.reader.errors()) {
                if (!error.starts_with("a gap")) ADD_FAILURE() << error;
            }
        });
    }
    for (std::thread& client : clients) client.join();
    is_over = true;
    for (std::thread& publisher : publishers) publisher.join();
    Peer last(server, Transport::kWebSocket);
    last.connect("fleet");
    for (int i = 0; i < 3; ++i) {
        std::string key = "k" + std::to_string(i);
        EXPECT_TRUE(last.knows("fleet", key, state_item(key, values[i])));
    }
}

}  // namespace
}  // namespace nightshift::live
