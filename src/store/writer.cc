#include "store/writer.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "base/log.h"

namespace nightshift::store {
namespace {

struct Queued {
    Writer::Change change;
    Writer::Done done;
};

// A change that throws is a bug of its own: it is undone like one that fails.
Result<void> run(const Writer::Change& change, Database& db) {
    try {
        return change(db);
    } catch (const std::exception& error) {
        return fail(Code::kInternal, "a change of the database threw: {}", error.what());
    }
}

// Prepared once and kept: a herd of changes would parse it as often as their own statements.
Result<void> run_kept(Database& db, std::string_view sql) {
    NS_TRY(Statement statement, db.prepare(sql));
    return statement.run();
}

Result<void> apply(Database& db, const Writer::Change& change) {
    if (auto begun = run_kept(db, "SAVEPOINT change"); !begun) return begun;
    Result<void> changed = run(change, db);
    if (!changed) std::ignore = run_kept(db, "ROLLBACK TO change");
    if (auto released = run_kept(db, "RELEASE change"); !released) return released;
    return changed;
}

// One result for each change; all of them fail when the commit does.
std::vector<Result<void>> commit_group(Database& db, const std::vector<Queued>& group) {
    std::vector<Result<void>> results;
    auto transaction = Transaction::begin(db);
    if (!transaction) return {group.size(), Failure(transaction.error())};
    for (const Queued& each : group) {
        results.push_back(apply(db, each.change));
        if (db.is_in_transaction()) continue;
        // SQLite has undone all of the group. What would follow would be committed alone, and told as failed.
        std::string why = results.back() ? "the transaction was ended" : results.back().error().message;
        return {group.size(), Failure(Error{Code::kIo, "nothing of this group was kept: " + why})};
    }
    if (auto committed = transaction->commit(); !committed) return {group.size(), Failure(committed.error())};
    return results;
}

}  // namespace

struct Writer::State {
    explicit State(Database opened) : db(std::move(opened)) {}

    void work() {
        pthread_setname_np(pthread_self(), "state-writer");
        std::unique_lock lock(mutex);
        while (true) {
            changed.wait(lock, [this] { return is_closing || !queue.empty(); });
            if (queue.empty()) return;
            std::vector<Queued> group;
            while (!queue.empty() && group.size() < kGroupMax) {
                group.push_back(std::move(queue.front()));
                queue.pop_front();
            }
            lock.unlock();
            std::vector<Result<void>> results = commit_group(db, group);
            auto failures = static_cast<uint64_t>(
                std::count_if(results.begin(), results.end(), [](const auto& result) { return !result; }));
            for (size_t i = 0; i < group.size(); ++i) group[i].done(std::move(results[i]));
            group.clear();
            lock.lock();
            stats.changes_total += results.size() - failures;
            stats.failures_total += failures;
            ++stats.commits_total;
        }
    }

    Database db;
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Queued> queue;
    WriterStats stats;
    bool is_closing = false;
    std::thread thread;
};

Writer::Writer(std::unique_ptr<State> state) : state_(std::move(state)) {
    state_->thread = std::thread([running = state_.get()] { running->work(); });
}

Result<std::unique_ptr<Writer>> Writer::open(const std::filesystem::path& path, const Change& migrate) {
    NS_TRY(Database db, Database::open(path));
    if (auto migrated = migrate(db); !migrated) return Failure(migrated.error());
    return std::unique_ptr<Writer>(new Writer(std::make_unique<State>(std::move(db))));
}

Writer::~Writer() {
    {
        std::lock_guard lock(state_->mutex);
        state_->is_closing = true;
    }
    state_->changed.notify_all();
    state_->thread.join();
}

void Writer::post(Change change, Done done) {
    {
        std::lock_guard lock(state_->mutex);
        if (state_->queue.size() < kQueueMax) {
            state_->queue.push_back({std::move(change), std::move(done)});
            state_->changed.notify_one();
            return;
        }
        ++state_->stats.refused_total;
    }
    done(fail(Code::kLimit, "{} changes wait for the database already; try again", kQueueMax));
}

Task<Result<void>> Writer::commit(Change change) {
    std::function<void(Done)> start = [this, change = std::move(change)](Done done) {
        post(change, std::move(done));
    };
    Result<void> result = co_await io::completion<Result<void>>(std::move(start));
    co_return result;
}

Result<void> Writer::commit_blocking(Change change) {
    std::promise<Result<void>> promise;
    std::future<Result<void>> future = promise.get_future();
    post(std::move(change), [&promise](Result<void> result) { promise.set_value(std::move(result)); });
    return future.get();
}

WriterStats Writer::stats() const {
    std::lock_guard lock(state_->mutex);
    WriterStats stats = state_->stats;
    stats.queued = state_->queue.size();
    return stats;
}

}  // namespace nightshift::store
