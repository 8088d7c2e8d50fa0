#include "recorder/rollup.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "base/histogram.h"
#include "recorder/wire.h"

namespace nightshift::recorder {
namespace {

constexpr size_t kKeysMax = 16384;
constexpr uint32_t kHopelessKeys = 512;
// Opening a file takes longer than so many rows of a cube, however few events they stand for.
constexpr uint64_t kFewRows = 1024;
constexpr size_t kTextsMax = kKeysMax - 1;
constexpr std::string_view kOther = "__other__";
constexpr int64_t kMinuteUs = 60ll * 1000 * 1000;

int64_t floor_minute(int64_t time_us) {
    int64_t rest = time_us % kMinuteUs;
    return time_us - (rest < 0 ? rest + kMinuteUs : rest);
}

}  // namespace

// One cube being built. Keys are texts of its own dictionaries, so blocks with other codes can follow.
struct RollupBuilder::CubeBuilder {
    CubeBuilder(CubeKind kind, bool is_minutes) {
        cube.kind = kind;
        cube.is_minutes = is_minutes;
    }

    Cube cube;
    std::vector<Histogram> duration;
    std::vector<Histogram> ttft;
    std::unordered_map<std::string, uint32_t> rows;  // packed key -> row
    uint64_t keys_folded = 0;
    bool has_given_up = false;  // more keys than a cube may have, by far

    void add(const Block& block);
    bool pays(uint64_t events) const {
        if (cube.rows() == 0) return false;
        if (cube.is_minutes) return cube.rows() * 4ull <= events;
        return cube.rows() * 2ull <= events || events <= kFewRows;
    }
    void finish();

private:
    struct Keys;
    bool find_rows(const Block& block);
    uint32_t row_of_key(uint64_t key, const Keys& keys);
    size_t place_of(uint64_t key) const;
    uint32_t row_for(const Keys& keys);
    void add_measure(const int64_t* values, Measure measure);
    void add_times(const int64_t* values, Measure first, std::vector<Histogram>& histograms);
    uint16_t intern(size_t column, std::string_view text);
    uint32_t new_row();

