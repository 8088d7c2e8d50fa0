#include "recorder/aggregation.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace nightshift::recorder {
namespace {

using Type = Aggregate::Type;

// Durations and times to first token: -1 is not known, and does not count.
bool has_unknowns(const Column& column) {
    return column.kind == Column::Kind::kNumber &&
           (column.number == Number::kDuration || column.number == Number::kTtft);
}

bool is(const Column& column, Number number) {
    return column.kind == Column::Kind::kNumber && column.number == number;
}

Measure measure_of(Number column) {
    switch (column) {
        case Number::kInput:
            return Measure::kInput;
        case Number::kCacheRead:
            return Measure::kCacheRead;
        case Number::kCacheWrite:
            return Measure::kCacheWrite;
        case Number::kOutput:
            return Measure::kOutput;
        case Number::kReasoning:
            return Measure::kReasoning;
        case Number::kCost:
            return Measure::kCost;
        case Number::kDuration:
            return Measure::kDurationSum;
        default:
            return Measure::kTtftSum;
    }
}

Measure shifted(Measure measure, int by) {
    return static_cast<Measure>(static_cast<int>(measure) + by);
}

int64_t saturated(auto wide) {
    if (wide > std::numeric_limits<int64_t>::max()) return std::numeric_limits<int64_t>::max();
    if (wide < std::numeric_limits<int64_t>::min()) return std::numeric_limits<int64_t>::min();
    return static_cast<int64_t>(wide);
}

}  // namespace

void Aggregation::grow(size_t group_count) {
    if (aggregate_.type == Type::kPercentile || counts_.size() >= group_count) return;
    counts_.resize(group_count);
    switch (aggregate_.type) {
        case Type::kSum:
        case Type::kAverage:
            aggregate_.column.is_real() ? reals_.resize(group_count) : sums_.resize(group_count);
            break;
        case Type::kMin:
        case Type::kMax:
            aggregate_.column.is_real() ? reals_.resize(group_count) : extremes_.resize(group_count);
            break;
        case Type::kCountDistinct:
            distinct_.resize(group_count);
            break;
        default:
            break;
    }
}

const int64_t* Aggregation::column_of(const Block& block) {
    if (aggregate_.column.kind == Column::Kind::kNumber) return block.numbers(aggregate_.column.number);
    total_.resize(block.rows());
    const int64_t* input = block.numbers(Number::kInput);
    const int64_t* output = block.numbers(Number::kOutput);
    for (uint32_t i = 0; i < block.rows(); ++i) {
        int64_t sum = 0;
        total_[i] = __builtin_add_overflow(input[i], output[i], &sum) ? INT64_MAX : sum;
    }
    return total_.data();
}

void Aggregation::add_reals(const int64_t* bits, const std::vector<uint16_t>& rows,
                            const std::vector<uint32_t>& groups) {
    for (size_t i = 0; i < rows.size(); ++i) {
        auto value = std::bit_cast<double>(bits[rows[i]]);
        if (std::isnan(value)) continue;
        uint32_t group = groups[i];
        if (aggregate_.type == Type::kPercentile) {
            percentiles_->add(group, value);
            continue;
        }
        bool is_first = counts_[group]++ == 0;
        switch (aggregate_.type) {
            case Type::kMin:
                reals_[group] = is_first ? value : std::min(reals_[group], value);
                break;
            case Type::kMax:
                reals_[group] = is_first ? value : std::max(reals_[group], value);
                break;
            default:
                reals_[group] += value;
                break;
        }
    }
}

// Whether a sum over the block cannot leave 64 bits, and there are few enough groups to add them up apart.
bool Aggregation::fits_small_sums(const Block& block) const {
    constexpr size_t kGroupsMax = 4096;
    constexpr int64_t kValueMax = int64_t{1} << 46;  // a block has at most 2^16 rows
    if (aggregate_.type != Type::kSum || counts_.size() > kGroupsMax || has_unknowns(aggregate_.column))
        return false;
    auto is_small = [&block](Number column) {
        auto [low, high] = block.range(column);
        return low >= -kValueMax && high <= kValueMax;
    };
    if (aggregate_.column.kind == Column::Kind::kNumber) return is_small(aggregate_.column.number);
    return is_small(Number::kInput) && is_small(Number::kOutput);
}

