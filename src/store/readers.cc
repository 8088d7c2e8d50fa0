#include "store/readers.h"

namespace nightshift::store {

Result<std::unique_ptr<Database>> Readers::take() {
    {
        std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            std::unique_ptr<Database> db = std::move(idle_.back());
            idle_.pop_back();
            return db;
        }
    }
    NS_TRY(Database db, Database::open_read_only(path_));
    return std::make_unique<Database>(std::move(db));
}

void Readers::give_back(std::unique_ptr<Database> db) {
    std::lock_guard lock(mutex_);
    if (idle_.size() < kIdleMax) idle_.push_back(std::move(db));
}

}  // namespace nightshift::store
