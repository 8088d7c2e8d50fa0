#include "recorder/query_run.h"

#include <algorithm>
#include <bit>
#include <chrono>

#include "recorder/aggregation.h"
#include "recorder/cube.h"
#include "recorder/group_table.h"
#include "recorder/query_plan.h"

namespace nightshift::recorder {
namespace {

constexpr int64_t kMinuteUs = 60ll * 1000 * 1000;

// Sorts like the value of an aggregate; nothing comes first.
uint64_t order_key(const Value& value) {
    constexpr uint64_t kSign = 1ull << 63;
    if (const auto* whole = std::get_if<int64_t>(&value))
        return std::max<uint64_t>(static_cast<uint64_t>(*whole) ^ kSign, 1);
    const auto* real = std::get_if<double>(&value);
    if (real == nullptr) return 0;
    auto bits = std::bit_cast<uint64_t>(*real + 0.0);  // -0 is 0
    return std::max<uint64_t>((bits & kSign) != 0 ? ~bits : bits | kSign, 1);
}

// Makes one key of the first ones, as many as fit 64 bits: it sorts like them.
void fold(std::vector<std::vector<uint64_t>>& keys) {
    uint64_t room = UINT64_MAX;
    std::vector<uint64_t> folded;
    size_t done = 0;
    for (; done < keys.size() && !keys[done].empty(); ++done) {
        auto [min, max] = std::minmax_element(keys[done].begin(), keys[done].end());
        uint64_t low = *min;
        uint64_t span = *max - low;
        if (span >= room) break;
        room /= span + 1;
        folded.resize(keys[done].size());
        for (size_t i = 0; i < folded.size(); ++i) folded[i] = folded[i] * (span + 1) + (keys[done][i] - low);
    }
    if (done < 2) return;
    keys.erase(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(done - 1));
    keys[0] = std::move(folded);
}

class QueryRun {
public:
    QueryRun(QueryPlan plan, size_t bytes_max)
        : plan_(std::move(plan)),
          columns_(plan_.columns()),
          bytes_max_(bytes_max),
          groups_(plan_.groups, plan_.filter.tenant) {
        for (const Aggregate& aggregate : plan_.aggregates) add_aggregation(aggregate);
    }

    Result<QueryResult> run(const Snapshot& snapshot, const std::function<void()>& limit_cache);

private:
    void add_aggregation(const Aggregate& aggregate);
    Result<bool> use_rollup(Segment& segment);
    std::optional<bool> level_for(const Segment& segment) const;
    Result<void> read(const BlockSource& source);
    Result<void> check_memory() const;
    QueryResult finish();
    std::vector<uint32_t> ordered_groups();

