#include "recorder/recorder.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <system_error>

#include "base/log.h"
#include "recorder/committer.h"
#include "recorder/content_store.h"
#include "recorder/event_page.h"
#include "recorder/log_files.h"
#include "recorder/maintenance.h"
#include "recorder/query_run.h"
#include "recorder/recovery.h"
#include "recorder/replay.h"
#include "recorder/seal_due.h"
#include "recorder/segment_store.h"
#include "recorder/view.h"

namespace nightshift::recorder {
namespace {

// Memtables that may wait for sealing before the writer waits for them.
constexpr size_t kFrozenMax = 2;
// After a crash, so that all that was in memory finds room there again and the start need not wait for
// sealing.
constexpr size_t kFrozenAtStartMax = 4;
constexpr std::chrono::milliseconds kRoomWait{100};

}  // namespace

// The parts, in the order they are built; destroyed in reverse.
struct Recorder::State {
    State(Options given, const Clock& given_clock)
        : options(std::move(given)),
          clock(given_clock),
          disk(options.disk != nullptr ? *options.disk : own_disk),
          store(options.directory, disk,
                [this](Segment& segment, const Error& error) { on_damage(segment, error); }) {}

    Result<void> open();
    void on_damage(Segment& segment, const Error& error);
    Result<void> check_disk() const;
    Result<void> make_room(size_t frozen_max);
    void publish(const Committed& committed);
    size_t seal_bytes() const { return std::min(kSealBytes, options.log_bytes_max); }

