#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "base/result.h"
#include "io/completion.h"
#include "io/task.h"
#include "store/sqlite/database.h"

namespace nightshift::store {

struct WriterStats {
    uint64_t queued = 0;  // waiting now
    uint64_t changes_total = 0;
    uint64_t commits_total = 0;  // far fewer than changes under load: that is the group commit
    uint64_t failures_total = 0;
    uint64_t refused_total = 0;  // the queue was full
};

// The one thread that changes a database. Changes that wait together are committed together, each inside a
// savepoint of its own: one that fails is undone alone. What was answered is on disk. Safe from any thread.
class Writer {
public:
    static constexpr size_t kQueueMax = 65'536;
    static constexpr size_t kGroupMax = 1'024;  // changes in one commit

    using Change = std::function<Result<void>(Database&)>;
    using Done = std::function<void(Result<void>)>;

    // `migrate` runs first, on the caller's thread.
    static Result<std::unique_ptr<Writer>> open(const std::filesystem::path& path, const Change& migrate);
    // Commits what is queued, then joins.
    ~Writer();

    // `done` hears of it on the writer's thread, once, after the commit (or its failure); it must not block.
    // kLimit when the queue is full.
    void post(Change change, Done done);

    // Resumes the caller, on its own loop, after the commit, with what `change` returned. A cancelled caller
    // leaves the change to happen: it must own what it uses.
    template <class T>
    Task<Result<T>> write(std::function<Result<T>(Database&)> change) {
        auto value = std::make_shared<std::optional<T>>();
        Change keep = [value, change = std::move(change)](Database& db) -> Result<void> {
            NS_TRY(*value, change(db));
            return {};
        };
        Result<void> committed = co_await commit(std::move(keep));
        if (!committed) co_return Failure(committed.error());
        co_return std::move(**value);
    }
    Task<Result<void>> commit(Change change);

    // The same for a thread that may wait: start-up, tests.
    Result<void> commit_blocking(Change change);

    WriterStats stats() const;

private:
    struct State;
    explicit Writer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace nightshift::store
