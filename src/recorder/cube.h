#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "recorder/block.h"
#include "recorder/cube_histograms.h"
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
    std::array<std::vector<uint64_t>, kTextColumns> hashes;  // of the texts, once decoded

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
        size_t i = index_of(column);
        return {codes[i].data(), &dictionaries[i], hashes[i].empty() ? nullptr : hashes[i].data()};
    }
    std::string_view attributes(uint32_t) const override { return {}; }

    std::string encode() const;
    // Also finds what queries ask of every cube again and again. `time_us` is some time of the hour that the
    // cube is about. kCorrupt when the bytes are not those of a cube.
    static Result<Cube> decode(std::string_view raw, CubeKind kind, bool is_minutes, int64_t time_us);

    // The same sums with the rows of all statuses made one. The status column must not be asked for.
    Cube without_status() const;

private:
    void index();
    uint32_t add_row_of(const Cube& other, uint32_t row);
    void add_measures_of(const Cube& other, uint32_t row, uint32_t into);

    std::optional<std::array<std::pair<int64_t, int64_t>, 3>> ranges_;  // of time, kind and status
    size_t bytes_ = 0;                                                  // once decoded
};

}  // namespace nightshift::recorder
