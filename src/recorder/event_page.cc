#include "recorder/event_page.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/text.h"
#include "recorder/filter_evaluate.h"
#include "recorder/identity.h"

namespace nightshift::recorder {
namespace {

constexpr uint32_t kPageMax = 50000;
constexpr size_t kChunkRows = 1024;

// The order of pages: time, then row number, which no two rows share.
struct Place {
    int64_t time_us = 0;
    int64_t row = 0;
    auto operator<=>(const Place&) const = default;
};

struct Hit {
    Place place;
    uint32_t source = 0;
    uint16_t row = 0;
};

Result<std::optional<Place>> parse_cursor(std::string_view cursor) {
    if (cursor.empty()) return std::optional<Place>();
    std::vector<std::string_view> parts = split(cursor, '.');
    std::optional<int64_t> time = parse_int(parts[0]);
    std::optional<int64_t> row = parts.size() == 2 ? parse_int(parts[1]) : std::nullopt;
    if (!time || !row)
        return fail(Code::kInvalid, "'{}' is not a cursor of this call", truncate_utf8(cursor, 64));
    return std::optional<Place>(Place{*time, *row});
}

class PageReader {
public:
    PageReader(const EventQuery& query, const Snapshot& snapshot, RowFilter filter, size_t bytes_max)
        : query_(query),
          filter_(std::move(filter)),
          bytes_max_(bytes_max),
          limit_(std::clamp(query.limit, 1u, kPageMax)),
          sources_(blocks_of(snapshot, filter_.from_us, filter_.to_us)) {}

    Result<EventPage> run(std::optional<Place> after);

private:
    bool is_before(const Place& a, const Place& b) const { return query_.newest_first ? b < a : a < b; }
    void order_sources();
    void collect(const Block& block, uint32_t source, const std::vector<uint16_t>& rows);
    Result<void> scan(uint32_t source);
    bool cannot_improve(const BlockSource& source) const;
    Result<bool> materialize(size_t from, size_t to, EventBatch& into);
    Result<void> read_rows(uint32_t source, const std::vector<size_t>& hits, EventBatch& into);

