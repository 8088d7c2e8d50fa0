#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delivery/channel.h"
#include "delivery/outcome.h"
#include "delivery/retry.h"
#include "delivery/service.h"
#include "delivery/types.h"
#include "store/sqlite/database.h"

// The deliveries' tables, and nobody else's. Functions that change something run inside the writer's change.
namespace nightshift::delivery {

// A delivery that is due, with what a decision needs.
struct Due {
    Delivery delivery;  // without its attempts
    Progress progress;  // attempts made so far, without the next one
    Time first_attempt;
    std::optional<Anchor> anchor;  // the message of its thread
};

// A channel that deliveries wait for, and when the first of them is due.
struct Waiting {
    std::string channel;
    Time next_attempt;
};

// The end of an attempt.
struct Ending {
    Delivery delivery;  // with its receipt, when it has one now
    Attempt attempt;
    Step step;
    std::string anchor_address;  // not empty: delivered, it is its thread's message there
};

// A delivery whose last attempt has no outcome.
struct Interrupted {
    Due due;
    int attempt_number = 0;
    bool was_read_back = false;
};

Result<std::vector<Waiting>> select_waiting(store::Database& db);
// Not settled, of all tenants.
Result<uint64_t> count_waiting(store::Database& db);
Result<std::vector<Due>> select_due(store::Database& db, const std::string& channel, Time now, size_t limit);
Result<std::vector<Interrupted>> select_interrupted(store::Database& db);
// Settled, and on_settled has not been called for them since; oldest first.
Result<std::vector<Delivery>> select_untold(store::Database& db, const std::optional<Delivery>& after,
                                            size_t limit);

Result<Delivery> select_delivery(store::Database& db, const std::string& tenant, const std::string& id);
Result<Delivery> select_by_key(store::Database& db, const std::string& tenant, const std::string& key);
Result<Page> select_page(store::Database& db, const Filter& filter);
Result<std::vector<ChannelHealth>> select_health(store::Database& db);

// Writes an attempt ahead: false when the delivery is no longer due, and nothing was changed.
Result<bool> begin_attempt(store::Database& db, const Due& due, bool is_read_back, Time now);
// The end of an attempt, the delivery's new state, its thread's, and the channel's health.
Result<void> finish_attempt(store::Database& db, const Ending& ending);
// Ends a delivery without an attempt.
Result<void> settle_unsent(store::Database& db, const Delivery& delivery, const std::string& why, Time now);
// The same for an edit that its channel cannot show: superseded.
Result<void> settle_skipped(store::Database& db, const Delivery& delivery, const std::string& why, Time now);
Result<void> mark_told(store::Database& db, const std::string& id);
Result<void> requeue(store::Database& db, const std::string& tenant, const std::string& id, Time now);
// Waiting times that lie further ahead than any channel allows: the clock was set back while we were away.
Result<void> pull_forward(store::Database& db, Time now, std::chrono::seconds longest);
// The clock was set back by `back`: what waits goes on waiting for as long as it would have.
Result<void> shift_waiting(store::Database& db, std::chrono::microseconds back);
// Deletes at most `limit` deliveries settled before `before`, and says how many.
Result<int64_t> prune(store::Database& db, Time before, int64_t limit);

}  // namespace nightshift::delivery
