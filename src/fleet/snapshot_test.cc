#include "fleet/snapshot.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "fleet/json.h"
#include "fleet/test_histories.h"

namespace nightshift::fleet {
namespace {

// A day of many sessions, in the order of their ends.
std::vector<recorder::Event> make_day(recorder::EventBatch& batch) {
    uint64_t seed = 0;
    for (const History& history : all_histories()) {
        Random random(++seed);
        EventWriter writer(batch);
        writer.session = history.name;
        writer.agent = seed % 2 == 0 ? "even" : "odd";
        history.write(writer, random);
    }
    std::vector<recorder::Event> events = batch.events;
    const auto end = [](const recorder::Event& event) {
        return event.time_us + std::max<int64_t>(event.duration_us, 0);
    };
    std::sort(events.begin(), events.end(), [&](const auto& a, const auto& b) { return end(a) < end(b); });
    return events;
}

int64_t feed(Fleet& fleet, const std::vector<recorder::Event>& events, size_t from, size_t to) {
    int64_t now_us = 0;
    for (size_t i = from; i < to; ++i) {
        now_us = events[i].time_us + std::max<int64_t>(events[i].duration_us, 0);
        fleet.apply(events[i], from_unix_us(now_us));
    }
    fleet.tick(from_unix_us(now_us));
    return now_us;
}

std::string everything(const Fleet& fleet, int64_t now_us) {
    std::string out;
    for (const History& history : all_histories()) {
        const auto slot = fleet.find_session("default", history.name);
        if (slot) append_session(out, fleet.session(*slot), now_us);
        out += '\n';
    }
    for (std::string_view id : {"even", "odd"}) {
        const auto slot = fleet.find_agent("default", id);
        if (slot) append_agent(out, fleet.agent(*slot), fleet.rhythm_of(fleet.agent(*slot)), now_us);
        out += '\n';
    }
    append_totals(out, fleet.tenant(fleet.find_tenant("default").value()).totals);
    return out;
}

TEST(Snapshot, ContinuesAsIfNothingHadHappened) {
    recorder::EventBatch batch;
    const std::vector<recorder::Event> events = make_day(batch);
    for (const size_t share : {1u, 3u, 7u, 9u}) {
        const size_t cut = events.size() * share / 10;
        Fleet straight{{}};
        feed(straight, events, 0, cut);
        Fleet restored{{}};
        const Result<uint64_t> position = decode_snapshot(encode_snapshot(straight, 42), restored);
        ASSERT_TRUE(position) << position.error().message;
        EXPECT_EQ(*position, 42u);
        const int64_t now_us = feed(straight, events, cut, events.size());
        feed(restored, events, cut, events.size());
        EXPECT_EQ(everything(restored, now_us), everything(straight, now_us)) << "cut at " << cut;
    }
}

TEST(Snapshot, RefusesDamageAndLeavesTheFleetAsItWas) {
    recorder::EventBatch batch;
    const std::vector<recorder::Event> events = make_day(batch);
    Fleet fleet{{}};
    feed(fleet, events, 0, 500);
    const std::string good = encode_snapshot(fleet, 7);
    Random random(3);
    for (int i = 0; i < 300; ++i) {
        std::string bad = good;
        if (i % 2 == 0) {
            bad.resize(random.below(bad.size()));
        } else {
            bad[random.below(bad.size())] ^= static_cast<char>(1 + random.below(255));
        }
        Fleet empty{{}};
        const Result<uint64_t> position = decode_snapshot(bad, empty);
        ASSERT_FALSE(position);
        EXPECT_EQ(position.error().code, Code::kCorrupt);
        EXPECT_EQ(empty.session_count(), 0u);
    }
    Fleet empty{{}};
    EXPECT_FALSE(decode_snapshot("", empty));
    EXPECT_FALSE(decode_snapshot("NSFLEET\n", empty));
}

}  // namespace
}  // namespace nightshift::fleet