    const EventQuery& query_;
    RowFilter filter_;
    size_t bytes_max_;
    size_t limit_;
    std::vector<BlockSource> sources_;
    std::optional<Place> after_;
    BlockReader reader_;
    std::vector<Hit> hits_;  // a heap of the best limit_ + 1, worst on top
    uint64_t rows_scanned_ = 0;
};

void PageReader::order_sources() {
    std::sort(sources_.begin(), sources_.end(), [this](const BlockSource& a, const BlockSource& b) {
        return query_.newest_first ? a.time_max > b.time_max : a.time_min < b.time_min;
    });
}

// Whether no row of the source can be on the page: it is full, and all its rows come before.
bool PageReader::cannot_improve(const BlockSource& source) const {
    if (hits_.size() <= limit_) return false;
    int64_t worst = hits_.front().place.time_us;
    return query_.newest_first ? source.time_max < worst : source.time_min > worst;
}

void PageReader::collect(const Block& block, uint32_t source, const std::vector<uint16_t>& rows) {
    const int64_t* times = block.numbers(Number::kTime);
    const int64_t* numbers = block.numbers(Number::kRow);
    auto comes_first = [this](const Hit& a, const Hit& b) { return is_before(a.place, b.place); };
    for (uint16_t row : rows) {
        Hit hit{{times[row], numbers[row]}, source, row};
        if (after_ && !is_before(*after_, hit.place)) continue;
        if (hits_.size() > limit_) {
            if (!is_before(hit.place, hits_.front().place)) continue;
            std::pop_heap(hits_.begin(), hits_.end(), comes_first);
            hits_.pop_back();
        }
        hits_.push_back(hit);
        std::push_heap(hits_.begin(), hits_.end(), comes_first);
    }
}

Result<void> PageReader::scan(uint32_t source) {
    NS_TRY(Block * block, reader_.open(sources_[source]));
    if (!filter_.may_match(*block)) return {};
    rows_scanned_ += block->rows();
    std::vector<uint16_t> rows;
    Result<void> selected = filter_.select(*block, rows);
    if (!selected || rows.empty()) return selected;
    ColumnSet columns;
    columns.add(Number::kTime);
    columns.add(Number::kRow);
    Result<void> loaded = block->load(columns);
    if (loaded) collect(*block, source, rows);
    return loaded;
}

Result<void> PageReader::read_rows(uint32_t source, const std::vector<size_t>& hits, EventBatch& into) {
    std::vector<uint16_t> rows;
    for (size_t hit : hits) rows.push_back(hits_[hit].row);
    std::sort(rows.begin(), rows.end());
    NS_TRY(Block * block, reader_.open(sources_[source]));
    Result<void> loaded = block->load(ColumnSet::all());
    if (loaded) loaded = block->load_attributes(rows.data(), rows.size());
    if (!loaded) return loaded;
    for (size_t hit : hits) {
        Event event = event_of(*block, hits_[hit].row, filter_.tenant);
        event.tenant = into.keep(event.tenant);
        event.attributes = into.keep(event.attributes);
        for (auto member : kTextMembers) event.*member = into.keep(event.*member);
        if (event.id.empty()) event.id = into.keep(span_id(event));
        into.events[hit] = event;
    }
    return {};
}

// Reads the hits [from, to) into `into`; false when their text passes the bound.
Result<bool> PageReader::materialize(size_t from, size_t to, EventBatch& into) {
    std::map<uint32_t, std::vector<size_t>> by_source;
    for (size_t i = from; i < to; ++i) by_source[hits_[i].source].push_back(i);
    into.events.resize(to);
    for (const auto& [source, hits] : by_source) {
        Result<void> read = read_rows(source, hits, into);
        if (!read) return Failure(read.error());
    }
    return into.bytes() < bytes_max_;
}

Result<EventPage> PageReader::run(std::optional<Place> after) {
    after_ = after;
    order_sources();
    for (uint32_t i = 0; i < sources_.size() && !cannot_improve(sources_[i]); ++i) {
        if (after_ && (query_.newest_first ? sources_[i].time_min > after_->time_us
                                           : sources_[i].time_max < after_->time_us))
            continue;
        Result<void> scanned = scan(i);
        // A damaged block was reported; the rest is still good.
        if (!scanned && scanned.error().code != Code::kCorrupt) return Failure(scanned.error());
    }
    std::sort(hits_.begin(), hits_.end(),
              [this](const Hit& a, const Hit& b) { return is_before(a.place, b.place); });
    bool has_more = hits_.size() > limit_;
    if (has_more) hits_.pop_back();

    auto batch = std::make_shared<EventBatch>();
    size_t read = 0;
    while (read < hits_.size()) {
        size_t to = std::min(read + kChunkRows, hits_.size());
        NS_TRY(bool has_room, materialize(read, to, *batch));
        read = to;
        if (!has_room) break;
    }
    EventPage page;
    page.batch = batch;
    page.rows_scanned = rows_scanned_;
    if (read < hits_.size() || has_more) {
        page.next_cursor = fmt::format("{}.{}", hits_[read - 1].place.time_us, hits_[read - 1].place.row);
    }
    return page;
}

}  // namespace

Result<EventPage> read_events(const EventQuery& query, const Snapshot& snapshot, size_t bytes_max) {
    NS_TRY(std::optional<Place> after, parse_cursor(query.cursor));
    RowFilter filter;
    filter.tenant = query.scope.tenant;
    filter.from_us = query.scope.from_us;
    filter.to_us = query.scope.to_us;
    NS_TRY(filter.where, parse_filter(query.where));
    filter.text = to_lower(query.text);
    return PageReader(query, snapshot, std::move(filter), bytes_max).run(after);
}

}  // namespace nightshift::recorder
