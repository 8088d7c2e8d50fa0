// What one event costs the fleet: mixed agent telemetry over many sessions, in export-sized runs, with a
// refresh and a reading of the changes each 100 ms of simulated time, as the service does.

#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include "base/random.h"
#include "fleet/state.h"
#include "fleet/test_events.h"
#include "fleet/view.h"

namespace nightshift::fleet {
namespace {

constexpr size_t kRun = 16;  // events of one session that come together

// A batch of `count` events over `sessions` sessions of a tenth as many agents.
recorder::EventBatch make_events(size_t count, size_t sessions) {
    recorder::EventBatch batch;
    Random random(1);
    EventWriter writer(batch);
    while (batch.events.size() < count) {
        const uint64_t session = random.below(sessions);
        writer.session = fmt::format("session-{:08x}", session);
        writer.agent = fmt::format("agent-{}", session / 10);
        for (size_t i = 0; i < kRun; i += 4) {
            writer.model(200'000, 3000, 200).span = writer.keep(fmt::format("{:016x}", random.next()));
            const std::string file = fmt::format("{:016x}", random.below(1000));
            writer.tool("Read", file, "0123456789abcdef", 1000).span =
                writer.keep(fmt::format("{:016x}", random.next()));
            writer.tool("Bash", fmt::format("{:016x}", random.next()), "0123456789abcdef", 1000);
            writer.add(recorder::Kind::kLog, "api_request", recorder::Status::kUnset);
        }
        writer.wait(-static_cast<int64_t>(kRun) * 50'000);  // sessions overlap
    }
    return batch;
}

void apply_events(benchmark::State& state) {
    const recorder::EventBatch batch = make_events(1 << 16, static_cast<size_t>(state.range(0)));
    Fleet fleet({});
    int64_t shift_us = 0;
    const int64_t length_us = batch.events.back().time_us - batch.events.front().time_us + kTestMinute;
    for (auto _ : state) {
        size_t since_refresh = 0;
        for (recorder::Event event : batch.events) {
            event.time_us += shift_us;
            const int64_t now_us = event.time_us + std::max<int64_t>(event.duration_us, 0);
            fleet.apply(event, from_unix_us(now_us));
            if (++since_refresh < 15'000) continue;  // 100 ms at 150,000 events a second
            since_refresh = 0;
            fleet.refresh(from_unix_us(now_us));
            benchmark::DoNotOptimize(fleet.take_changes());
        }
        shift_us += length_us;
    }
    state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(batch.events.size()));
}
BENCHMARK(apply_events)->Arg(10)->Arg(500)->Arg(5000)->Arg(20000);

// A second passes over sessions in the middle of work.
void tick_sessions(benchmark::State& state) {
    const auto sessions = static_cast<size_t>(state.range(0));
    const recorder::EventBatch batch = make_events(sessions * kRun * 4, sessions);
    Fleet fleet({});
    int64_t now_us = 0;
    for (const recorder::Event& event : batch.events) {
        now_us = std::max(now_us, event.time_us + std::max<int64_t>(event.duration_us, 0));
        fleet.apply(event, from_unix_us(now_us));
    }
    for (auto _ : state) {
        now_us += 1000;  // due states are asked again each second; here each time
        fleet.tick(from_unix_us(now_us));
        benchmark::DoNotOptimize(fleet.take_changes());
    }
}
BENCHMARK(tick_sessions)->Arg(500)->Arg(5000);

// GET /api/v1/sessions with 5,000 sessions, while one session a millisecond changes; the view is built anew
// each 100 ms.
void list_sessions(benchmark::State& state) {
    Shelf shelf("bench");
    const auto put = [&](uint64_t i, int64_t last_us) {
        auto entry = std::make_shared<Entry>();
        entry->id = fmt::format("session-{}", i);
        entry->last_us = last_us;
        entry->json = std::string(900, 'x');
        shelf.update("default", [&](Shelf::Tables& tables) { tables.sessions[entry->id] = entry; });
    };
    for (uint64_t i = 0; i < 5000; ++i) put(i, static_cast<int64_t>(i));
    int64_t now_us = kTestStart;
    uint64_t asked = 0;
    for (auto _ : state) {
        now_us += 100;  // 10,000 requests a second
        if (++asked % 10 == 0) put(asked % 5000, now_us);
        const auto view = shelf.view("default", now_us);
        ListFilter filter;
        filter.limit = static_cast<uint32_t>(state.range(0));
        benchmark::DoNotOptimize(view->list_sessions(filter).body);
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(list_sessions)->Arg(100)->Arg(5000);

}  // namespace
}  // namespace nightshift::fleet

BENCHMARK_MAIN();
