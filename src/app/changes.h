#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "incidents/change_store.h"
#include "io/task.h"
#include "store/readers.h"
#include "store/writer.h"

namespace nightshift::app {

// What was changed lately, so that a diagnosis can name it: kept in memory for those who diagnose, and on
// disk, as a restart is one of the changes. Any thread. Writer and readers must outlive it.
class Changes {
public:
    Changes(store::Writer& writer, store::Readers& readers) : writer_(writer), readers_(readers) {}

    // Reads those of the last day. Blocking.
    Result<void> load(Time now);
    // Ends when it is on disk. kInvalid without words.
    Task<Result<void>> add(incidents::Change change);
    // Without waiting for the disk.
    void note(incidents::Change change);
    // Newest first, those of the tenant and those that concern all.
    std::vector<incidents::ChangeFact> since(const std::string& tenant, Time after) const;

private:
    static constexpr size_t kChangesMax = 200;  // the oldest gives way
    static constexpr std::chrono::hours kKept{24 * 90};

    void remember(incidents::Change change);
    store::Writer::Change writing(incidents::Change change) const;

    store::Writer& writer_;
    store::Readers& readers_;
    mutable std::mutex mutex_;
    std::deque<incidents::Change> changes_;  // newest first
};

}  // namespace nightshift::app