    Options options;
    const Clock& clock;
    Disk own_disk;
    Disk& disk;
    Tap tap;
    std::mutex damage_mutex;
    std::vector<std::string> set_aside;
    SegmentStore store;
    std::unique_ptr<View> view;
    std::unique_ptr<ContentStore> content;
    std::unique_ptr<Maintenance> maintenance;
    std::unique_ptr<Committer> committer;
};

void Recorder::State::on_damage(Segment& segment, const Error& error) {
    view->remove(segment);
    std::string message = store.set_aside(segment.path(), error);
    std::lock_guard lock(damage_mutex);
    set_aside.push_back(std::move(message));
}

// The last room on the disk is not for telemetry.
Result<void> Recorder::State::check_disk() const {
    if (options.keep_free_bytes == 0) return {};
    NS_TRY(uint64_t left, disk.free_bytes(options.directory.native()));
    if (left >= options.keep_free_bytes) return {};
    return fail(Code::kLimit,
                "{} MB are left on the disk, and the last {} MB are for jobs, alerts and messages",
                left >> 20, options.keep_free_bytes >> 20);
}

// Sealing is slower than the log now and then: wait for it. If it cannot seal at all, refuse, so that memory
// stays bounded.
Result<void> Recorder::State::make_room(size_t frozen_max) {
    while (!view->wait_for_room(frozen_max, kRoomWait)) {
        std::string failure = maintenance->failure();
        if (!failure.empty()) return fail(Code::kLimit, "memory is full and cannot be sealed: {}", failure);
    }
    return {};
}

void Recorder::State::publish(const Committed& committed) {
    const View::Unsealed before = view->unsealed();
    size_t bytes =
        view->publish(*committed.batch, committed.is_derived, committed.first_row, committed.arrival_us);
    bool is_full = bytes >= seal_bytes();
    if (is_full) view->freeze();
    const bool is_first = before.rows == 0;
    const bool became_larger = before.bytes / kLargeBytes < bytes / kLargeBytes;
    if (is_full || is_first || became_larger) maintenance->wake();  // sealing is due at another time now
    if (tap) tap(committed.batch, committed.position());
}

Result<void> Recorder::State::open() {
    std::error_code error;
    std::filesystem::create_directories(options.directory, error);
    if (error) return fail(Code::kIo, "cannot create {}: {}", options.directory.native(), error.message());
    NS_TRY(SegmentStore::Opened opened, store.open());
    set_aside = std::move(opened.set_aside);
    view = std::make_unique<View>(std::move(opened.segments));
    content = std::make_unique<ContentStore>(options.directory / "content", disk);
    maintenance = std::make_unique<Maintenance>(options, clock, *view, store, content.get(), opened.sealed);
    maintenance->start();
    auto seal_when_full = [this]() -> Result<void> {
        if (view->unsealed().bytes < seal_bytes()) return {};
        view->freeze();
        maintenance->wake();
        return make_room(kFrozenAtStartMax);
    };
    NS_TRY(Recovered recovered, recover(options, clock, opened.sealed, *view, seal_when_full));
    Committer::Hooks hooks;
    hooks.make_room = [this] {
        Result<void> left = check_disk();
        return left ? make_room(kFrozenMax) : left;
    };
    if (options.keep_content) {
        hooks.keep_content = [this](const EventBatch& batch) {
            return content->append(batch, unix_us(clock.now()));
        };
    }
    hooks.publish = [this](const Committed& committed) { publish(committed); };
    committer = std::make_unique<Committer>(options, clock, disk, std::move(recovered.dedupe),
                                            recovered.next_row, std::move(hooks));
    maintenance->recovered();
    return {};
}

Recorder::Recorder(std::unique_ptr<State> state) : state_(std::move(state)) {}

Recorder::~Recorder() = default;

Result<std::unique_ptr<Recorder>> Recorder::open(Options options, const Clock& clock) {
    auto state = std::make_unique<State>(std::move(options), clock);
    Result<void> opened = state->open();
    if (!opened) return Failure(opened.error());
    return std::unique_ptr<Recorder>(new Recorder(std::move(state)));
}

void Recorder::append(std::shared_ptr<EventBatch> batch, std::function<void(Result<Receipt>)> done) {
    state_->committer->append(std::move(batch), std::move(done));
}

void Recorder::set_tap(Tap tap) {
    state_->tap = std::move(tap);
}

Result<void> Recorder::replay(Position from,
                              const std::function<bool(const EventBatch&, Position)>& visit) const {
    // Rows in memory and in segments, as of one moment: each is in exactly one of them, whatever sealing does
    // next.
    return replay_rows(state_->view->everything_after(from), from, visit);
}

Position Recorder::position() const {
    return state_->committer->position();
}

Result<QueryResult> Recorder::query(const Query& query) const {
    Snapshot snapshot = state_->view->snapshot(query.scope.tenant, query.scope.from_us, query.scope.to_us);
    auto limit_cache = [this] { state_->maintenance->limit_cache(); };
    return run_query(query, snapshot, state_->options.query_bytes_max, limit_cache);
}

Result<EventPage> Recorder::events(const EventQuery& query) const {
    Snapshot snapshot = state_->view->snapshot(query.scope.tenant, query.scope.from_us, query.scope.to_us);
    return read_events(query, snapshot, state_->options.query_bytes_max / 2);
}

Result<std::string> Recorder::content(std::string_view tenant, std::string_view event_id) const {
    return state_->content->find(tenant, event_id);
}

Result<void> Recorder::seal_all() {
    Result<void> sealed = state_->maintenance->run_now();
    if (!sealed) return sealed;
    // So that the log file just sealed is no longer the open one, and can go.
    state_->committer->rotate();
    state_->maintenance->delete_sealed_logs();
    return {};
}

Stats Recorder::stats() const {
    Stats stats;
    state_->committer->add_to(stats);
    state_->maintenance->add_to(stats);
    for (const auto& segment : state_->view->segments()) {
        ++stats.segments;
        stats.segment_bytes += segment->bytes();
        stats.segment_rows += segment->trailer().rows;
        stats.memory_bytes += segment->cached_bytes();
        stats.rollup_keys += segment->cached_keys();
    }
    stats.memory_bytes += state_->view->unsealed_bytes();
    stats.content_bytes = state_->content->bytes();
    if (auto files = list_log_files(state_->options.directory / "log")) {
        for (const LogFile& file : *files) stats.log_bytes += file.bytes;
    }
    struct statvfs disk{};
    if (::statvfs(state_->options.directory.c_str(), &disk) == 0)
        stats.disk_free_bytes = uint64_t{disk.f_bavail} * disk.f_frsize;
    std::lock_guard lock(state_->damage_mutex);
    stats.set_aside = state_->set_aside;
    return stats;
}

}  // namespace nightshift::recorder
