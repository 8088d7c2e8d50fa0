// The filter language, groups and aggregates, run over a few rows.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "recorder/event_page.h"
#include "recorder/query_run.h"

using namespace nightshift;
using namespace nightshift::recorder;

namespace {

Snapshot make_snapshot() {
    auto rows = std::make_shared<RowBlock>();
    for (int i = 0; i < 20; ++i) {
        Event event;
        event.time_us = i % 5 == 0 ? INT64_MIN + i : 1'790'000'000'000'000 + i * 1'000'000'000ll;
        event.duration_us = i % 3 == 0 ? -1 : i * 1000;
        event.kind = static_cast<Kind>(i % 12);
        event.status = static_cast<Status>(i % 6);
        event.agent = i % 2 == 0 ? "a" : "B";
        event.name = "tool";
        event.input_tokens = i == 7 ? UINT64_MAX : static_cast<uint64_t>(i);
        event.attributes = R"({"path":"/Srv"})";
        rows->append(event, static_cast<uint64_t>(i + 1), true);
    }
    Snapshot snapshot;
    snapshot.memory.push_back(rows);
    return snapshot;
}

}  // namespace

// Lines: where, group_by with ';', aggregates with ';', order_by, text.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const Snapshot snapshot = make_snapshot();
    std::string_view bytes(reinterpret_cast<const char*>(data), size);
    std::vector<std::string_view> lines = split(bytes, '\n');
    lines.resize(5);
    Query query;
    query.scope.from_us = INT64_MIN;
    query.where = std::string(lines[0]);
    for (std::string_view group : split(lines[1], ';')) {
        if (!group.empty()) query.group_by.emplace_back(group);
    }
    for (std::string_view aggregate : split(lines[2], ';')) {
        if (!aggregate.empty()) query.aggregates.emplace_back(aggregate);
    }
    query.order_by = std::string(lines[3]);
    query.text = std::string(lines[4]);
    Result<QueryResult> result = run_query(query, snapshot, 1u << 20, [] {});
    if (result && result->rows.size() > 20) std::abort();
    EventQuery events;
    events.where = query.where;
    events.text = query.text;
    events.cursor = query.order_by;
    Result<EventPage> page = read_events(events, snapshot, 1u << 20);
    if (page && page->batch->events.size() > 20) std::abort();
    return 0;
}
