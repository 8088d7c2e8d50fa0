#include "recorder/cube.h"

#include <algorithm>
#include <map>

#include "recorder/wire.h"

namespace nightshift::recorder {
namespace {

constexpr int64_t kMinuteUs = 60ll * 1000 * 1000;
constexpr int64_t kHourUs = 60 * kMinuteUs;

int64_t floor_to(int64_t value, int64_t unit) {
    int64_t rest = value % unit;
    return value - (rest < 0 ? rest + unit : rest);
}

bool has(const ColumnSet& columns, Number column) {
    return (columns.numbers >> index_of(column) & 1) != 0;
}
bool has(const ColumnSet& columns, size_t text) {
    return (columns.texts >> text & 1) != 0;
}

void encode_histograms(const CubeHistograms& histograms, std::string& out) {
    std::vector<Histogram::Bucket> buckets;
    for (size_t row = 0; row < histograms.rows(); ++row) {
        histograms.read(row, buckets);
        put_varint(out, buckets.size());
        put_varint(out, histograms.zeros(row));
        int32_t before = 0;
        for (const Histogram::Bucket& each : buckets) {
            put_varint(out, zigzag(each.bucket - before));
            put_varint(out, each.count);
            before = each.bucket;
        }
    }
}

void decode_histograms(WireReader& reader, const std::vector<int64_t>& mins, const std::vector<int64_t>& maxs,
                       CubeHistograms& into) {
    std::vector<Histogram::Bucket> buckets;
    for (size_t row = 0; row < mins.size() && reader.is_ok(); ++row) {
        uint64_t count = reader.varint();
        uint64_t zeros = reader.varint();
        int64_t bucket = 0;
        buckets.clear();
        for (uint64_t i = 0; i < count && reader.is_ok(); ++i) {
            int64_t step = std::clamp<int64_t>(reader.signed_varint(), i == 0 ? -8192 : 0, 8192);
            bucket = std::clamp<int64_t>(bucket + step, Histogram::kBucketMin, Histogram::kBucketMax);
            buckets.push_back({static_cast<int32_t>(bucket), static_cast<uint32_t>(reader.varint())});
        }
        into.append(buckets.data(), buckets.size(), {zeros, mins[row], maxs[row]});
    }
}

}  // namespace

const ColumnSet& cube_keys(CubeKind kind) {
    static const std::array<ColumnSet, kCubeKinds> keys = [] {
        std::array<ColumnSet, kCubeKinds> sets;
        sets[0].add(Text::kAgent);
        for (size_t i : {1, 2}) {
            sets[i].add(Number::kKind);
            sets[i].add(Number::kStatus);
        }
        sets[1].add(Text::kName);
        sets[2].add(Text::kProvider);
        sets[2].add(Text::kModel);
        return sets;
    }();
    return keys[static_cast<size_t>(kind)];
}

size_t Cube::bytes() const {
    if (bytes_ != 0) return bytes_;
    size_t bytes = sizeof(Cube) + rows() * (kMeasures + 3) * 8;
    bytes += duration.bytes() + ttft.bytes();
    for (size_t i = 0; i < kTextColumns; ++i)
        bytes += codes[i].size() * 2 + dictionaries[i].bytes() + hashes[i].size() * 8;
    return bytes;
}

void Cube::index() {
    for (size_t i = 0; i < kTextColumns; ++i) {
        for (uint32_t code = 0; code < dictionaries[i].size() && !codes[i].empty(); ++code)
            hashes[i].push_back(TextDictionary::hash(dictionaries[i].at(code)));
    }
    ranges_ = {range(Number::kTime), range(Number::kKind), range(Number::kStatus)};
    bytes_ = bytes();
}

std::pair<int64_t, int64_t> Cube::range(Number column) const {
    if (rows() == 0) return {0, 0};
    if (ranges_) return (*ranges_)[column == Number::kTime ? 0 : column == Number::kKind ? 1 : 2];
    const int64_t* values = numbers(column);
    if (values == nullptr) return {0, 0};
    auto [min, max] = std::minmax_element(values, values + rows());
    return {*min, *max};
}

const int64_t* Cube::numbers(Number column) const {
    switch (column) {
        case Number::kKind:
            return kinds.data();
        case Number::kStatus:
            return statuses.data();
        default:
            return times.data();
    }
}

std::string Cube::encode() const {
    std::string out;
    const ColumnSet& keys = cube_keys(kind);
    put_varint(out, rows());
    for (size_t row = 0; row < rows() && is_minutes; ++row) {
        put_fixed(out, static_cast<uint8_t>((times[row] - floor_to(times[row], kHourUs)) / kMinuteUs));
    }
    for (size_t row = 0; row < rows() && has(keys, Number::kKind); ++row) {
        put_fixed(out, static_cast<uint8_t>(kinds[row]));
        put_fixed(out, static_cast<uint8_t>(statuses[row]));
    }
    for (size_t column = 0; column < kTextColumns; ++column) {
        if (!has(keys, column)) continue;
        put_varint(out, dictionaries[column].size() - 1);
        for (uint32_t code = 1; code < dictionaries[column].size(); ++code)
            put_text(out, dictionaries[column].at(code));
        for (uint16_t code : codes[column]) put_varint(out, code);
    }
    for (const auto& column : measures) {
        for (int64_t value : column) put_varint(out, zigzag(value));
    }
    encode_histograms(duration, out);
    encode_histograms(ttft, out);
    return out;
}

Result<Cube> Cube::decode(std::string_view raw, CubeKind kind, bool is_minutes, int64_t time_us) {
    WireReader reader(raw);
    Cube cube;
    cube.kind = kind;
    cube.is_minutes = is_minutes;
    const ColumnSet& keys = cube_keys(kind);
    uint64_t rows = reader.varint();
    if (rows > raw.size() / kMeasures || rows > UINT16_MAX)
        return fail(Code::kCorrupt, "a cube of {} rows", rows);
    int64_t hour_us = floor_to(time_us, kHourUs);
    for (uint64_t row = 0; row < rows; ++row) {
        cube.times.push_back(is_minutes ? hour_us + reader.fixed<uint8_t>() % 60 * kMinuteUs : time_us);
    }
    for (uint64_t row = 0; row < rows && has(keys, Number::kKind); ++row) {
        cube.kinds.push_back(reader.fixed<uint8_t>());
        cube.statuses.push_back(reader.fixed<uint8_t>());
    }
    for (size_t column = 0; column < kTextColumns; ++column) {
        if (!has(keys, column)) continue;
        uint64_t texts = reader.varint();
        if (texts > kBlockRowsMax) return fail(Code::kCorrupt, "a cube with {} texts", texts);
        for (uint64_t i = 0; i < texts; ++i) cube.dictionaries[column].append(reader.text());
        for (uint64_t row = 0; row < rows; ++row) {
            uint64_t code = reader.varint();
            if (code >= cube.dictionaries[column].size())
                return fail(Code::kCorrupt, "a cube's code without its text");
            cube.codes[column].push_back(static_cast<uint16_t>(code));
        }
    }
    for (auto& column : cube.measures) {
        column.reserve(rows);
        for (uint64_t row = 0; row < rows; ++row) column.push_back(reader.signed_varint());
    }
    decode_histograms(reader, cube.measure(Measure::kDurationMin), cube.measure(Measure::kDurationMax),
                      cube.duration);
    decode_histograms(reader, cube.measure(Measure::kTtftMin), cube.measure(Measure::kTtftMax), cube.ttft);
    if (!reader.is_ok()) return fail(Code::kCorrupt, "a cube is cut");
    cube.index();
    return cube;
}

uint32_t Cube::add_row_of(const Cube& other, uint32_t row) {
    for (auto& measure : measures) measure.push_back(0);
    times.push_back(other.times[row]);
    kinds.push_back(other.kinds[row]);
    for (size_t i = 0; i < kTextColumns; ++i) {
        if (!other.codes[i].empty()) codes[i].push_back(other.codes[i][row]);
    }
    return rows() - 1;
}

void Cube::add_measures_of(const Cube& other, uint32_t row, uint32_t into) {
    auto value = [row, &other](size_t measure) { return other.measures[measure][row]; };
    constexpr auto kTimes = static_cast<size_t>(Measure::kDurationCount);
    for (size_t i = 0; i < kTimes; ++i) measures[i][into] = add_saturated(measures[i][into], value(i));
    for (size_t i = kTimes; i < kMeasures; i += 4) {
        if (value(i) == 0) continue;
        bool is_first = measures[i][into] == 0;
        int64_t& min = measures[i + 2][into];
        int64_t& max = measures[i + 3][into];
        measures[i][into] = add_saturated(measures[i][into], value(i));
        measures[i + 1][into] = add_saturated(measures[i + 1][into], value(i + 1));
        min = is_first ? value(i + 2) : std::min(min, value(i + 2));
        max = is_first ? value(i + 3) : std::max(max, value(i + 3));
    }
}

Cube Cube::without_status() const {
    Cube merged;
    merged.kind = kind;
    merged.is_minutes = is_minutes;
    merged.dictionaries = dictionaries;
    std::map<std::array<int64_t, 4>, uint32_t> rows_by_key;
    std::vector<std::vector<uint32_t>> parts;  // rows of this cube by row of the merged one
    for (uint32_t row = 0; row < rows(); ++row) {
        std::array<int64_t, 4> key{times[row], kinds[row]};
        size_t next = 2;  // such cubes have at most two columns of text
        for (size_t i = 0; i < kTextColumns; ++i) {
            if (!codes[i].empty()) key[next++] = codes[i][row];
        }
        auto [at, is_new] = rows_by_key.try_emplace(key, 0);
        if (is_new) {
            at->second = merged.add_row_of(*this, row);
            parts.emplace_back();
        }
        merged.add_measures_of(*this, row, at->second);
        parts[at->second].push_back(row);
    }
    for (uint32_t row = 0; row < merged.rows(); ++row) {
        merged.duration.append_sum(duration, parts[row]);
        merged.ttft.append_sum(ttft, parts[row]);
    }
    merged.index();
    return merged;
}

}  // namespace nightshift::recorder
