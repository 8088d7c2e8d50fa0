#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "delivery/channel.h"
#include "delivery/types.h"
#include "store/sqlite/database.h"

// What the database knows of threads: their order, and the message that each lives in. All of it runs inside
// the writer's change.
namespace nightshift::delivery {

struct ThreadKey {
    std::string tenant;
    std::string channel;
    std::string thread;
};
ThreadKey thread_of(const Delivery& delivery);

// The number of the thread's next delivery, from 1.
Result<int64_t> take_revision(store::Database& db, const ThreadKey& key, Time now);

// Settles the edits that wait and have not arrived: a newer one is about to be written. Says when the first
// of them would have been tried, so that a provider who asked for patience gets it.
Result<std::optional<Time>> supersede_edits(store::Database& db, const ThreadKey& key, Time now);

// Makes the thread's first open delivery due at `at`, unless it is under way or has a time already.
Result<void> promote_next(store::Database& db, const ThreadKey& key, Time at);

// `delivery`, which has its receipt, is the thread's message from now on, at that address.
Result<void> set_anchor(store::Database& db, const Delivery& delivery, const std::string& address);
// The thread's message can be edited no more, and is to be made anew: once.
Result<void> lose_anchor(store::Database& db, const ThreadKey& key);

// Whether the thread has a newer delivery that says what its message says.
Result<bool> is_outdated(store::Database& db, const Delivery& delivery);

// Forgets at most `limit` threads that nothing was enqueued in since `before` and nothing waits in.
Result<void> prune_threads(store::Database& db, Time before, int64_t limit);

}  // namespace nightshift::delivery
