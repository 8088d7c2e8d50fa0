#include "recorder_side.h"

#include <cstdio>
#include <cstdlib>
#include <semaphore>

namespace nightshift::bench {
namespace {

constexpr uint64_t kBatchEvents = 512;
constexpr int kBatchesInFlight = 64;
constexpr int64_t kHourUs = 3600ll * 1000 * 1000;

[[noreturn]] void give_up(const Error& error) {
    std::fprintf(stderr, "recorder: %s\n", error.message.c_str());
    std::exit(1);
}

struct Asked {
    recorder::Query query;
    recorder::EventQuery events;
    bool is_events = false;
};

Asked ask(int number, const std::string& session) {
    Asked asked;
    recorder::Query& query = asked.query;
    switch (number) {
        case 0:
            query.scope.from_us = kEndUs - kHourUs;
            query.group_by = {"agent"};
            query.aggregates = {"sum(input_tokens)", "sum(output_tokens)", "sum(cost)"};
            break;
        case 1:
        case 2:
            query.where = "kind = tool_call";
            query.group_by = {"time(1h)", "name"};
            query.aggregates = {"count", "p50(duration)", "p95(duration)", "p99(duration)"};
            break;
        case 3:
            query.scope.from_us = kEndUs - 24 * kHourUs;
            [[fallthrough]];
        case 4:
            query.group_by = {"agent"};
            query.aggregates = {"count", "errors"};
            break;
        case 7:
            query.text = "E_QUOTA_EXHAUSTED";
            query.aggregates = {"count"};
            break;
        case 8:
            query.group_by = {"time(1d)", "model"};
            query.aggregates = {"sum(cost)", "sum(total_tokens)"};
            break;
        default:
            asked.is_events = true;
            break;
    }
    query.limit = 100000;
    recorder::EventQuery& events = asked.events;
    if (number == 5) {
        events.where = "session = \"" + session + "\"";
        events.newest_first = false;
        events.limit = 10000;
    } else if (number == 6) {
        events.where = "agent = agent-00007";
        events.text = "refused";
        events.scope.from_us = kEndUs - 24 * kHourUs;
        events.limit = 100;
    } else if (number == 9) {
        events.where = "status = error";
        events.limit = 50;
    }
    return asked;
}

}  // namespace

recorder::Event to_event(recorder::EventBatch& batch, const AgentEvent& from) {
    recorder::Event event;
    event.time_us = from.time_us;
    event.duration_us = from.duration_us;
    event.kind = static_cast<recorder::Kind>(from.kind_number);
    event.status = static_cast<recorder::Status>(from.status_number);
    event.tenant = "default";
    event.source = batch.keep(from.team);
    event.host = batch.keep(from.host);
    event.agent = batch.keep(from.agent);
    event.session = batch.keep(from.session);
    event.trace = batch.keep(from.trace);
    event.span = batch.keep(from.span);
    event.parent_span = batch.keep(from.parent_span);
    event.name = from.name;
    event.model = from.model;
    event.input_tokens = from.input_tokens;
    event.output_tokens = from.output_tokens;
    event.cache_read_tokens = from.cache_read_tokens;
    event.cache_write_tokens = from.cache_write_tokens;
    event.cost_nano_usd = from.cost_nano_usd;
    event.sequence = from.sequence;
    event.attributes = batch.keep(from.attributes);
    return event;
}

RecorderSide::RecorderSide(const std::filesystem::path& directory) {
    recorder::Options options;
    options.directory = directory;
    options.retain = std::chrono::hours(24 * 365);
    auto opened = recorder::Recorder::open(options, clock_);
    if (!opened) give_up(opened.error());
    recorder_ = std::move(*opened);
}

bool RecorderSide::is_loaded() const {
    return recorder_->position() > 0;
}

Load RecorderSide::load(const AgentEvents& events) {
    std::counting_semaphore<kBatchesInFlight> room(kBatchesInFlight);
    AgentEvent row;
    double cpu_start = cpu_s();
    double wall_start = wall_s();
    for (uint64_t i = 0; i < events.rows();) {
        auto batch = std::make_shared<recorder::EventBatch>();
        for (; i < events.rows() && batch->events.size() < kBatchEvents; ++i) {
            events.row(i, row);
            batch->events.push_back(to_event(*batch, row));
        }
        room.acquire();
        recorder_->append(batch, [&room](Result<recorder::Receipt> receipt) {
            if (!receipt) give_up(receipt.error());
            room.release();
        });
    }
    for (int i = 0; i < kBatchesInFlight; ++i) room.acquire();
    Result<void> sealed = recorder_->seal_all();
    if (!sealed) give_up(sealed.error());
    Load load;
    load.wall_s = wall_s() - wall_start;
    load.cpu_s = cpu_s() - cpu_start;
    load.bytes = recorder_->stats().segment_bytes;
    return load;
}

Measured RecorderSide::query(int number, const AgentEvents& events, bool reads_rows) {
    AgentEvent sample;
    events.row(events.rows() * 3 / 4, sample);
    Asked asked = ask(number, sample.session);
    if (reads_rows)
        asked.query.where += asked.query.where.empty() ? "simulated = false" : " and simulated = false";
    bool from_rollup = false;
    Measured measured = measure([&]() -> uint64_t {
        if (asked.is_events) {
            auto page = recorder_->events(asked.events);
            if (!page) give_up(page.error());
            return page->batch->events.size();
        }
        auto result = recorder_->query(asked.query);
        if (!result) give_up(result.error());
        from_rollup = result->from_rollup;
        return result->rows.size();
    });
    measured.from_rollup = from_rollup;
    return measured;
}

}  // namespace nightshift::bench
