#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/histogram.h"
#include "recorder/block.h"
#include "recorder/segment_format.h"

namespace nightshift::recorder {

// Sums of events by a few key columns; see docs/formats/rollup.md.
enum class Measure : uint8_t {
    kCount,
    kErrors,
    kInput,
    kCacheRead,
    kCacheWrite,
    kOutput,
    kReasoning,
    kCost,
    kDurationCount,
    kDurationSum,
    kDurationMin,
    kDurationMax,
    kTtftCount,
    kTtftSum,
    kTtftMin,
    kTtftMax,
};
inline constexpr size_t kMeasures = 16;

// The key columns of a kind of cube.
const ColumnSet& cube_keys(CubeKind kind);

// Buckets of one histogram column, all rows in one array.
struct CubeHistograms {
    using Bucket = Histogram::Bucket;
    std::vector<uint32_t> starts{0};  // row i has the buckets starts[i] up to starts[i + 1]
    std::vector<Bucket> buckets;
    std::vector<uint64_t> zeros;
};

// A decoded cube. Its rows are sums, and it is read as a Block whose columns are the keys and the time.
class Cube final : public Block {
public:
    CubeKind kind = CubeKind::kAgent;
    bool is_minutes = false;
    std::array<std::vector<int64_t>, kMeasures> measures;
    CubeHistograms duration;
    CubeHistograms ttft;

    // Keys. Minutes: the start of each row's minute. Hours: any time of the hour.
    std::vector<int64_t> times;
    std::vector<int64_t> kinds;
    std::vector<int64_t> statuses;
    std::array<std::vector<uint16_t>, kTextColumns> codes;
    std::array<TextDictionary, kTextColumns> dictionaries;

    const std::vector<int64_t>& measure(Measure measure) const {
        return measures[static_cast<size_t>(measure)];
    }
    size_t bytes() const;

    uint32_t rows() const override { return static_cast<uint32_t>(measures[0].size()); }
    std::pair<int64_t, int64_t> range(Number column) const override;
    bool may_contain(Text, std::string_view) const override { return true; }
    Result<void> load(const ColumnSet&) override { return {}; }
    Result<void> load_attributes(const uint16_t*, size_t) override { return {}; }
    const int64_t* numbers(Number column) const override;
    TextColumn texts(Text column) const override {
        return {codes[index_of(column)].data(), &dictionaries[index_of(column)]};
    }
    std::string_view attributes(uint32_t) const override { return {}; }

    std::string encode() const;
    // `time_us` is some time of the hour that the cube is about. kCorrupt when the bytes are not those of a
    // cube.
    static Result<Cube> decode(std::string_view raw, CubeKind kind, bool is_minutes, int64_t time_us);
};

}  // namespace nightshift::recorder
