#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.h"
#include "recorder/content_store.h"
#include "recorder/recorder.h"
#include "recorder/segment_store.h"
#include "recorder/view.h"

namespace nightshift::recorder {

// What keeps the store in shape, on a thread of its own: seals, removes sealed log files, compacts, applies
// retention. It sleeps until something is due; an idle recorder wakes it a few times an hour.
class Maintenance {
public:
    // All references must outlive it. `content` may be null.
    Maintenance(const Options& options, const Clock& clock, View& view, SegmentStore& store,
                ContentStore* content, uint64_t sealed);
    ~Maintenance();

    // Starts the thread. Until recovered() it only seals what is frozen and deletes no log file, so that
    // recovery can read them.
    void start();
    void recovered();
    // Something changed: look what is due. Any thread.
    void wake();
    // Seals what is frozen and applies retention, on this thread, before it returns.
    Result<void> run_now();
    // Deletes log files whose rows are all sealed, and lists of ids older than the window. Any thread.
    void delete_sealed_logs();

    // Makes segments forget what queries left in memory when it is more than the budget. Any thread.
    void limit_cache();

    // Why sealing fails now; empty when it does not.
    std::string failure() const;
    void add_to(Stats& stats) const;

private:
    void run();
    std::chrono::milliseconds next_due() const;
    bool is_seal_due() const;
    // Somebody waits for what the thread does, or soon would.
    bool is_in_hurry() const;
    Result<void> seal_frozen(const Rest& rest);
    void delete_logs();
    void compact(const Rest& rest);
    void retain();

    const Options& options_;
    const Clock& clock_;
    View& view_;
    SegmentStore& store_;
    ContentStore* content_;

    std::mutex work_mutex_;         // held while the folder of segments is changed
    std::atomic<int> awaited_ = 0;  // how many wait for it
    uint64_t sealed_;               // guarded by work_mutex_

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool is_awake_ = false;
    bool is_stopping_ = false;
    std::atomic<bool> is_recovered_ = false;
    std::string failure_;
    uint64_t seals_total_ = 0;
    uint64_t deleted_total_ = 0;
    uint64_t keys_folded_ = 0;

    std::thread thread_;
};

}  // namespace nightshift::recorder
