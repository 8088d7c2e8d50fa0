#include "recorder/replay.h"

#include <algorithm>
#include <limits>

#include "recorder/identity.h"

namespace nightshift::recorder {
namespace {

// Row numbers are worked off in windows, so that memory stays bounded however blocks overlap.
constexpr uint64_t kWindowRows = 1u << 16;
constexpr size_t kBatchEvents = 512;

struct Candidate {
    BlockSource source;
    std::string tenant;
    uint64_t first_row = 0;
    uint64_t last_row = 0;
};

std::vector<Candidate> candidates_of(const Everything& everything, Position from) {
    std::vector<Candidate> found;
    for (const Everything::Rows& memory : everything.memory) {
        const std::vector<int64_t>& rows = memory.rows->numbers(Number::kRow);
        found.push_back({{.memory = memory.rows},
                         memory.tenant,
                         static_cast<uint64_t>(rows.front()),
                         static_cast<uint64_t>(rows.back())});
    }
    for (const auto& segment : everything.segments) {
        if (segment->trailer().last_row <= from) continue;
        auto footer = segment->footer();
        if (!footer) {
            segment->report(footer.error());
            continue;
        }
        for (uint32_t i = 0; i < (*footer)->blocks.size(); ++i) {
            const NumberMeta& rows = (*footer)->blocks[i].numbers[index_of(Number::kRow)];
            if (static_cast<uint64_t>(rows.max) <= from) continue;
            found.push_back({{.segment = segment, .block = i},
                             (*footer)->tenant,
                             static_cast<uint64_t>(rows.min),
                             static_cast<uint64_t>(rows.max)});
        }
        segment->forget();
    }
    return found;
}

// The events of one window, by row number.
class Window {
public:
    Result<void> add(const Candidate& candidate, BlockReader& reader, uint64_t first, uint64_t last) {
        NS_TRY(Block * opened, reader.open(candidate.source));
        Block& block = *opened;
        ColumnSet number;
        number.add(Number::kRow);
        Result<void> numbered = block.load(number);
        if (!numbered) return numbered;
        std::vector<uint16_t> rows;
        for (uint32_t row = 0; row < block.rows(); ++row) {
            auto at = static_cast<uint64_t>(block.numbers(Number::kRow)[row]);
            if (at >= first && at <= last) rows.push_back(static_cast<uint16_t>(row));
        }
        if (rows.empty()) return {};
        Result<void> loaded = block.load(ColumnSet::all());
        if (loaded) loaded = block.load_attributes(rows.data(), rows.size());
        if (!loaded) return loaded;
        for (uint16_t row : rows) {
            Event event = event_of(block, row, candidate.tenant);
            event.tenant = text_.keep(event.tenant);
            event.attributes = text_.keep(event.attributes);
            for (auto member : kTextMembers) event.*member = text_.keep(event.*member);
            if (event.id.empty()) event.id = text_.keep(span_id(event));
            events_.emplace_back(static_cast<uint64_t>(block.numbers(Number::kRow)[row]), event);
        }
        return {};
    }

    bool visit(const ReplayVisit& visit) {
        std::sort(events_.begin(), events_.end(),
                  [](const auto& a, const auto& b) { return a.first < b.first; });
        for (size_t at = 0; at < events_.size(); at += kBatchEvents) {
            EventBatch batch;
            size_t end = std::min(at + kBatchEvents, events_.size());
            for (size_t i = at; i < end; ++i) batch.events.push_back(events_[i].second);
            if (!visit(batch, events_[end - 1].first)) return false;
        }
        return true;
    }

private:
    EventBatch text_;
    std::vector<std::pair<uint64_t, Event>> events_;
};

}  // namespace

Result<void> replay_rows(const Everything& everything, Position from, const ReplayVisit& visit) {
    std::vector<Candidate> candidates = candidates_of(everything, from);
    BlockReader reader;
    Position done = from;
    for (;;) {
        uint64_t first = std::numeric_limits<uint64_t>::max();
        for (const Candidate& each : candidates) {
            if (each.last_row > done) first = std::min(first, std::max(each.first_row, done + 1));
        }
        if (first == std::numeric_limits<uint64_t>::max()) return {};
        uint64_t last = first + kWindowRows - 1;
        Window window;
        for (const Candidate& each : candidates) {
            if (each.last_row < first || each.first_row > last) continue;
            Result<void> added = window.add(each, reader, first, last);
            if (!added && added.error().code != Code::kCorrupt) return Failure(added.error());
        }
        if (!window.visit(visit)) return {};
        done = last;
    }
}

}  // namespace nightshift::recorder