    uint64_t events_ = 0;
    std::vector<uint32_t> rows_of_;
    std::vector<std::pair<uint64_t, uint32_t>> known_;
    size_t known_used_ = 0;
};

struct RollupBuilder::CubeBuilder::Keys {
    int64_t minute = 0;
    int64_t kind = 0;
    int64_t status = 0;
    std::array<uint16_t, kTextColumns> codes{};
};

uint16_t RollupBuilder::CubeBuilder::intern(size_t column, std::string_view text) {
    TextDictionary& dictionary = cube.dictionaries[column];
    // Keep one place for the name of all others.
    if (dictionary.size() >= kTextsMax) text = kOther;
    return static_cast<uint16_t>(dictionary.intern(text));
}

uint32_t RollupBuilder::CubeBuilder::new_row() {
    for (auto& column : cube.measures) column.push_back(0);
    for (Measure measure : {Measure::kDurationMin, Measure::kTtftMin}) {
        cube.measures[static_cast<size_t>(measure)].back() = INT64_MAX;
    }
    duration.emplace_back();
    ttft.emplace_back();
    return cube.rows() - 1;
}

uint32_t RollupBuilder::CubeBuilder::row_for(const Keys& keys) {
    const ColumnSet& columns = cube_keys(cube.kind);
    std::string packed;
    put_fixed(packed, keys.minute);
    put_fixed(packed, static_cast<uint8_t>(keys.kind));
    put_fixed(packed, static_cast<uint8_t>(keys.status));
    for (size_t i = 0; i < kTextColumns; ++i) {
        if (columns.texts >> i & 1) put_fixed(packed, keys.codes[i]);
    }
    auto found = rows.find(packed);
    if (found != rows.end()) return found->second;
    if (cube.rows() >= kKeysMax && (cube.rows() >= 2 * kKeysMax || has_given_up)) {
        has_given_up = true;  // it cannot pay any more; its rows will be read
        return 0;
    }
    Keys target = keys;
    if (cube.rows() >= kKeysMax) {
        ++keys_folded;
        bool is_new = false;
        for (size_t i = 0; i < kTextColumns; ++i) {
            if (!(columns.texts >> i & 1)) continue;
            uint16_t other = static_cast<uint16_t>(cube.dictionaries[i].intern(kOther));
            is_new = is_new || target.codes[i] != other;
            target.codes[i] = other;
        }
        if (is_new) {
            uint32_t row = row_for(target);
            rows.emplace(std::move(packed), row);
            return row;
        }
    }
    uint32_t row = new_row();
    cube.times.push_back(target.minute);
    cube.kinds.push_back(target.kind);
    cube.statuses.push_back(target.status);
    for (size_t i = 0; i < kTextColumns; ++i) {
        if (columns.texts >> i & 1) cube.codes[i].push_back(target.codes[i]);
    }
    rows.emplace(std::move(packed), row);
    return row;
}

// Adds a column of the block to a measure: rows_of_[i] is the cube's row of event i.
void RollupBuilder::CubeBuilder::add_measure(const int64_t* values, Measure measure) {
    std::vector<int64_t>& to = cube.measures[static_cast<size_t>(measure)];
    for (size_t i = 0; i < rows_of_.size(); ++i) to[rows_of_[i]] = add_saturated(to[rows_of_[i]], values[i]);
}

void RollupBuilder::CubeBuilder::add_times(const int64_t* values, Measure first,
                                           std::vector<Histogram>& histograms) {
    auto at = static_cast<size_t>(first);
    std::vector<int64_t>& counts = cube.measures[at];
    std::vector<int64_t>& sums = cube.measures[at + 1];
    std::vector<int64_t>& mins = cube.measures[at + 2];
    std::vector<int64_t>& maxs = cube.measures[at + 3];
    for (size_t i = 0; i < rows_of_.size(); ++i) {
        int64_t value = values[i];
        if (value < 0) continue;
        uint32_t row = rows_of_[i];
        ++counts[row];
        sums[row] = add_saturated(sums[row], value);
        mins[row] = std::min(mins[row], value);
        maxs[row] = std::max(maxs[row], value);
        histograms[row].add(static_cast<double>(value));
    }
}

// Finds the cube's row of each event of the block; false when the cube has given up.
bool RollupBuilder::CubeBuilder::find_rows(const Block& block) {
    const ColumnSet& columns = cube_keys(cube.kind);
    std::vector<size_t> texts;
    std::vector<std::vector<uint16_t>> translate;
    std::vector<const uint16_t*> codes;
    for (size_t i = 0; i < kTextColumns; ++i) {
        if (!(columns.texts >> i & 1)) continue;
        TextColumn column = block.texts(static_cast<Text>(i));
        texts.push_back(i);
        codes.push_back(column.codes);
        translate.emplace_back();
        for (uint32_t code = 0; code < column.dictionary->size(); ++code) {
            translate.back().push_back(intern(i, column.dictionary->at(code)));
        }
    }
    bool has_kind = columns.numbers != 0;
    const int64_t* times = block.numbers(Number::kTime);
    const int64_t* kinds = block.numbers(Number::kKind);
    const int64_t* statuses = block.numbers(Number::kStatus);
    uint64_t last_key = UINT64_MAX;
    rows_of_.resize(block.rows());
    for (uint32_t event = 0; event < block.rows(); ++event) {
        // Nearly a key for each event: it will not pay, so do not finish it.
        if (cube.rows() > kHopelessKeys && cube.rows() > events_ / 2) has_given_up = true;
        if (has_given_up) return false;
        ++events_;
        Keys keys;
        if (cube.is_minutes) keys.minute = floor_minute(times[event]);
        if (has_kind) {
            keys.kind = kinds[event];
            keys.status = statuses[event];
        }
        uint64_t key = static_cast<uint64_t>(keys.minute / kMinuteUs & 63) << 7;
        key = (key | static_cast<uint64_t>(keys.kind & 15) << 3 | static_cast<uint64_t>(keys.status & 7));
        for (size_t i = 0; i < texts.size(); ++i) {
            keys.codes[texts[i]] = translate[i][codes[i][event]];
            key = key << 16 | keys.codes[texts[i]];
        }
        // Neighbours often have the same key.
        rows_of_[event] = key == last_key ? rows_of_[event - 1] : row_of_key(key, keys);
        last_key = key;
    }
    return true;
}

// A small open table from key to row, in front of the map that packs keys.
uint32_t RollupBuilder::CubeBuilder::row_of_key(uint64_t key, const Keys& keys) {
    if (known_used_ * 2 >= known_.size()) {
        std::vector<std::pair<uint64_t, uint32_t>> old = std::move(known_);
        known_.assign(old.empty() ? 256 : old.size() * 2, {UINT64_MAX, 0});
        for (const auto& each : old) {
            if (each.first != UINT64_MAX) known_[place_of(each.first)] = each;
        }
    }
    auto& found = known_[place_of(key)];
    if (found.first == key) return found.second;
    uint32_t row = row_for(keys);
    found = {key, row};
    ++known_used_;
    return row;
}

size_t RollupBuilder::CubeBuilder::place_of(uint64_t key) const {
    size_t mask = known_.size() - 1;
    size_t at = (key * 0x9E3779B97F4A7C15ull >> 32) & mask;
    while (known_[at].first != UINT64_MAX && known_[at].first != key) at = (at + 1) & mask;
    return at;
}

void RollupBuilder::CubeBuilder::add(const Block& block) {
    if (has_given_up || !find_rows(block)) return;
    std::vector<int64_t>& counts = cube.measures[static_cast<size_t>(Measure::kCount)];
    std::vector<int64_t>& errors = cube.measures[static_cast<size_t>(Measure::kErrors)];
    const int64_t* statuses = block.numbers(Number::kStatus);
    for (size_t i = 0; i < rows_of_.size(); ++i) {
        ++counts[rows_of_[i]];
        auto status = static_cast<Status>(statuses[i]);
        errors[rows_of_[i]] += status == Status::kError || status == Status::kTimeout ? 1 : 0;
    }
    add_measure(block.numbers(Number::kInput), Measure::kInput);
    add_measure(block.numbers(Number::kCacheRead), Measure::kCacheRead);
    add_measure(block.numbers(Number::kCacheWrite), Measure::kCacheWrite);
    add_measure(block.numbers(Number::kOutput), Measure::kOutput);
    add_measure(block.numbers(Number::kReasoning), Measure::kReasoning);
    add_measure(block.numbers(Number::kCost), Measure::kCost);
    add_times(block.numbers(Number::kDuration), Measure::kDurationCount, duration);
    add_times(block.numbers(Number::kTtft), Measure::kTtftCount, ttft);
}

void RollupBuilder::CubeBuilder::finish() {
    std::vector<Histogram::Bucket> buckets;
    auto pack = [&buckets](const std::vector<Histogram>& from, CubeHistograms& to) {
        for (const Histogram& histogram : from) {
            buckets.clear();
            for (size_t i = 0; i < histogram.counts().size(); ++i) {
                if (histogram.counts()[i] == 0) continue;
                buckets.push_back(
                    {histogram.first_bucket() + static_cast<int32_t>(i), histogram.counts()[i]});
            }
            // Its extremes are measures of the cube.
            to.append(buckets.data(), buckets.size(), {.zeros = histogram.zeros()});
        }
    };
    pack(duration, cube.duration);
    pack(ttft, cube.ttft);
    for (Measure measure : {Measure::kDurationMin, Measure::kTtftMin}) {
        for (int64_t& value : cube.measures[static_cast<size_t>(measure)]) {
            if (value == INT64_MAX) value = 0;
        }
    }
}

RollupBuilder::RollupBuilder() {
    for (bool is_minutes : {false, true}) {
        for (size_t kind = 0; kind < kCubeKinds; ++kind) {
            cubes_.push_back(std::make_unique<CubeBuilder>(static_cast<CubeKind>(kind), is_minutes));
        }
    }
}

RollupBuilder::~RollupBuilder() = default;

void RollupBuilder::add(const Block& block) {
    rows_ += block.rows();
    for (auto& cube : cubes_) cube->add(block);
}

std::vector<CubeEntry> RollupBuilder::finish(Compressor& compressor, std::string& out,
                                             uint64_t& keys_folded) {
    std::vector<CubeEntry> entries;
    for (auto& builder : cubes_) {
        if (builder->has_given_up || !builder->pays(rows_)) continue;
        builder->finish();
        keys_folded += builder->keys_folded;
        std::string raw = builder->cube.encode();
        size_t start = out.size();
        compressor.append_frame(out, raw);
        CubeEntry entry;
        entry.kind = builder->cube.kind;
        entry.is_minutes = builder->cube.is_minutes;
        entry.raw = static_cast<uint32_t>(raw.size());
        entry.stored = static_cast<uint32_t>(out.size() - start);
        entry.checksum = checksum32(std::string_view(out).substr(start));
        entries.push_back(entry);
    }
    return entries;
}

}  // namespace nightshift::recorder
