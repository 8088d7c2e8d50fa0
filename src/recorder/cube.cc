#include "recorder/cube.h"

#include <algorithm>

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
    for (size_t row = 0; row + 1 < histograms.starts.size(); ++row) {
        put_varint(out, histograms.starts[row + 1] - histograms.starts[row]);
        put_varint(out, histograms.zeros[row]);
        int32_t before = 0;
        for (uint32_t i = histograms.starts[row]; i < histograms.starts[row + 1]; ++i) {
            put_varint(out, zigzag(histograms.buckets[i].bucket - before));
            put_varint(out, histograms.buckets[i].count);
            before = histograms.buckets[i].bucket;
        }
    }
}

void decode_histograms(WireReader& reader, size_t rows, CubeHistograms& into) {
    for (size_t row = 0; row < rows && reader.is_ok(); ++row) {
        uint64_t count = reader.varint();
        into.zeros.push_back(reader.varint());
        int64_t bucket = 0;
        for (uint64_t i = 0; i < count && reader.is_ok(); ++i) {
            int64_t step = std::clamp<int64_t>(reader.signed_varint(), i == 0 ? -8192 : 0, 8192);
            bucket = std::clamp<int64_t>(bucket + step, Histogram::kBucketMin, Histogram::kBucketMax);
            into.buckets.push_back({static_cast<int32_t>(bucket), static_cast<uint32_t>(reader.varint())});
        }
        into.starts.push_back(static_cast<uint32_t>(into.buckets.size()));
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
    size_t bytes = sizeof(Cube) + rows() * (kMeasures + 3) * 8;
    bytes += (duration.buckets.size() + ttft.buckets.size()) * sizeof(CubeHistograms::Bucket) + rows() * 24;
    for (size_t i = 0; i < kTextColumns; ++i) bytes += codes[i].size() * 2 + dictionaries[i].bytes();
    return bytes;
}

std::pair<int64_t, int64_t> Cube::range(Number column) const {
    if (rows() == 0) return {0, 0};
    const int64_t* values = numbers(column);
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
    decode_histograms(reader, rows, cube.duration);
    decode_histograms(reader, rows, cube.ttft);
    if (!reader.is_ok()) return fail(Code::kCorrupt, "a cube is cut");
    return cube;
}

}  // namespace nightshift::recorder
