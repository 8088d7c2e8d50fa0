#include "gateway/gateway.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "gateway/gateway_bench_for_test.h"

namespace nightshift::gateway {
namespace {

using testing::HasSubstr;
using testing::Not;

// Every model of the upstream is a route of two targets: that model, then one that is good.
Settings settings_for(const UpstreamForTest& upstream) {
    Settings settings;
    settings.is_enabled = true;
    settings.providers = {{"first", ProviderKind::kOpenAi, upstream.url(), {Secret("key-of-first")}},
                          {"second", ProviderKind::kOpenAi, upstream.url(), {Secret("key-of-second")}}};
    for (const char* model :
         {"good", "status-500", "status-503", "limited", "overflow", "caller", "badkey", "hang", "garbage",
          "error-first", "empty", "reset", "eof", "stall", "error-later", "endless", "burst"}) {
        Route route;
        route.name = model;
        Target target;
        target.model = model;
        target.window = 1'000;
        target.timeouts = {.connect = milliseconds(1'000),
                           .first_token = milliseconds(300),
                           .idle = milliseconds(300),
                           .answer = milliseconds(300),
                           .total = milliseconds(3'000)};
        target.price = {.input = 1, .output = 2, .is_known = true};
        route.targets.push_back(target);
        target.provider = 1;
        target.model = "good";
        target.tier = 1;
        target.window = 100'000;
        route.targets.push_back(target);
        settings.routes.push_back(route);
    }
    return settings;
}

struct Bench {
    Bench() : gateway(settings_for(upstream)) {}
    explicit Bench(Settings settings, store::Writer* writer = nullptr)
        : gateway(std::move(settings), writer) {}
    UpstreamForTest upstream;
    GatewayForTest gateway;
};

// How a first target fails before its answer, and how often it is asked.
struct Failing {
    const char* model;
    bool is_stream;
    const char* reason;
    int asked;
};
class FallsBack : public testing::TestWithParam<Failing> {};

TEST_P(FallsBack, ToTheNextTarget) {
    Bench bench;
    const Failing& failing = GetParam();
    const Got got = bench.gateway.call(failing.model, failing.is_stream);
    EXPECT_EQ(got.status, 200) << got.body;
    EXPECT_TRUE(got.is_whole);
    EXPECT_EQ(got.headers.get("x-gw-provider"), "second");
    EXPECT_EQ(got.headers.get("x-gw-fallback-reason"), failing.reason);
    EXPECT_THAT(got.body, HasSubstr(failing.is_stream ? "word2" : "good answer"));
    EXPECT_EQ(bench.upstream.requests(failing.model), failing.asked);
    EXPECT_EQ(bench.upstream.requests("good"), 1);
}

INSTANTIATE_TEST_SUITE_P(
    Failures, FallsBack,
    testing::Values(Failing{"status-500", false, "transient", 2}, Failing{"status-503", true, "transient", 2},
                    Failing{"limited", false, "rate_limit", 1}, Failing{"limited", true, "rate_limit", 1},
                    Failing{"overflow", false, "context_too_long", 1},
                    Failing{"badkey", false, "credential", 1}, Failing{"hang", false, "total_timeout", 1},
                    Failing{"hang", true, "first_token_timeout", 1},
                    Failing{"garbage", false, "bad_answer", 1}, Failing{"garbage", true, "bad_answer", 1},
                    Failing{"empty", true, "bad_answer", 1}));

TEST(Gateway, FallsBackFromAnErrorInsideA200) {
    Bench bench;
    const Got got = bench.gateway.call("error-first", true);
    EXPECT_TRUE(got.is_whole);
    EXPECT_EQ(got.headers.get("x-gw-provider"), "second");
    EXPECT_THAT(got.body, HasSubstr("word2"));
    EXPECT_THAT(got.body, Not(HasSubstr("overloaded")));
}

class BreaksOff : public testing::TestWithParam<const char*> {};

TEST_P(BreaksOff, WithAnErrorEventAndNoEnd) {
    Bench bench;
    const Got got = bench.gateway.call(GetParam(), true);
    EXPECT_FALSE(got.is_whole) << "the transfer must not look complete";
    EXPECT_THAT(got.body, HasSubstr("word2"));
    EXPECT_THAT(got.body, HasSubstr("\"error\""));
    EXPECT_THAT(got.body, Not(HasSubstr("[DONE]")));
    EXPECT_EQ(bench.upstream.requests("good"), 0) << "a stream that has begun never switches";
}

INSTANTIATE_TEST_SUITE_P(AfterTheCommit, BreaksOff, testing::Values("reset", "eof", "stall", "error-later"));

TEST(Gateway, PassesTheCallersOwnErrorOnAndTriesNobodyElse) {
    Bench bench;
    const Got got = bench.gateway.call("caller");
    EXPECT_EQ(got.status, 400);
    EXPECT_THAT(got.body, HasSubstr("it says invalid_request_error"));
    EXPECT_EQ(bench.upstream.requests("good"), 0);
}

TEST(Gateway, SendsTheProvidersKeyAndNotTheClients) {
    Bench bench;
    bench.gateway.call("good");
    const net::Request seen = bench.upstream.last();
    EXPECT_EQ(seen.headers.get("authorization"), "Bearer key-of-first");
    EXPECT_EQ(seen.path, "/v1/chat/completions");
}

TEST(Gateway, KeepsItsConnectionsToProviders) {
    Bench bench;
    for (int i = 0; i < 5; ++i) EXPECT_EQ(bench.gateway.call("good").status, 200);
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(bench.gateway.call("good", true).is_whole);
    EXPECT_EQ(bench.upstream.connections(), 1u);
}

TEST(Gateway, KeepsTheUsageChunkToItselfUnlessTheClientAsked) {
    Bench bench;
    EXPECT_THAT(bench.gateway.call("good", true).body, Not(HasSubstr("\"usage\":{")));
    EXPECT_THAT(bench.gateway.call("good", true, R"(,"stream_options":{"include_usage":true})").body,
                HasSubstr("\"usage\":{"));
}

TEST(Gateway, TellsClientsNotToRetryWhenTheChainIsExhausted) {
    UpstreamForTest upstream;
    Settings settings = settings_for(upstream);
    for (Route& route : settings.routes) route.targets.resize(1);
    GatewayForTest gateway(settings);
    Got got = gateway.call("status-500");
    EXPECT_EQ(got.status, 502);
    EXPECT_EQ(got.headers.get("x-should-retry"), "false");
    EXPECT_THAT(got.body, HasSubstr("it says some_error"));
    got = gateway.call("badkey");
    EXPECT_EQ(got.status, 502);
    EXPECT_THAT(got.body, HasSubstr("upstream_credentials_exhausted"));
    got = gateway.call("limited");
    EXPECT_EQ(got.status, 429);
    EXPECT_EQ(got.headers.get("retry-after"), "30");
}

TEST(Gateway, OpensTheBreakerAndAnswersAtOnce) {
    UpstreamForTest upstream;
    Settings settings = settings_for(upstream);
    for (Route& route : settings.routes) route.targets.resize(1);
    GatewayForTest gateway(settings);
    for (int i = 0; i < 5; ++i) gateway.call("garbage");
    EXPECT_EQ(upstream.requests("garbage"), 5);
    const Got got = gateway.call("garbage");
    EXPECT_EQ(got.status, 503);
    EXPECT_FALSE(got.headers.get("retry-after").empty());
    EXPECT_EQ(upstream.requests("garbage"), 5);
}

TEST(Gateway, OpensTheBreakerForStreamsThatEndBadly) {
    Bench bench;
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(bench.gateway.call("eof", true).is_whole);
    const Got got = bench.gateway.call("eof", true);
    EXPECT_TRUE(got.is_whole);
    EXPECT_EQ(got.headers.get("x-gw-fallback-reason"), "breaker_open");
}

TEST(Gateway, AnswersInTheDialectOfTheClient) {
    Bench bench;
    const Got unknown = bench.gateway.call("nobody", false, "", "/v1/messages");
    EXPECT_EQ(unknown.status, 404);
    EXPECT_THAT(unknown.body, HasSubstr(R"("type":"error")"));
    const Got missing = bench.gateway.call("nobody");
    EXPECT_EQ(missing.status, 404);
    EXPECT_THAT(missing.body, HasSubstr("model_not_found"));
    const Got translated = bench.gateway.call("good", false, R"(,"max_tokens":10)", "/v1/messages");
    EXPECT_EQ(translated.status, 200) << translated.body;
    EXPECT_THAT(translated.body, HasSubstr(R"("type":"message")"));
}

TEST(Gateway, ClosesTheUpstreamWhenTheClientHasGone) {
    Bench bench;
    {
        net::RawPeer client(bench.gateway.port());
        const std::string body =
            R"({"model":"endless","stream":true,"messages":[{"role":"user","content":"hi"}]})";
        client.send(
            fmt::format("POST /v1/chat/completions HTTP/1.1\r\nHost: here\r\nContent-Length: {}\r\n\r\n{}",
                        body.size(), body));
        client.read_until("more");
    }
    for (int i = 0; i < 5'000 && bench.upstream.gone_clients == 0; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_EQ(bench.upstream.gone_clients, 1);
    bench.gateway.stop();
    const auto events = bench.gateway.events();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].status, recorder::Status::kCancelled);
    EXPECT_GT(events[0].output_tokens, 0u) << "what was received is booked";
}

TEST(Gateway, BooksEveryAttempt) {
    Bench bench;
    bench.gateway.call("limited");
    bench.gateway.stop();
    const auto events = bench.gateway.events();
    ASSERT_EQ(events.size(), 2u);
    EXPECT_EQ(events[0].error_type, "rate_limit");
    EXPECT_EQ(events[0].provider, "first");
    EXPECT_EQ(events[1].status, recorder::Status::kOk);
    EXPECT_EQ(events[1].agent, "tester");
    EXPECT_EQ(events[1].input_tokens, 100u);
    EXPECT_EQ(events[1].output_tokens, 50u);
    EXPECT_EQ(events[1].cost_nano_usd, 200'000);
    EXPECT_THAT(std::string(events[1].attributes), HasSubstr(R"("fallback_reason":"rate_limit")"));
    for (const auto& event : events) EXPECT_THAT(std::string(event.attributes), Not(HasSubstr("key-of")));
}

TEST(Gateway, TakesOtherRoutesWhileItRuns) {
    Bench bench;
    EXPECT_EQ(bench.gateway.call("good").status, 200);
    Settings settings = settings_for(bench.upstream);
    settings.routes.resize(1);
    settings.routes[0].name = "renamed";
    number_lanes(settings);
    set_deadlines(settings);
    ASSERT_TRUE(bench.gateway.gateway().reload(settings));
    EXPECT_EQ(bench.gateway.call("good").status, 404);
    EXPECT_EQ(bench.gateway.call("renamed").status, 200);
    settings.providers[0].url = "no url";
    EXPECT_FALSE(bench.gateway.gateway().reload(settings));
    EXPECT_EQ(bench.gateway.call("renamed").status, 200);
}

TEST(Gateway, ACallUnderWayKeepsItsProvidersOverAReload) {
    UpstreamForTest first;
    UpstreamForTest second;
    const auto settings_with = [&](bool is_swapped) {
        Settings settings = settings_for(first);
        const Target target = settings.routes.front().targets.front();
        settings.providers = {{"first", ProviderKind::kOpenAi, first.url(), {Secret("key-of-first")}},
                              {"second", ProviderKind::kOpenAi, second.url(), {Secret("key-of-second")}}};
        Route route;
        route.name = "both";
        for (size_t provider : {0, 1}) {
            Target& each = route.targets.emplace_back(target);
            each.provider = provider;
            each.tier = static_cast<int>(provider);
            each.model = provider == 0 ? "hang" : "good";
        }
        settings.routes = {route};
        if (is_swapped) std::swap(settings.providers[0], settings.providers[1]);
        number_lanes(settings);
        set_deadlines(settings);
        return settings;
    };
    GatewayForTest gateway(settings_with(false));
    Got got;
    std::thread client([&] { got = gateway.call("both", true); });
    for (int i = 0; i < 5'000 && first.requests("hang") == 0; ++i)
        std::this_thread::sleep_for(milliseconds(1));
    EXPECT_TRUE(gateway.gateway().reload(settings_with(true)));
    client.join();
    EXPECT_EQ(got.status, 200) << got.body;
    EXPECT_EQ(second.requests("good"), 1);
    EXPECT_EQ(first.requests("good"), 0) << "the key of the second provider went to the first";
}

TEST(Gateway, AsksTargetsThatNobodyCallsWhetherTheyAnswer) {
    UpstreamForTest upstream;
    Settings settings = settings_for(upstream);
    settings.probe_idle = milliseconds(40);
    GatewayForTest gateway(std::move(settings));
    while (upstream.requests("good") < 2) std::this_thread::sleep_for(milliseconds(5));
    gateway.stop();
    const auto events = gateway.events();
    const auto booked = std::find_if(events.begin(), events.end(), [](const recorder::Event& event) {
        return event.attributes.find(R"("probe":true)") != std::string_view::npos && event.model == "good";
    });
    ASSERT_NE(booked, events.end());
    EXPECT_EQ(booked->output_tokens, 50u);
    EXPECT_EQ(booked->agent, "") << "no agent of the fleet fails when a probe does";
}

struct Budget {
    explicit Budget(int64_t tokens) {
        path = std::filesystem::temp_directory_path() / fmt::format("ns_gateway_{}", ::getpid());
        std::filesystem::create_directories(path);
        writer = std::move(*store::Writer::open(path / "gateway.db", migrate_limits));
        settings = settings_for(upstream);
        LimitSpec limit;
        limit.name = "day";
        limit.tokens = tokens;
        settings.limits.push_back(limit);
    }
    ~Budget() { std::filesystem::remove_all(path); }
    // For streams that end by their budget alone, on however slow a machine.
    void allow_all_the_time() {
        for (Route& route : settings.routes) {
            for (Target& target : route.targets) target.timeouts.total = std::chrono::minutes(5);
        }
    }
    std::filesystem::path path;
    std::unique_ptr<store::Writer> writer;
    UpstreamForTest upstream;
    Settings settings;
};

TEST(Gateway, RefusesWhatABudgetDoesNotCoverAndFallsBackToNobody) {
    Budget budget(1'000);
    GatewayForTest gateway(budget.settings, budget.writer.get());
    EXPECT_EQ(gateway.call("good", false, R"(,"max_tokens":700)").status, 200);
    EXPECT_EQ(gateway.call("good", false, R"(,"max_tokens":700)").status, 200) << "only 150 were used";
    const Got got = gateway.call("good", false, R"(,"max_tokens":800)");
    EXPECT_EQ(got.status, 429);
    EXPECT_THAT(got.body, HasSubstr("budget_exceeded"));
    EXPECT_EQ(got.headers.get("x-should-retry"), "false");
    EXPECT_FALSE(got.headers.get("retry-after").empty());
    EXPECT_EQ(budget.upstream.requests("good"), 2);
}

TEST(Gateway, CutsARunningStreamAtItsHardLimit) {
    Budget budget(4'500);
    budget.allow_all_the_time();
    GatewayForTest gateway(budget.settings, budget.writer.get());
    const Got got = gateway.call("endless", true);
    EXPECT_TRUE(got.is_whole) << "the client gets a proper end";
    EXPECT_THAT(got.body, HasSubstr(R"("finish_reason":"length")"));
    EXPECT_THAT(got.body, HasSubstr("[DONE]"));
    EXPECT_EQ(gateway.call("good", false, R"(,"max_tokens":700)").status, 429);
}

TEST(Gateway, PassesNothingBeyondTheHardLimitHoweverMuchComesAtOnce) {
    Budget budget(4'500);
    budget.allow_all_the_time();
    GatewayForTest gateway(budget.settings, budget.writer.get());
    const Got got = gateway.call("burst", true);
    EXPECT_TRUE(got.is_whole);
    EXPECT_THAT(got.body, HasSubstr(R"("finish_reason":"length")"));
    size_t words = 0;
    for (size_t at = got.body.find("more "); at != std::string::npos; at = got.body.find("more ", at + 1))
        ++words;
    EXPECT_GT(words, 1'000u);
    EXPECT_LE(words + 3, 4'096u) << "what is left of the budget, three words before them";
}

// A conversation whose agent made one call so many times, with one result, and `last` after it.
std::string looping_body(int calls, const std::string& last) {
    std::string messages = R"({"role":"user","content":"look after it"})";
    for (int i = 0; i < calls; ++i) {
        messages += fmt::format(
            R"(,{{"role":"assistant","content":null,"tool_calls":[{{"id":"c{0}","type":"function","function":)"
            R"({{"name":"look","arguments":"{{\"at\":\"sky\"}}"}}}}]}},{{"role":"tool","tool_call_id":"c{0}","content":"blue"}})",
            i);
    }
    return messages + last;
}

TEST(Gateway, StopsALoopAndLetsAPersonSpeak) {
    UpstreamForTest upstream;
    Settings settings = settings_for(upstream);
    settings.loops.most = LoopAction::kStop;
    GatewayForTest gateway(settings);
    const Got stopped =
        gateway.call_with(fmt::format(R"({{"model":"good","messages":[{}]}})", looping_body(12, "")));
    EXPECT_EQ(stopped.status, 429) << stopped.body;
    EXPECT_THAT(stopped.body, HasSubstr("loop_detected"));
    EXPECT_EQ(stopped.headers.get("x-should-retry"), "false");
    const Got person =
        gateway.call_with(fmt::format(R"({{"model":"good","messages":[{}]}})",
                                      looping_body(12, R"(,{"role":"user","content":"try the sea"})")));
    EXPECT_EQ(person.status, 200) << person.body;
    gateway.stop();
    const auto events = gateway.events();
    ASSERT_FALSE(events.empty());
    EXPECT_EQ(events[0].name, "loop_seen");
}

}  // namespace
}  // namespace nightshift::gateway
