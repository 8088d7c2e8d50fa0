#include "ingest/series.h"

namespace nightshift::ingest {

std::optional<SeriesChange> difference(const SeriesState& before, const SeriesState& now) {
    if (now.time_ns <= before.time_ns) return std::nullopt;
    const bool began_anew =
        now.start_ns > before.start_ns || now.sum < before.sum || now.count < before.count;
    SeriesChange change;
    change.sum = began_anew ? now.sum : now.sum - before.sum;
    change.count = began_anew ? now.count : now.count - before.count;
    if (change.sum == 0 && change.count == 0) return std::nullopt;
    return change;
}

std::optional<SeriesChange> SeriesTable::observe(uint64_t series, const SeriesState& now,
                                                 std::optional<Undo>& undo) {
    undo.reset();
    std::lock_guard lock(mutex_);
    auto found = states_.find(series);
    if (found == states_.end()) {
        if (states_.size() >= series_max_ && !make_room(now.time_ns)) {
            ++refused_;
            return std::nullopt;
        }
        states_.emplace(series, now);
        undo = Undo{series, std::nullopt, now.time_ns};
        const bool is_empty = now.sum == 0 && now.count == 0;
        if (now.start_ns < since_ns_ || is_empty) return std::nullopt;
        return SeriesChange{now.sum, now.count};
    }
    if (now.time_ns <= found->second.time_ns) return std::nullopt;
    std::optional<SeriesChange> change = difference(found->second, now);
    undo = Undo{series, found->second, now.time_ns};
    found->second = now;
    return change;
}

void SeriesTable::take_back(const Undo& undo) {
    std::lock_guard lock(mutex_);
    auto found = states_.find(undo.series);
    if (found == states_.end() || found->second.time_ns != undo.time_ns) return;  // a later one stands on it
    if (undo.before) {
        found->second = *undo.before;
    } else {
        states_.erase(found);
    }
}

bool SeriesTable::make_room(uint64_t now_ns) {
    constexpr uint64_t kSilentNs = 3600ull * 1'000'000'000;
    constexpr uint64_t kSweepNs = 60ull * 1'000'000'000;
    if (swept_ns_ != 0 && now_ns < swept_ns_ + kSweepNs) return false;
    swept_ns_ = now_ns;
    std::erase_if(states_, [&](const auto& entry) { return entry.second.time_ns + kSilentNs < now_ns; });
    return states_.size() < series_max_;
}

size_t SeriesTable::size() const {
    std::lock_guard lock(mutex_);
    return states_.size();
}

uint64_t SeriesTable::refused() const {
    std::lock_guard lock(mutex_);
    return refused_;
}

}  // namespace nightshift::ingest