void Aggregation::add_small_sums(const int64_t* values, const std::vector<uint16_t>& rows,
                                 const std::vector<uint32_t>& groups) {
    small_sums_.assign(2 * counts_.size(), 0);
    // Neighbours are often of one group: with two sums a row need not wait for the one before.
    size_t i = 0;
    for (; i + 1 < rows.size(); i += 2) {
        small_sums_[2 * groups[i]] += static_cast<uint64_t>(values[rows[i]]);
        small_sums_[2 * groups[i + 1] + 1] += static_cast<uint64_t>(values[rows[i + 1]]);
    }
    if (i < rows.size()) small_sums_[2 * groups[i]] += static_cast<uint64_t>(values[rows[i]]);
    for (size_t group = 0; group < counts_.size(); ++group)
        sums_[group] += static_cast<int64_t>(small_sums_[2 * group] + small_sums_[2 * group + 1]);
}

void Aggregation::add_wholes(const int64_t* values, const std::vector<uint16_t>& rows,
                             const std::vector<uint32_t>& groups) {
    // One loop per type, with the group's place looked up once a row.
    bool skips = has_unknowns(aggregate_.column);
    if (aggregate_.type == Type::kPercentile) {
        for (size_t i = 0; i < rows.size(); ++i) {
            int64_t value = values[rows[i]];
            if (!skips || value >= 0) percentiles_->add(groups[i], static_cast<double>(value));
        }
        return;
    }
    auto each = [&](auto visit) {
        for (size_t i = 0; i < rows.size(); ++i) {
            int64_t value = values[rows[i]];
            if (skips && value < 0) continue;
            visit(groups[i], value);
            ++counts_[groups[i]];
        }
    };
    switch (aggregate_.type) {
        case Type::kMin:
            return each([this](uint32_t g, int64_t v) {
                extremes_[g] = counts_[g] == 0 ? v : std::min(extremes_[g], v);
            });
        case Type::kMax:
            return each([this](uint32_t g, int64_t v) {
                extremes_[g] = counts_[g] == 0 ? v : std::max(extremes_[g], v);
            });
        default:
            return each([this](uint32_t g, int64_t v) { sums_[g] += v; });
    }
}

void Aggregation::add_distinct(const Block& block, const std::vector<uint16_t>& rows,
                               const std::vector<uint32_t>& groups) {
    const Column& column = aggregate_.column;
    std::vector<uint64_t> hashes;
    if (column.kind == Column::Kind::kText) {
        const TextDictionary& dictionary = *block.texts(column.text).dictionary;
        for (uint32_t code = 0; code < dictionary.size(); ++code) {
            std::string_view text = dictionary.at(code);
            hashes.push_back(XXH3_64bits(text.data(), text.size()));
        }
    }
    uint64_t last_hash = 0;
    uint32_t last_group = UINT32_MAX;
    const int64_t* numbers = column.is_text() ? nullptr : column_of(block);
    for (size_t i = 0; i < rows.size(); ++i) {
        uint64_t hash = 0;
        if (column.kind == Column::Kind::kText) {
            uint16_t code = block.texts(column.text).codes[rows[i]];
            if (code == 0) continue;  // an absent value is not one
            hash = hashes[code];
        } else if (numbers != nullptr) {
            hash = static_cast<uint64_t>(numbers[rows[i]]);
        }
        if (hash == last_hash && groups[i] == last_group) continue;
        distinct_[groups[i]].insert(hash);
        last_hash = hash;
        last_group = groups[i];
    }
}

// Adds what `get` says to the counts. Rows of a segment are sorted, so groups come in runs, and a run is
// added at once.
template <class Get>
void Aggregation::add_runs(const std::vector<uint32_t>& groups, Get get) {
    for (size_t i = 0; i < groups.size();) {
        uint32_t group = groups[i];
        int64_t sum = 0;
        for (; i < groups.size() && groups[i] == group; ++i) sum += get(i);
        counts_[group] += sum;
    }
}

void Aggregation::add(const Block& block, const std::vector<uint16_t>& rows,
                      const std::vector<uint32_t>& groups, size_t group_count) {
    if (aggregate_.type == Type::kPercentile) {
        if (!is_feeding_) return;
        percentiles_->grow(group_count);
    }
    grow(group_count);
    switch (aggregate_.type) {
        case Type::kCount:
            return add_runs(groups, [](size_t) { return int64_t{1}; });
        case Type::kErrors: {
            const int64_t* status = block.numbers(Number::kStatus);
            return add_runs(groups, [status, &rows](size_t i) {
                auto each = static_cast<Status>(status[rows[i]]);
                return int64_t{each == Status::kError || each == Status::kTimeout};
            });
        }
        case Type::kCountDistinct:
            return add_distinct(block, rows, groups);
        default:
            break;
    }
    const int64_t* values = column_of(block);
    if (aggregate_.column.is_real()) return add_reals(values, rows, groups);
    if (fits_small_sums(block)) return add_small_sums(values, rows, groups);
    add_wholes(values, rows, groups);
}