    QueryPlan plan_;
    ColumnSet columns_;
    size_t bytes_max_;
    GroupTable groups_;
    std::vector<std::unique_ptr<Percentiles>> percentiles_;  // one a column
    std::vector<Aggregation> aggregations_;
    BlockReader reader_;
    std::vector<uint16_t> rows_;
    std::vector<uint32_t> row_groups_;
    uint64_t rows_scanned_ = 0;
    bool has_read_segment_ = false;
    bool has_used_rollup_ = false;
};

void QueryRun::add_aggregation(const Aggregate& aggregate) {
    if (aggregate.type != Aggregate::Type::kPercentile) {
        aggregations_.emplace_back(aggregate);
        return;
    }
    auto same = std::find_if(percentiles_.begin(), percentiles_.end(),
                             [&](const auto& each) { return each->column() == aggregate.column; });
    bool is_first = same == percentiles_.end();
    if (is_first) {
        percentiles_.push_back(std::make_unique<Percentiles>(aggregate.column, bytes_max_ / 2));
        same = percentiles_.end() - 1;
    }
    (*same)->want(aggregate.quantile);
    aggregations_.emplace_back(aggregate, same->get(), is_first);
}

// Whether the segment's cube by the hour (false) or by the minute (true) gives what its rows would.
std::optional<bool> QueryRun::level_for(const Segment& segment) const {
    const Trailer& trailer = segment.trailer();
    bool is_inside = trailer.time_min >= plan_.filter.from_us && trailer.time_max < plan_.filter.to_us;
    if (is_inside && plan_.can_use_hours) return false;
    auto is_even = [](int64_t time_us) {
        return time_us == INT64_MIN || time_us == INT64_MAX || time_us % kMinuteUs == 0;
    };
    if (plan_.can_use_minutes &&
        (is_inside || (is_even(plan_.filter.from_us) && is_even(plan_.filter.to_us))))
        return true;
    return std::nullopt;
}

Result<bool> QueryRun::use_rollup(Segment& segment) {
    std::optional<bool> is_minutes = level_for(segment);
    if (!is_minutes) return false;
    CubeChoice choice{*plan_.cube, *is_minutes, plan_.needs_status};
    NS_TRY(std::shared_ptr<const Cube> shared, segment.cube(choice));
    if (shared == nullptr) return false;
    // Reading a cube loads nothing, so it stays as it is.
    auto& cube = const_cast<Cube&>(*shared);
    has_used_rollup_ = true;
    if (!plan_.filter.may_match(cube)) return true;
    Result<void> selected = plan_.filter.select(cube, rows_);
    if (!selected) return Failure(selected.error());
    groups_.assign(cube, rows_, row_groups_);
    for (Aggregation& aggregation : aggregations_)
        aggregation.add_sums(shared, rows_, row_groups_, groups_.size());
    return true;
}

Result<void> QueryRun::read(const BlockSource& source) {
    NS_TRY(Block * block, reader_.open(source));
    if (!plan_.filter.may_match(*block)) return {};
    rows_scanned_ += block->rows();
    has_read_segment_ = has_read_segment_ || source.segment != nullptr;
    Result<void> selected = plan_.filter.select(*block, rows_);
    if (!selected || rows_.empty()) return selected;
    ColumnSet columns = columns_;
    groups_.add_columns(*block, columns);
    Result<void> loaded = block->load(columns);
    if (!loaded) return loaded;
    groups_.assign(*block, rows_, row_groups_);
    for (Aggregation& aggregation : aggregations_)
        aggregation.add(*block, rows_, row_groups_, groups_.size());
    return check_memory();
}

Result<void> QueryRun::check_memory() const {
    size_t bytes = groups_.bytes();
    for (const Aggregation& aggregation : aggregations_) bytes += aggregation.bytes();
    if (bytes <= bytes_max_) return {};
    return fail(
        Code::kLimit,
        "{} groups take more than the {} bytes a query may use; ask for fewer groups or a shorter time",
        groups_.size(), bytes_max_);
}

Result<QueryResult> QueryRun::run(const Snapshot& snapshot, const std::function<void()>& limit_cache) {
    constexpr size_t kSegmentsAtOnce = 256;
    Snapshot rest;
    rest.memory = snapshot.memory;
    for (size_t i = 0; i < snapshot.segments.size(); ++i) {
        if (i % kSegmentsAtOnce == kSegmentsAtOnce - 1) limit_cache();
        const std::shared_ptr<Segment>& segment = snapshot.segments[i];
        Result<bool> used = use_rollup(*segment);
        if (!used) segment->report(used.error());
        if (used && !*used) rest.segments.push_back(segment);
    }
    Result<void> fits = check_memory();
    if (!fits) return Failure(fits.error());
    for (const BlockSource& source : blocks_of(rest, plan_.filter.from_us, plan_.filter.to_us)) {
        Result<void> done = read(source);
        // A damaged block was reported and counts for nothing.
        if (!done && done.error().code != Code::kCorrupt) return Failure(done.error());
    }
    limit_cache();
    return finish();
}

// The groups to show, in order. Only what decides the order is computed here.
std::vector<uint32_t> QueryRun::ordered_groups() {
    std::vector<std::vector<uint64_t>> keys;
    bool is_by_group = plan_.order_column && *plan_.order_column < plan_.groups.size();
    if (is_by_group) {
        keys.push_back(groups_.order_keys(*plan_.order_column));
    } else if (plan_.order_column) {
        const Aggregation& by = aggregations_[*plan_.order_column - plan_.groups.size()];
        keys.emplace_back();
        for (uint32_t group = 0; group < groups_.size(); ++group)
            keys[0].push_back(order_key(by.value(group)));
    }
    if (plan_.is_descending) {
        for (uint64_t& key : keys[0]) key = ~key;
    }
    for (size_t i = 0; i < plan_.groups.size(); ++i) keys.push_back(groups_.order_keys(i));
    fold(keys);
    // The first key lies beside the group, as it mostly decides.
    std::vector<std::pair<uint64_t, uint32_t>> sorted(groups_.size());
    for (uint32_t group = 0; group < groups_.size(); ++group)
        sorted[group] = {keys.empty() ? 0 : keys[0][group], group};
    auto less = [&keys](const auto& a, const auto& b) {
        if (a.first != b.first) return a.first < b.first;
        for (size_t i = 1; i < keys.size(); ++i) {
            if (keys[i][a.second] != keys[i][b.second]) return keys[i][a.second] < keys[i][b.second];
        }
        return false;
    };
    size_t wanted = std::min<size_t>(plan_.limit, sorted.size());
    auto end = sorted.begin() + static_cast<std::ptrdiff_t>(wanted);
    if (wanted == sorted.size()) {
        std::sort(sorted.begin(), sorted.end(), less);
    } else {
        std::partial_sort(sorted.begin(), end, sorted.end(), less);
    }
    std::vector<uint32_t> groups;
    groups.reserve(wanted);
    for (auto at = sorted.begin(); at != end; ++at) groups.push_back(at->second);
    return groups;
}

QueryResult QueryRun::finish() {
    QueryResult result;
    for (const GroupBy& group : plan_.groups) result.columns.push_back(group.name);
    for (const Aggregate& aggregate : plan_.aggregates) result.columns.push_back(aggregate.name);
    bool needs_all = plan_.limit >= groups_.size();
    if (plan_.order_column && *plan_.order_column >= plan_.groups.size()) {
        const Aggregate& by = plan_.aggregates[*plan_.order_column - plan_.groups.size()];
        needs_all = needs_all || by.type == Aggregate::Type::kPercentile;
    }
    for (const auto& each : percentiles_) each->finish(needs_all);
    std::vector<uint32_t> shown = ordered_groups();
    result.is_truncated = groups_.size() > shown.size();
    result.rows.reserve(shown.size());
    for (uint32_t group : shown) {
        std::vector<Value>& row = result.rows.emplace_back();
        row.reserve(result.columns.size());
        for (size_t i = 0; i < plan_.groups.size(); ++i) row.push_back(groups_.value(group, i));
        for (const Aggregation& aggregation : aggregations_) row.push_back(aggregation.value(group));
    }
    result.from_rollup = has_used_rollup_ && !has_read_segment_;
    result.rows_scanned = rows_scanned_;
    return result;
}

}  // namespace

Result<QueryResult> run_query(const Query& query, const Snapshot& snapshot, size_t bytes_max,
                              const std::function<void()>& limit_cache) {
    auto start = std::chrono::steady_clock::now();
    NS_TRY(QueryPlan plan, plan_query(query));
    NS_TRY(QueryResult result, QueryRun(std::move(plan), bytes_max).run(snapshot, limit_cache));
    result.elapsed_us = static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start)
            .count());
    return result;
}

}  // namespace nightshift::recorder
