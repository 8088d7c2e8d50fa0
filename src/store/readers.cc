#include "store/readers.h"

namespace nightshift::store {

Result<std::unique_ptr<Database>> Readers::take() {
    std::unique_ptr<Database> db;
    {
        std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            db = std::move(idle_.back());
            idle_.pop_back();
        }
    }
    if (!db) {
        NS_TRY(Database opened, Database::open_read_only(path_));
        db = std::make_unique<Database>(std::move(opened));
    }
    if (auto begun = db->execute("BEGIN"); !begun) return Failure(begun.error());
    return db;
}

void Readers::give_back(std::unique_ptr<Database> db) {
    // A connection that cannot end its read would show an old state for ever.
    if (!db->execute("ROLLBACK")) return;
    std::lock_guard lock(mutex_);
    if (idle_.size() < kIdleMax) idle_.push_back(std::move(db));
}

}  // namespace nightshift::store
