#include "gateway/limits.h"

#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <thread>

#include "gateway/limit_window.h"
#include "io/blocking.h"
#include "io/loop.h"

namespace nightshift::gateway {
namespace {

using Answer = LimitCounter::Answer;

Time at(int year, unsigned month, unsigned day, int hour = 0, int minute = 0, int second = 0) {
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                           std::chrono::day(day)};
    return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           std::chrono::seconds(second);
}

TEST(LimitWindow, FollowsTheCalendar) {
    const Time now = at(2028, 2, 29, 13, 37, 42);
    EXPECT_EQ(window_around(LimitWindow::kMinute, now).start, at(2028, 2, 29, 13, 37));
    EXPECT_EQ(window_around(LimitWindow::kHour, now).end, at(2028, 2, 29, 14));
    EXPECT_EQ(window_around(LimitWindow::kDay, now).end, at(2028, 3, 1));
    EXPECT_EQ(window_around(LimitWindow::kMonth, now).start, at(2028, 2, 1));
    EXPECT_EQ(window_around(LimitWindow::kMonth, at(2028, 12, 31, 23, 59)).end, at(2029, 1, 1));
}

LimitSpec tokens_limit(int64_t tokens) {
    LimitSpec spec;
    spec.name = "nightly";
    spec.tokens = tokens;
    return spec;
}

LimitCounter counter_of(const LimitSpec& spec, const Amount& used = {}) {
    static std::deque<LimitSpec> kept;
    return LimitCounter(kept.emplace_back(spec), "someone", at(2028, 1, 1), at(2028, 1, 2), used);
}

TEST(LimitCounter, RefusesWhatWouldGoOverTheCeiling) {
    auto counter = counter_of(tokens_limit(100));
    EXPECT_NE(counter.reserve({.tokens = 60}), Answer::kNo);
    EXPECT_EQ(counter.reserve({.tokens = 41}), Answer::kNo);
    EXPECT_NE(counter.reserve({.tokens = 40}), Answer::kNo);
    EXPECT_EQ(counter.used().tokens, 100);
}

TEST(LimitCounter, GivesBackWhatACallDidNotUse) {
    auto counter = counter_of(tokens_limit(100));
    ASSERT_NE(counter.reserve({.requests = 1, .tokens = 90}), Answer::kNo);
    counter.settle({.requests = 1, .tokens = 90}, {.requests = 1, .tokens = 30});
    EXPECT_EQ(counter.used(), (Amount{.requests = 1, .tokens = 30}));
}

TEST(LimitCounter, BooksWhatACallUsedBeyondItsReservation) {
    auto counter = counter_of(tokens_limit(100));
    ASSERT_NE(counter.reserve({.tokens = 50}), Answer::kNo);
    counter.settle({.tokens = 50}, {.tokens = 120});
    EXPECT_EQ(counter.reserve({.tokens = 1}), Answer::kNo);
}

TEST(LimitCounter, NeedsCoverBeforeItsBlockAndNotWithinIt) {
    auto counter = counter_of(tokens_limit(6'400));
    ASSERT_EQ(counter.reserve({.tokens = 10}), Answer::kNeedsCover);
    const Amount cover = counter.cover();
    EXPECT_GT(cover.tokens, 10);
    counter.on_covered(cover);
    EXPECT_EQ(counter.reserve({.tokens = 60}), Answer::kYes);
    EXPECT_TRUE(counter.wants_cover());
    EXPECT_FALSE(counter.wants_cover()) << "one writer is enough";
    EXPECT_EQ(counter.reserve({.tokens = 500}), Answer::kNeedsCover);
}

TEST(LimitCounter, NeverCoversMoreThanTheCeiling) {
    auto counter = counter_of(tokens_limit(100), {.tokens = 99});
    ASSERT_NE(counter.reserve({.tokens = 1}), Answer::kNo);
    EXPECT_EQ(counter.cover().tokens, 100);
}

TEST(LimitCounter, TellsOfEachThresholdOnce) {
    LimitSpec spec = tokens_limit(100);
    spec.warn_at = {50, 80};
    auto counter = counter_of(spec);
    EXPECT_EQ(counter.settle({}, {.tokens = 49}), std::nullopt);
    EXPECT_EQ(counter.settle({}, {.tokens = 1}), 50);
    EXPECT_EQ(counter.settle({}, {.tokens = 1}), std::nullopt);
    EXPECT_EQ(counter.settle({}, {.tokens = 40}), 80);
}

TEST(LimitCounter, IsNeverOvershotByManyThreads) {
    auto counter = counter_of(tokens_limit(10'000));
    std::atomic<int> granted = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int call = 0; call < 20'000; ++call) {
                if (counter.reserve({.tokens = 7}) != Answer::kNo) ++granted;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(granted.load() * 7, counter.used().tokens);
    EXPECT_LE(counter.used().tokens, 10'000);
    EXPECT_GT(counter.used().tokens, 10'000 - 7 * 5);
}

// A database of its own in a folder that goes with it.
struct Folder {
    Folder() {
        path = std::filesystem::temp_directory_path() / fmt::format("ns_limits_{}", ::getpid());
        std::filesystem::create_directories(path);
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::unique_ptr<store::Writer> open() const {
        auto writer = store::Writer::open(path / "gateway.db", migrate_limits);
        return std::move(*writer);
    }
    std::filesystem::path path;
};

struct Bench {
    explicit Bench(std::vector<LimitSpec> limit_specs) : specs(std::move(limit_specs)) { open(); }
    void open() {
        limits.reset();
        writer.reset();
        cache.clear();
        writer = folder.open();
        limits = std::move(*Limits::open(specs, *writer, now));
    }
    // Whether the call was let through; it holds its reservation.
    bool reserve(const Caller& caller, const Amount& amount, Reservation& reservation) {
        reservation.counters = *limits->find(cache, caller, "fast", now);
        reservation.amount = amount;
        refused.reset();
        io::run_blocking(loop, [&] { return reserve_on_loop(reservation); });
        return !refused;
    }
    bool use(const Caller& caller, const Amount& amount) {
        Reservation reservation;
        if (!reserve(caller, amount, reservation)) return false;
        limits->settle(reservation, amount, [](const LimitCounter&, int) {});
        return true;
    }
    Task<> reserve_on_loop(Reservation& reservation) { refused = co_await limits->reserve(reservation, now); }

    Folder folder;
    std::vector<LimitSpec> specs;
    Time now = at(2028, 1, 1, 12);
    io::Loop loop{"limits"};
    std::unique_ptr<store::Writer> writer;
    std::unique_ptr<Limits> limits;
    LimitCache cache;
    std::optional<Refused> refused;
};

Caller caller_of(std::string agent, std::string session = "") {
    Caller caller;
    caller.tenant = "default";
    caller.agent = std::move(agent);
    caller.session = std::move(session);
    return caller;
}

LimitSpec scoped(LimitScope scope, int64_t tokens, std::string name) {
    LimitSpec spec = tokens_limit(tokens);
    spec.scope = scope;
    spec.name = std::move(name);
    return spec;
}

TEST(Limits, GoOnWithWhatWasUsedWhenTheirCeilingChanges) {
    Bench bench({scoped(LimitScope::kAgent, 100, "each")});
    Reservation running;
    ASSERT_TRUE(bench.reserve(caller_of("a"), {.tokens = 60}, running));
    EXPECT_FALSE(bench.use(caller_of("a"), {.tokens = 60}));
    bench.limits->reload({scoped(LimitScope::kAgent, 150, "each"), scoped(LimitScope::kTenant, 70, "all")});
    EXPECT_FALSE(bench.use(caller_of("a"), {.tokens = 100})) << "60 of 150 are under way";
    EXPECT_EQ(bench.refused->limit, "each");
    bench.limits->settle(running, {.tokens = 10}, [](const LimitCounter&, int) {});
    EXPECT_FALSE(bench.use(caller_of("a"), {.tokens = 71}));
    EXPECT_EQ(bench.refused->limit, "all");
    EXPECT_TRUE(bench.use(caller_of("a"), {.tokens = 70}));
}

TEST(Limits, TellOfThresholdsAnewWhenTheirCeilingIsRaised) {
    LimitSpec spec = scoped(LimitScope::kAgent, 100, "each");
    spec.warn_at = {50};
    Bench bench({spec});
    int told = 0;
    const auto use = [&](int64_t tokens) {
        Reservation reservation;
        ASSERT_TRUE(bench.reserve(caller_of("a"), {.tokens = tokens}, reservation));
        bench.limits->settle(reservation, {.tokens = tokens}, [&](const LimitCounter&, int) { ++told; });
    };
    use(60);
    EXPECT_EQ(told, 1);
    spec.tokens = 400;
    bench.limits->reload({spec});
    use(100);
    EXPECT_EQ(told, 1) << "160 of 400";
    use(100);
    EXPECT_EQ(told, 2) << "260 of 400";
}

TEST(Limits, RememberWhatWasUsedOfALimitThatComesBack) {
    Bench bench({scoped(LimitScope::kAgent, 100, "each")});
    EXPECT_TRUE(bench.use(caller_of("a"), {.tokens = 60}));
    bench.limits->reload({});
    bench.cache.clear();
    EXPECT_TRUE(bench.use(caller_of("a"), {.tokens = 1'000}));
    bench.limits->reload({scoped(LimitScope::kAgent, 100, "each")});
    EXPECT_FALSE(bench.use(caller_of("a"), {.tokens = 60}));
}

TEST(Limits, ReserveOnAllScopesOrOnNone) {
    Bench bench({scoped(LimitScope::kTenant, 1'000, "all"), scoped(LimitScope::kAgent, 100, "each")});
    EXPECT_TRUE(bench.use(caller_of("a"), {.tokens = 80}));
    EXPECT_FALSE(bench.use(caller_of("a"), {.tokens = 80}));
    EXPECT_EQ(bench.refused->limit, "each");
    EXPECT_EQ(bench.refused->retry_after, std::chrono::hours(12));
    auto counters = bench.limits->find(bench.cache, caller_of("a"), "fast", bench.now);
    for (const CounterPtr& counter : *counters) EXPECT_EQ(counter->used().tokens, 80) << counter->spec().name;
    EXPECT_TRUE(bench.use(caller_of("b"), {.tokens = 80})) << "every agent has a budget of its own";
}

TEST(Limits, ConcernOnlyWhomTheyMatch) {
    LimitSpec limit = scoped(LimitScope::kAgent, 10, "one");
    limit.match = "a";
    LimitSpec other_model = scoped(LimitScope::kTenant, 10, "other");
    other_model.model = "slow";
    Bench bench({limit, other_model, scoped(LimitScope::kSession, 10, "session")});
    EXPECT_FALSE(bench.use(caller_of("a"), {.tokens = 11}));
    EXPECT_TRUE(bench.use(caller_of("b"), {.tokens = 11}));
    EXPECT_FALSE(bench.use(caller_of("b", "s1"), {.tokens = 11}));
}

TEST(Limits, BeginAnewWithTheNextWindow) {
    Bench bench({scoped(LimitScope::kTenant, 100, "day")});
    EXPECT_TRUE(bench.use(caller_of("a"), {.tokens = 100}));
    EXPECT_FALSE(bench.use(caller_of("a"), {.tokens = 1}));
    bench.now += std::chrono::hours(12);
    EXPECT_TRUE(bench.use(caller_of("a"), {.tokens = 100}));
}

TEST(Limits, AreRememberedAfterAStop) {
    Bench bench({scoped(LimitScope::kTenant, 100, "day")});
    EXPECT_TRUE(bench.use(caller_of("a"), {.tokens = 60}));
    bench.limits->close();
    bench.open();
    EXPECT_FALSE(bench.use(caller_of("a"), {.tokens = 41}));
    EXPECT_TRUE(bench.use(caller_of("a"), {.tokens = 40}));
}

TEST(Limits, AreNeverOvershotAcrossACrash) {
    Bench bench({scoped(LimitScope::kTenant, 6'400, "day")});
    int64_t used = 0;
    for (int crash = 0; crash < 5; ++crash) {
        for (int call = 0; call < 3 && bench.use(caller_of("a"), {.tokens = 77}); ++call) used += 77;
        bench.open();  // without close(): what was only in memory is lost
    }
    while (bench.use(caller_of("a"), {.tokens = 77})) used += 77;
    EXPECT_LE(used, 6'400);
    EXPECT_GE(used, 6'400 - 6 * (77 + 6'400 / 64 + 1)) << "a crash costs at most a block and a call";
}

TEST(Limits, GiveARunningStreamMoreWhileThereIsSome) {
    Bench bench({scoped(LimitScope::kTenant, 100, "day")});
    Reservation reservation;
    ASSERT_TRUE(bench.reserve(caller_of("a"), {.tokens = 50}, reservation));
    EXPECT_TRUE(bench.limits->extend(reservation, {.tokens = 40}));
    EXPECT_FALSE(bench.limits->extend(reservation, {.tokens = 40}));
    EXPECT_EQ(reservation.amount.tokens, 90);
    bench.limits->settle(reservation, {.tokens = 85}, [](const LimitCounter&, int) {});
    EXPECT_TRUE(bench.use(caller_of("a"), {.tokens = 15}));
}

}  // namespace
}  // namespace nightshift::gateway
