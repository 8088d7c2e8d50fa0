#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/histogram.h"
#include "io/waking.h"
#include "recorder/dedupe.h"
#include "recorder/log_writer.h"
#include "recorder/recorder.h"

namespace nightshift::recorder {

// A batch that is in the log: without duplicates, every event with its id.
struct Committed {
    std::shared_ptr<const EventBatch> batch;
    std::vector<bool> is_derived;  // ids that need not be stored
    uint64_t first_row = 0;
    int64_t arrival_us = 0;

    Position position() const { return first_row + batch->events.size() - 1; }
};

// The queue in front of the log and the thread that writes it: groups batches, drops duplicates, syncs once a
// group.
class Committer {
public:
    // What the committer asks of the rest, all on its thread.
    struct Hooks {
        // May wait until there is room in memory; an error refuses the group.
        std::function<Result<void>()> make_room;
        // Before the log is synced: what must be durable first. May be empty.
        std::function<Result<void>(const EventBatch&)> keep_content;
        // The batch is durable: make it visible.
        std::function<void(const Committed&)> publish;
    };

    // `next_row` follows the last row in the log. `clock` and `disk` must outlive it.
    Committer(const Options& options, const Clock& clock, Disk& disk, Dedupe dedupe, Position next_row,
              Hooks hooks);
    // Commits what is queued, closes the log, joins.
    ~Committer();

    // See Recorder::append. Any thread.
    void append(std::shared_ptr<EventBatch> batch, std::function<void(Result<Receipt>)> done);
    // Starts a new log file with the next commit, so that older ones can go. Any thread; returns when it is
    // done.
    void rotate();

    Position position() const { return position_.load(std::memory_order_acquire); }
    void add_to(Stats& stats) const;

private:
    struct Waiting {
        std::shared_ptr<EventBatch> batch;
        std::vector<bool> is_derived;
        std::vector<uint64_t> fingerprints;
        std::string payload;
        size_t bytes = 0;
        std::chrono::steady_clock::time_point since;
        std::function<void(Result<Receipt>)> done;
    };
    struct Group;

    void run();
    std::vector<Waiting> take_group();
    void choose(io::Waking waking);
    void commit(std::vector<Waiting> waiting);
    void add_to_group(Group& group, Waiting& waiting, int64_t now_us);
    Result<void> write(Group& group, int64_t now_us);
    void refuse(Group& group, std::vector<Waiting>& waiting, const Error& error);
    void note_commit(microseconds took);

    const Options& options_;
    const Clock& clock_;
    Hooks hooks_;
    LogWriter log_;
    Dedupe dedupe_;
    Position next_row_;
    std::atomic<Position> position_;

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable rotated_;
    std::deque<Waiting> queue_;
    size_t queue_bytes_ = 0;
    io::Waking waking_ = io::Waking::kAtOnce;  // as somebody waits for what is queued, or for the last group
    bool was_awaited_ = true;                  // the last group
    pid_t thread_id_ = 0;                      // once the thread runs
    bool is_stopping_ = false;
    uint64_t rotations_asked_ = 0;
    uint64_t rotations_done_ = 0;
    Stats counters_;
    Histogram latency_;       // this minute or so, and
    Histogram latency_last_;  // the one before
    std::chrono::steady_clock::time_point latency_since_{};

    std::thread thread_;
};

}  // namespace nightshift::recorder