void Aggregation::add_sums(const std::shared_ptr<const Cube>& shared, const std::vector<uint16_t>& rows,
                           const std::vector<uint32_t>& groups, size_t group_count) {
    if (aggregate_.type == Type::kPercentile) {
        if (is_feeding_) percentiles_->add_cube(shared, rows, groups, group_count);
        return;
    }
    const Cube& cube = *shared;
    grow(group_count);
    auto sum_into = [&](std::vector<int64_t>& to, Measure measure) {
        const auto& from = cube.measure(measure);
        for (size_t i = 0; i < rows.size(); ++i) to[groups[i]] += from[rows[i]];
    };
    bool is_time = has_unknowns(aggregate_.column);
    Measure first = measure_of(aggregate_.column.number);
    switch (aggregate_.type) {
        case Type::kCount:
            return sum_into(counts_, Measure::kCount);
        case Type::kErrors:
            return sum_into(counts_, Measure::kErrors);
        case Type::kSum:
        case Type::kAverage: {
            bool is_total = aggregate_.column.kind == Column::Kind::kTotalTokens;
            const auto& from = cube.measure(is_total ? Measure::kInput : first);
            for (size_t i = 0; i < rows.size(); ++i) sums_[groups[i]] += from[rows[i]];
            if (is_total) {
                const auto& output = cube.measure(Measure::kOutput);
                for (size_t i = 0; i < rows.size(); ++i) sums_[groups[i]] += output[rows[i]];
            }
            return sum_into(counts_, is_time ? shifted(first, -1) : Measure::kCount);
        }
        default:
            break;
    }
    bool is_min = aggregate_.type == Type::kMin;
    const auto& from = cube.measure(shifted(first, is_min ? 1 : 2));
    const auto& counts = cube.measure(shifted(first, -1));
    for (size_t i = 0; i < rows.size(); ++i) {
        if (counts[rows[i]] == 0) continue;
        int64_t& to = extremes_[groups[i]];
        int64_t value = from[rows[i]];
        to = counts_[groups[i]] == 0 ? value : is_min ? std::min(to, value) : std::max(to, value);
        counts_[groups[i]] += counts[rows[i]];
    }
}

Value Aggregation::in_unit(double value) const {
    if (is(aggregate_.column, Number::kCost)) return value / 1e9;
    if (is(aggregate_.column, Number::kTime)) return value / 1e3;
    return value;
}

Value Aggregation::in_unit(int64_t value) const {
    if (is(aggregate_.column, Number::kCost)) return static_cast<double>(value) / 1e9;
    if (is(aggregate_.column, Number::kTime)) return value / 1000;
    return value;
}

Value Aggregation::value(uint32_t group) const {
    if (aggregate_.type == Type::kPercentile) {
        std::optional<double> value = percentiles_->value(group, aggregate_.quantile);
        return value ? in_unit(*value) : Value();
    }
    // A group that only other aggregates met.
    int64_t count = group < counts_.size() ? counts_[group] : 0;
    bool is_real = aggregate_.column.is_real();
    switch (aggregate_.type) {
        case Type::kCount:
        case Type::kErrors:
            return count;
        case Type::kCountDistinct:
            return static_cast<int64_t>(group < distinct_.size() ? distinct_[group].size() : 0);
        case Type::kSum:
            if (is_real) return count == 0 ? 0.0 : reals_[group];
            return in_unit(group < sums_.size() ? saturated(sums_[group]) : int64_t{0});
        default:
            break;
    }
    if (count == 0) return {};
    switch (aggregate_.type) {
        case Type::kAverage: {
            double sum = is_real ? reals_[group] : static_cast<double>(sums_[group]);
            return in_unit(sum / static_cast<double>(count));
        }
        default:
            return is_real ? in_unit(reals_[group]) : in_unit(extremes_[group]);
    }
}

size_t Aggregation::bytes() const {
    size_t bytes =
        counts_.capacity() * 8 + sums_.capacity() * 16 + reals_.capacity() * 8 + extremes_.capacity() * 8;
    bytes += distinct_.capacity() * sizeof(distinct_[0]);
    if (is_feeding_) bytes += percentiles_->bytes();
    for (const auto& set : distinct_) bytes += set.size() * 32;
    return bytes;
}

}  // namespace nightshift::recorder
