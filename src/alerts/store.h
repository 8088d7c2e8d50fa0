#pragma once

#include <string>
#include <vector>

#include "alerts/alert.h"
#include "alerts/silence.h"
#include "base/result.h"
#include "store/sqlite/database.h"

// The alerts' tables, and nobody else's. Functions that change something run inside the writer's change.
namespace nightshift::alerts {

Result<void> migrate_alerts(store::Database& db);

// Of each alert the newest word; one that is over is kept until forget_ended().
Result<void> put_alerts(store::Database& db, const std::vector<Alert>& alerts);
Result<std::vector<Alert>> select_alerts(store::Database& db);
// Deletes those that were over before `before`.
Result<int64_t> forget_ended(store::Database& db, Time before);

Result<void> put_silence(store::Database& db, const Silence& silence);
Result<std::vector<Silence>> select_silences(store::Database& db, Time ended_after);
Result<int64_t> forget_silences(store::Database& db, Time before);

}  // namespace nightshift::alerts
