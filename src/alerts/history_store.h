#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "alerts/history.h"
#include "base/result.h"
#include "store/sqlite/database.h"

// The tables of what is kept of the past, and nobody else's. Functions that change something run inside the
// writer's change.
namespace nightshift::alerts {

Result<void> migrate_history(store::Database& db);

Result<void> put_history(store::Database& db, const HistoryBatch& batch);

// What a start needs of it.
struct KeptHistory {
    std::vector<Stretch> open;
    int64_t next_id = 1;
    std::array<int64_t, kSignalKindCount> rows{};
};
Result<KeptHistory> select_kept(store::Database& db);

// Whose past is asked for.
struct PastRange {
    SignalKind kind = SignalKind::kSession;
    std::string tenant;
    Time from;
    Time to;
};
// Stretches that touch the range, of the labels that are meant, those with the same labels together.
Result<void> select_stretches(store::Database& db, const PastRange& range,
                              const std::function<bool(const Labels&)>& is_meant,
                              const std::function<void(const Stretch&)>& take);
// By their beginning.
Result<std::vector<Watched>> select_watched(store::Database& db, const PastRange& range);
Result<uint64_t> count_left_out(store::Database& db, const PastRange& range);

// Deletes at most kHistoryPortion stretches that ended before `before`; from then on that time counts as not
// watched. Gives how many there were.
Result<int64_t> forget_history(store::Database& db, SignalKind kind, Time before);
// The same for the portion that ended first, whenever that was.
Result<int64_t> shed_history(store::Database& db, SignalKind kind);
// What may have been lost was not watched: after `good` nothing is known, and nothing stands open.
Result<void> mend_history(store::Database& db, Time good);

}  // namespace nightshift::alerts
