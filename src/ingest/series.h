#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace nightshift::ingest {

// A cumulative series as it was last seen. Histograms use both numbers, sums only `sum`.
struct SeriesState {
    uint64_t start_ns = 0;
    uint64_t time_ns = 0;
    double sum = 0;
    uint64_t count = 0;
};

struct SeriesChange {
    double sum = 0;
    uint64_t count = 0;
};

// What was added between two observations of one cumulative series. A later start or a smaller number means
// that the sender began anew: all of `now` is new. Nothing for an observation that is not newer, or when
// nothing was added.
std::optional<SeriesChange> difference(const SeriesState& before, const SeriesState& now);

// Remembers cumulative series, so that their points can be counted once. At most `series_max`; series not
// heard of for an hour make room, and when there is none, new series are not counted. Any thread.
class SeriesTable {
public:
    // Series that began before `since_ns` start from their first point: what they counted earlier is not
    // ours.
    SeriesTable(uint64_t since_ns, size_t series_max) : since_ns_(since_ns), series_max_(series_max) {}

    // How to take an observation back when it could not be written.
    struct Undo {
        uint64_t series = 0;
        std::optional<SeriesState> before;
        uint64_t time_ns = 0;
    };

    // Notes the observation and says what it adds. `undo` is filled when something was noted.
    std::optional<SeriesChange> observe(uint64_t series, const SeriesState& now, std::optional<Undo>& undo);
    void take_back(const Undo& undo);

    size_t size() const;
    uint64_t refused() const;

private:
    bool make_room(uint64_t now_ns);

    const uint64_t since_ns_;
    const size_t series_max_;
    mutable std::mutex mutex_;
    std::unordered_map<uint64_t, SeriesState> states_;
    uint64_t refused_ = 0;
    uint64_t swept_ns_ = 0;
};

}  // namespace nightshift::ingest
