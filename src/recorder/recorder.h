#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "recorder/event.h"
#include "recorder/query.h"
#include "recorder/stats.h"

namespace nightshift::recorder {

class Disk;

struct Options {
    std::filesystem::path directory;

    std::chrono::microseconds commit_interval{3000};  // group commit: at most this long,
    size_t commit_bytes = 256u << 10;                 // or this much, whichever comes first
    size_t queue_bytes_max = 64u << 20;               // waiting for the commit; beyond it append() refuses

    std::chrono::seconds seal_after{300};  // a partition that got no event for so long is sealed
    size_t log_bytes_max = 512u << 20;     // log not yet sealed; beyond it the oldest is sealed
    std::chrono::hours retain{24 * 30};
    uint64_t retain_bytes = 20ull << 30;
    uint64_t keep_free_bytes = 0;  // with less left on the disk, appends are refused; 0: never

    bool keep_content = false;  // prompts, outputs, tool content
    std::chrono::hours retain_content{24 * 3};

    std::chrono::seconds dedupe_window{900};  // ids remembered for so long,
    size_t dedupe_ids_max = 4u << 20;         // but never more than this
    size_t rollup_bytes_max = 256u << 20;
    size_t query_bytes_max = 128u << 20;

    Disk* disk = nullptr;  // tests put a faulty one here; it must outlive the recorder
};

// A place in the log: grows with every committed batch, also across restarts.
using Position = uint64_t;

struct Receipt {
    Position position = 0;  // of the batch
    uint32_t accepted = 0;
    uint32_t duplicates = 0;  // ids that were there already; not written again
};

// The flight recorder: what was appended is on disk before `done` hears of it, is never doubled, and can be
// asked for. All methods are safe from any thread. docs/formats/ describes the files.
class Recorder {
public:
    // Recovers after a crash: torn tails are cut, damaged segments set aside with a message. `clock` must
    // outlive it.
    static Result<std::unique_ptr<Recorder>> open(Options options, const Clock& clock);
    // Commits what is queued and closes.
    ~Recorder();

    // Writes the batch durably. `done` is called once, on the writer's thread, after fdatasync (or with the
    // error that prevented it: kLimit when the queue is full, kIo when the disk refused). It must not block.
    void append(std::shared_ptr<EventBatch> batch, std::function<void(Result<Receipt>)> done);

    // Hears of every committed batch, in log order, on the writer's thread, without the duplicates. It must
    // not block. Set it before the first append.
    using Tap = std::function<void(std::shared_ptr<const EventBatch>, Position)>;
    void set_tap(Tap tap);

    // Gives every event committed after `from` and not expired to `visit`, once and in log order, in batches
    // of its own cut; positions are those of their last events. What is committed after the call began is
    // left out. Blocking; any time, also while others append and seal. Stops when `visit` returns false.
    Result<void> replay(Position from, const std::function<bool(const EventBatch&, Position)>& visit) const;
    Position position() const;

    // Blocking: run it on an io::Pool. kInvalid with a message for a query that makes no sense, kLimit when
    // it would take more memory than Options::query_bytes_max.
    Result<QueryResult> query(const Query& query) const;
    // Rows in time order, a page at a time; see EventQuery.
    Result<EventPage> events(const EventQuery& query) const;
    // The kept content of one event, or kNotFound.
    Result<std::string> content(std::string_view tenant, std::string_view event_id) const;

    // Seals everything in memory and applies retention now; for tests, backups and shutdown.
    Result<void> seal_all();

    Stats stats() const;

private:
    struct State;
    explicit Recorder(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace nightshift::recorder
