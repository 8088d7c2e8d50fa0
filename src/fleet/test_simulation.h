#pragma once

// Runs generated histories through a Fleet, tick by tick, and says what it found.

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "fleet/state.h"
#include "fleet/test_histories.h"

namespace nightshift::fleet {

struct Outcome {
    bool was_detected = false;
    int repetitions = 0;  // seen until the detection
    DetectionKind kind = DetectionKind::kSameCall;
    std::string explanation;
    bool was_stalled = false;
};

// One session of `history` from `seed`, with a tick each simulated second (each ten in long pauses).
inline Outcome simulate(const History& history, uint64_t seed) {
    Random random(seed * 7919 + 17);
    recorder::EventBatch batch;
    EventWriter writer(batch);
    history.write(writer, random);
    // Exporters send what has ended, in the order of the ends.
    std::multimap<int64_t, recorder::Event> by_end;
    for (const recorder::Event& event : batch.events) {
        by_end.emplace(event.time_us + std::max<int64_t>(event.duration_us, 0), event);
    }

    Fleet fleet({});
    Outcome outcome;
    int repetitions = 0;
    int64_t now_us = kTestStart;
    const auto look = [&] {
        const auto slot = fleet.find_session("default", "s1");
        if (!slot || outcome.was_detected) return;
        for (const Detection& detection : fleet.session(*slot).watch.detections()) {
            if (detection.kind == DetectionKind::kStalled) {
                outcome.was_stalled = true;
                continue;
            }
            outcome = {true, repetitions, detection.kind, detection.explanation, outcome.was_stalled};
        }
    };
    for (const auto& [end_us, event] : by_end) {
        while (end_us - now_us > kTestSecond) {
            now_us += end_us - now_us > kTestMinute ? 10 * kTestSecond : kTestSecond;
            fleet.tick(from_unix_us(now_us));
            fleet.take_changes();
            look();
        }
        now_us = std::max(now_us, end_us);
        if (event.turn == "rep") ++repetitions;
        fleet.apply(event, from_unix_us(now_us));
        look();
    }
    return outcome;
}

}  // namespace nightshift::fleet
