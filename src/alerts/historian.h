#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "alerts/history.h"
#include "alerts/history_store.h"
#include "alerts/preview.h"
#include "alerts/service.h"
#include "base/clock.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/task_group.h"
#include "store/readers.h"
#include "store/writer.h"

namespace nightshift::alerts {

struct HistoryStats {
    int64_t rows = 0;  // stretches on disk
    uint64_t things = 0;
    uint64_t left_out_total = 0;
    uint64_t shed_total = 0;  // rows that were too many
    uint64_t failures_total = 0;
};

// Keeps how everything that rules listen to was, on disk and bounded, and tries rules on it. Lives on one
// loop; what says otherwise is for other threads.
class Historian {
public:
    // All must outlive it.
    struct Parts {
        io::Loop& loop;
        store::Writer& writer;  // of a database with migrate_history()
        store::Readers& readers;
        const Clock& clock;
        // Whether the disk has room for more than what people must be told.
        std::function<bool()> has_room;
    };
    // Reads what stood open. Blocking.
    static Result<std::unique_ptr<Historian>> open(Parts parts, const Settings& settings);
    // stop() first.
    ~Historian();
    void start();
    // Writes what is still to be written.
    Task<> stop();
    void reload(const Settings& settings);

    // What was seen just now.
    void look(const std::vector<Observation>& seen);
    // Puts what was seen on disk.
    Task<Result<void>> write();
    HistoryStats stats() const;

    // Whether the past of such a rule is kept here. Any thread.
    static bool keeps(SignalKind kind);
    // What a rule would have done, by what is on disk. kInvalid when nothing is known of that time. Blocking;
    // any thread but the loop.
    Result<Preview> preview(const Rule& rule, Time from, Time to) const;

private:
    Historian(Parts parts, const Settings& settings);
    void write_when_due(Time now);
    void give_up(const std::string& why);
    Task<> write_once();
    Task<> mend();
    Task<> forget_old();
    Task<> shed();
    Task<Result<int64_t>> remove(SignalKind kind, std::function<Result<int64_t>(store::Database&)> change);

    Parts parts_;
    seconds every_;
    seconds keep_;
    History history_;
    std::array<int64_t, kSignalKindCount> rows_{};
    Time written_;     // everything before it is on disk
    Time last_write_;  // the first look is written at once
    size_t writing_ = 0;
    bool is_damaged_ = false;  // what was kept may not be on disk
    Time damaged_;
    bool is_mending_ = false;
    bool is_shedding_ = false;
    HistoryStats stats_;
    io::TaskGroup tasks_;
};

}  // namespace nightshift::alerts
