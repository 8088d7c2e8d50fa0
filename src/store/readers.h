#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result.h"
#include "store/sqlite/database.h"

namespace nightshift::store {

// Read-only connections to a database that a Writer changes. A read sees one state of it, whatever is
// committed meanwhile: what was committed before its first statement. Blocking: call it from an io::Pool.
// Safe from any thread; as many connections as reads at once.
class Readers {
public:
    explicit Readers(std::filesystem::path path) : path_(std::move(path)) {}

    template <class T>
    Result<T> read(const std::function<Result<T>(Database&)>& look) {
        NS_TRY(std::unique_ptr<Database> db, take());
        Result<T> seen = look(*db);
        give_back(std::move(db));
        return seen;
    }

private:
    static constexpr size_t kIdleMax = 8;

    // In a transaction, which give_back() ends.
    Result<std::unique_ptr<Database>> take();
    void give_back(std::unique_ptr<Database> db);

    std::filesystem::path path_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Database>> idle_;
};

}  // namespace nightshift::store
