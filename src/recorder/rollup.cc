#include "recorder/rollup.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "recorder/wire.h"

namespace nightshift::recorder {
namespace {

constexpr size_t kKeysMax = 16384;
constexpr size_t kTextsMax = kKeysMax - 1;
constexpr std::string_view kOther = "__other__";
constexpr int64_t kMinuteUs = 60ll * 1000 * 1000;

int64_t add_saturated(int64_t a, int64_t b) {
    int64_t sum = 0;
    if (!__builtin_add_overflow(a, b, &sum)) return sum;
    return a < 0 ? INT64_MIN : INT64_MAX;
}

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
        return cube.rows() > 0 && cube.rows() * (cube.is_minutes ? 4ull : 2ull) <= events;
    }
    void finish();

private:
    struct Keys;
    uint32_t row_for(const Keys& keys);
    void add_event(const Block& block, uint32_t event, uint32_t row);
    uint16_t intern(size_t column, std::string_view text);
    uint32_t new_row();
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

void RollupBuilder::CubeBuilder::add_event(const Block& block, uint32_t event, uint32_t row) {
    auto add = [&](Measure measure, int64_t value) {
        int64_t& to = cube.measures[static_cast<size_t>(measure)][row];
        to = add_saturated(to, value);
    };
    auto number = [&](Number column) { return block.numbers(column)[event]; };
    add(Measure::kCount, 1);
    auto status = static_cast<Status>(number(Number::kStatus));
    if (status == Status::kError || status == Status::kTimeout) add(Measure::kErrors, 1);
    add(Measure::kInput, number(Number::kInput));
    add(Measure::kCacheRead, number(Number::kCacheRead));
    add(Measure::kCacheWrite, number(Number::kCacheWrite));
    add(Measure::kOutput, number(Number::kOutput));
    add(Measure::kReasoning, number(Number::kReasoning));
    add(Measure::kCost, number(Number::kCost));
    auto time = [&](int64_t value, Measure first, Histogram& histogram) {
        if (value < 0) return;
        auto at = static_cast<size_t>(first);
        ++cube.measures[at][row];
        cube.measures[at + 1][row] = add_saturated(cube.measures[at + 1][row], value);
        cube.measures[at + 2][row] = std::min(cube.measures[at + 2][row], value);
        cube.measures[at + 3][row] = std::max(cube.measures[at + 3][row], value);
        histogram.add(static_cast<double>(value));
    };
    time(number(Number::kDuration), Measure::kDurationCount, duration[row]);
    time(number(Number::kTtft), Measure::kTtftCount, ttft[row]);
}

void RollupBuilder::CubeBuilder::add(const Block& block) {
    if (has_given_up) return;
    const ColumnSet& columns = cube_keys(cube.kind);
    std::array<std::vector<uint16_t>, kTextColumns> translate;
    for (size_t i = 0; i < kTextColumns; ++i) {
        if (!(columns.texts >> i & 1)) continue;
        const TextDictionary& dictionary = *block.texts(static_cast<Text>(i)).dictionary;
        for (uint32_t code = 0; code < dictionary.size(); ++code)
            translate[i].push_back(intern(i, dictionary.at(code)));
    }
    bool has_kind = columns.numbers != 0;
    // Neighbours often have the same key; and a small table remembers the rest without building a packed key.
    std::unordered_map<uint64_t, uint32_t> known;
    uint64_t last_key = UINT64_MAX;
    uint32_t last_row = 0;
    for (uint32_t event = 0; event < block.rows() && !has_given_up; ++event) {
        Keys keys;
        if (cube.is_minutes) keys.minute = floor_minute(block.numbers(Number::kTime)[event]);
        if (has_kind) {
            keys.kind = block.numbers(Number::kKind)[event];
            keys.status = block.numbers(Number::kStatus)[event];
        }
        uint64_t key = static_cast<uint64_t>(keys.minute / kMinuteUs & 63) << 7;
        key = (key | static_cast<uint64_t>(keys.kind & 15) << 3 | static_cast<uint64_t>(keys.status & 7));
        for (size_t i = 0; i < kTextColumns; ++i) {
            if (!(columns.texts >> i & 1)) continue;
            keys.codes[i] = translate[i][block.texts(static_cast<Text>(i)).codes[event]];
            key = key << 16 | keys.codes[i];
        }
        if (key != last_key) {
            auto [at, is_new] = known.try_emplace(key, 0);
            if (is_new) at->second = row_for(keys);
            last_key = key;
            last_row = at->second;
        }
        add_event(block, event, last_row);
    }
}

void RollupBuilder::CubeBuilder::finish() {
    auto pack = [](const std::vector<Histogram>& from, CubeHistograms& to) {
        for (const Histogram& histogram : from) {
            to.zeros.push_back(histogram.zeros());
            for (size_t i = 0; i < histogram.counts().size(); ++i) {
                if (histogram.counts()[i] == 0) continue;
                to.buckets.push_back(
                    {histogram.first_bucket() + static_cast<int32_t>(i), histogram.counts()[i]});
            }
            to.starts.push_back(static_cast<uint32_t>(to.buckets.size()));
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
