#include "recorder/query_run.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "recorder/aggregation.h"
#include "recorder/cube.h"
#include "recorder/group_table.h"
#include "recorder/query_plan.h"

namespace nightshift::recorder {
namespace {

constexpr int64_t kMinuteUs = 60ll * 1000 * 1000;

class QueryRun {
public:
    QueryRun(QueryPlan plan, size_t bytes_max)
        : plan_(std::move(plan)),
          columns_(plan_.columns()),
          bytes_max_(bytes_max),
          groups_(plan_.groups, plan_.filter.tenant) {
        aggregations_.reserve(plan_.aggregates.size());
        for (const Aggregate& aggregate : plan_.aggregates) {
            aggregations_.emplace_back(aggregate);
            for (size_t i = 0; i + 1 < aggregations_.size(); ++i) {
                if (!aggregations_.back().can_share_with(aggregations_[i])) continue;
                aggregations_.back().share(aggregations_[i]);
                break;
            }
        }
    }

    Result<QueryResult> run(const Snapshot& snapshot);

private:
    Result<bool> use_rollup(Segment& segment);
    std::optional<bool> level_for(const Segment& segment) const;
    Result<void> read(const BlockSource& source);
    Result<void> check_memory() const;
    QueryResult finish() const;
    void order(std::vector<uint32_t>& groups, std::vector<std::vector<Value>>& rows) const;

    QueryPlan plan_;
    ColumnSet columns_;
    size_t bytes_max_;
    GroupTable groups_;
    std::vector<Aggregation> aggregations_;
    BlockReader reader_;
    std::vector<uint16_t> rows_;
    std::vector<uint32_t> row_groups_;
    uint64_t rows_scanned_ = 0;
    bool has_read_segment_ = false;
    bool has_used_rollup_ = false;
};

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
    // Any cube with the key columns will do; the first that fits has the fewest rows.
    NS_TRY(std::shared_ptr<const Cube> shared, segment.cube(*plan_.cube, *is_minutes));
    if (shared == nullptr) return false;
    // Reading a cube loads nothing, so it stays as it is.
    auto& cube = const_cast<Cube&>(*shared);
    has_used_rollup_ = true;
    if (!plan_.filter.may_match(cube)) return true;
    Result<void> selected = plan_.filter.select(cube, rows_);
    if (!selected) return Failure(selected.error());
    groups_.assign(cube, rows_, row_groups_);
    for (Aggregation& aggregation : aggregations_)
        aggregation.add_sums(cube, rows_, row_groups_, groups_.size());
    return true;
}

Result<void> QueryRun::read(const BlockSource& source) {
    NS_TRY(Block * block, reader_.open(source));
    if (!plan_.filter.may_match(*block)) return {};
    rows_scanned_ += block->rows();
    has_read_segment_ = has_read_segment_ || source.segment != nullptr;
    Result<void> selected = plan_.filter.select(*block, rows_);
    if (!selected || rows_.empty()) return selected;
    Result<void> loaded = block->load(columns_);
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

Result<QueryResult> QueryRun::run(const Snapshot& snapshot) {
    Snapshot rest;
    rest.memory = snapshot.memory;
    for (const auto& segment : snapshot.segments) {
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
    return finish();
}

void QueryRun::order(std::vector<uint32_t>& groups, std::vector<std::vector<Value>>& rows) const {
    auto less = [&](uint32_t a, uint32_t b) {
        if (plan_.order_column) {
            const Value& left = rows[a][*plan_.order_column];
            const Value& right = rows[b][*plan_.order_column];
            if (left != right) return plan_.is_descending ? right < left : left < right;
        }
        for (size_t i = 0; i < plan_.groups.size(); ++i) {
            if (rows[a][i] != rows[b][i]) return rows[a][i] < rows[b][i];
        }
        return false;
    };
    size_t wanted = std::min<size_t>(plan_.limit, groups.size());
    if (wanted == groups.size()) return std::sort(groups.begin(), groups.end(), less);
    std::partial_sort(groups.begin(), groups.begin() + static_cast<std::ptrdiff_t>(wanted), groups.end(),
                      less);
}

QueryResult QueryRun::finish() const {
    QueryResult result;
    for (const GroupBy& group : plan_.groups) result.columns.push_back(group.name);
    for (const Aggregate& aggregate : plan_.aggregates) result.columns.push_back(aggregate.name);
    std::vector<std::vector<Value>> rows(groups_.size());
    std::vector<uint32_t> order_of(groups_.size());
    std::iota(order_of.begin(), order_of.end(), 0u);
    for (uint32_t group = 0; group < groups_.size(); ++group) {
        rows[group].reserve(result.columns.size());
        for (size_t i = 0; i < plan_.groups.size(); ++i) rows[group].push_back(groups_.value(group, i));
        for (const Aggregation& aggregation : aggregations_) rows[group].push_back(aggregation.value(group));
    }
    order(order_of, rows);
    result.is_truncated = order_of.size() > plan_.limit;
    order_of.resize(std::min<size_t>(order_of.size(), plan_.limit));
    for (uint32_t group : order_of) result.rows.push_back(std::move(rows[group]));
    result.from_rollup = has_used_rollup_ && !has_read_segment_;
    result.rows_scanned = rows_scanned_;
    return result;
}

}  // namespace

Result<QueryResult> run_query(const Query& query, const Snapshot& snapshot, size_t bytes_max) {
    auto start = std::chrono::steady_clock::now();
    NS_TRY(QueryPlan plan, plan_query(query));
    NS_TRY(QueryResult result, QueryRun(std::move(plan), bytes_max).run(snapshot));
    result.elapsed_us = static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start)
            .count());
    return result;
}

}  // namespace nightshift::recorder
