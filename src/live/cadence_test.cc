#include "live/cadence.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>

namespace nightshift::live {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kInterval(100);
constexpr uint32_t kAll = (1u << kParts) - 1;
const Instant kStart = Instant(std::chrono::hours(1));

// Ticks when told to, with news each time, and notes what each part waited between two visits.
struct Beats {
    Cadence cadence{kInterval};
    Instant now = kStart;
    Load load;
    std::array<Instant, kParts> visited{};
    std::chrono::nanoseconds longest_wait{0};
    int ticks = 0;

    uint32_t tick(milliseconds late = milliseconds(0), bool has_news = true) {
        now = cadence.schedule(now) + late;
        uint32_t parts = cadence.tick(now, has_news, load);
        for (uint32_t part = 0; part < kParts; ++part) {
            if (!(parts & 1u << part)) continue;
            if (visited[part] != Instant{}) longest_wait = std::max(longest_wait, now - visited[part]);
            visited[part] = now;
        }
        ++ticks;
        return parts;
    }
    void settle() {
        for (int i = 0; i < 20; ++i) tick();
        longest_wait = {};
    }
};

TEST(Cadence, AnswersSoonAfterAQuietTime) {
    Cadence cadence(kInterval);
    EXPECT_EQ(cadence.schedule(kStart), kStart + kInterval / 10);
    EXPECT_EQ(cadence.tick(kStart + kInterval / 10, true, {}), kAll);
    EXPECT_FALSE(cadence.is_behind());
}

TEST(Cadence, GathersForPartOfTheIntervalWhileThatIsCheap) {
    Beats run;
    run.settle();
    for (int i = 0; i < 10; ++i) EXPECT_EQ(run.tick(), kAll);
    EXPECT_EQ(run.longest_wait, kInterval * 2 / 5);
}

TEST(Cadence, TakesTurnsWhenReachingAllTakesLong) {
    Beats run;
    run.load.round_cost = milliseconds(20);
    run.settle();
    uint32_t before = run.tick();
    for (int i = 0; i < 12; ++i) {
        uint32_t parts = run.tick();
        EXPECT_EQ(std::popcount(parts), 1);
        EXPECT_EQ(parts, std::rotl(static_cast<uint8_t>(before * 0x11), 1) & kAll);
        before = parts;
    }
    EXPECT_EQ(run.longest_wait, kInterval * 2 / 5);
}

TEST(Cadence, GathersForLongerWhenALoopIsShortOfTime) {
    Beats run;
    run.load.round_cost = milliseconds(80);
    run.settle();
    for (int i = 0; i < 12; ++i) run.tick();
    EXPECT_EQ(run.longest_wait, milliseconds(120));
    run.load.round_cost = std::chrono::seconds(100);
    run.settle();
    for (int i = 0; i < 12; ++i) run.tick();
    EXPECT_EQ(run.longest_wait, std::chrono::seconds(2));
}

TEST(Cadence, GoesOnUntilEveryPartHasGotTheLastNews) {
    Beats run;
    run.load.round_cost = milliseconds(20);
    run.settle();
    uint32_t reached = run.tick();
    while (run.cadence.is_behind()) reached |= run.tick(milliseconds(0), false);
    EXPECT_EQ(reached, kAll);
    EXPECT_EQ(run.tick(milliseconds(0), false), 0u);
}

TEST(Cadence, KeepsTheBeatWhenATickComesLate) {
    Beats run;
    run.load.round_cost = milliseconds(20);
    run.settle();
    Instant start = run.now;
    for (int i = 0; i < 40; ++i) run.tick(milliseconds(i % 2 == 0 ? 4 : 0));
    EXPECT_LE(run.now - start, 10 * kInterval / 2 + milliseconds(4));
}

TEST(Cadence, SparesTheLoopsWhileManyConnect) {
    Beats run;
    run.load.round_cost = milliseconds(40);
    run.settle();
    for (int i = 0; i < 8; ++i) {
        run.load.joined_total += 500;
        run.tick();
    }
    run.longest_wait = {};
    for (int i = 0; i < 8; ++i) {
        run.load.joined_total += 500;
        EXPECT_EQ(run.tick(), kAll);
    }
    EXPECT_EQ(run.longest_wait, milliseconds(160));
    run.settle();
    EXPECT_EQ(std::popcount(run.tick()), 1);
}

}  // namespace
}  // namespace nightshift::live
