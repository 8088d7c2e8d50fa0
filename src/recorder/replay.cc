#include "recorder/replay.h"

#include <algorithm>
#include <limits>

#include "recorder/identity.h"
#include "recorder/log_files.h"
#include "recorder/segment_block.h"

namespace nightshift::recorder {
namespace {

// Row numbers are worked off in windows, so that memory stays bounded however blocks overlap.
constexpr uint64_t kWindowRows = 1u << 16;
constexpr size_t kBatchEvents = 512;

struct Candidate {
    std::shared_ptr<Segment> segment;
    std::string tenant;
    uint32_t block = 0;
    uint64_t first_row = 0;
    uint64_t last_row = 0;
};

std::vector<Candidate> candidates_of(const std::vector<std::shared_ptr<Segment>>& segments, Position from) {
    std::vector<Candidate> found;
    for (const auto& segment : segments) {
        if (segment->trailer().last_row <= from) continue;
        auto footer = segment->footer();
        if (!footer) {
            segment->report(footer.error());
            continue;
        }
        for (uint32_t i = 0; i < (*footer)->blocks.size(); ++i) {
            const NumberMeta& rows = (*footer)->blocks[i].numbers[index_of(Number::kRow)];
            if (static_cast<uint64_t>(rows.max) <= from) continue;
            found.push_back({segment, (*footer)->tenant, i, static_cast<uint64_t>(rows.min),
                             static_cast<uint64_t>(rows.max)});
        }
        segment->forget();
    }
    return found;
}

// The events of one window, by row number.
class Window {
public:
    Result<void> add(const Candidate& candidate, SegmentBlock& block, uint64_t first, uint64_t last) {
        Result<void> opened = block.open(candidate.segment, candidate.block);
        ColumnSet number;
        number.add(Number::kRow);
        if (opened) opened = block.load(number);
        if (!opened) return opened;
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

Result<bool> replay_segments(const std::vector<std::shared_ptr<Segment>>& segments, Position from,
                             const ReplayVisit& visit) {
    std::vector<Candidate> candidates = candidates_of(segments, from);
    SegmentBlock block;
    Position done = from;
    for (;;) {
        uint64_t first = std::numeric_limits<uint64_t>::max();
        for (const Candidate& each : candidates) {
            if (each.last_row > done) first = std::min(first, std::max(each.first_row, done + 1));
        }
        if (first == std::numeric_limits<uint64_t>::max()) return true;
        uint64_t last = first + kWindowRows - 1;
        Window window;
        for (const Candidate& each : candidates) {
            if (each.last_row < first || each.first_row > last) continue;
            Result<void> added = window.add(each, block, first, last);
            if (!added && added.error().code != Code::kCorrupt) return Failure(added.error());
        }
        if (!window.visit(visit)) return false;
        done = last;
    }
}

Result<bool> replay_log(const std::filesystem::path& directory, Position from, const ReplayVisit& visit) {
    NS_TRY(std::vector<LogFile> files, list_log_files(directory));
    bool goes_on = true;
    for (size_t i = 0; i < files.size() && goes_on; ++i) {
        if (i + 1 < files.size() && files[i + 1].first_row <= from + 1) continue;
        auto read = [&](const Record& record) {
            Position position = record.header.first_row + record.header.events - 1;
            if (position <= from) return true;
            Result<DecodedEvents> decoded = decode_events(record.payload, record.header.events);
            if (!decoded) return true;
            size_t skipped = from >= record.header.first_row ? from - record.header.first_row + 1 : 0;
            auto& events = decoded->batch->events;
            events.erase(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(skipped));
            goes_on = visit(*decoded->batch, position);
            return goes_on;
        };
        NS_TRY(LogScan scan, scan_log_file(files[i].path, read));
        static_cast<void>(scan);
    }
    return goes_on;
}

}  // namespace nightshift::recorder
