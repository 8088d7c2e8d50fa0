#include "recorder/maintenance.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <system_error>

#include "base/allocator.h"
#include "base/log.h"
#include "io/waking.h"
#include "recorder/compaction.h"
#include "recorder/log_files.h"
#include "recorder/retention.h"
#include "recorder/seal_due.h"
#include "recorder/work_share.h"

namespace nightshift::recorder {
namespace {

constexpr std::chrono::minutes kIdleWait{10};
constexpr std::chrono::seconds kRetryWait{5};
// Footers and cubes that queries may leave in memory.
constexpr size_t kFootersMax = 16u << 20;

// Counts its owner among those who wait.
class Awaiting {
public:
    explicit Awaiting(std::atomic<int>& count) : count_(count) { ++count_; }
    ~Awaiting() { --count_; }
    Awaiting(const Awaiting&) = delete;
    Awaiting& operator=(const Awaiting&) = delete;

private:
    std::atomic<int>& count_;
};

int64_t micros(auto duration) {
    return std::chrono::duration_cast<microseconds>(duration).count();
}

}  // namespace

Maintenance::Maintenance(const Options& options, const Clock& clock, View& view, SegmentStore& store,
                         ContentStore* content, uint64_t sealed)
    : options_(options), clock_(clock), view_(view), store_(store), content_(content), sealed_(sealed) {}

void Maintenance::start() {
    thread_ = std::thread([this] { run(); });
    pthread_setname_np(thread_.native_handle(), "recorder-seal");
}

void Maintenance::recovered() {
    is_recovered_ = true;
    wake();
}

Maintenance::~Maintenance() {
    {
        std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Maintenance::wake() {
    {
        std::lock_guard lock(mutex_);
        is_awake_ = true;
    }
    wake_.notify_all();
}

bool Maintenance::is_seal_due() const {
    View::Unsealed unsealed = view_.unsealed();
    if (unsealed.frozen > 0) return true;
    return is_recovered_ && unix_us(clock_.now()) >= seal_due_us(unsealed, options_.seal_after);
}

std::chrono::milliseconds Maintenance::next_due() const {
    if (!failure().empty()) return kRetryWait;
    View::Unsealed unsealed = view_.unsealed();
    if (unsealed.rows == 0 || !is_recovered_) return kIdleWait;
    int64_t wait_ms = (seal_due_us(unsealed, options_.seal_after) - unix_us(clock_.now())) / 1000 + 1;
    return milliseconds(std::clamp<int64_t>(wait_ms, 100, milliseconds(kIdleWait).count()));
}

void Maintenance::run() {
    io::set_waking(::gettid(), io::Waking::kWhenOthersRest);
    WorkShare share([this] { return is_in_hurry(); });
    const Rest rest = [&share] { share.rest(); };
    for (;;) {
        std::chrono::milliseconds due = next_due();
        {
            std::unique_lock lock(mutex_);
            wake_.wait_for(lock, due, [this] { return is_awake_ || is_stopping_; });
            if (is_stopping_) return;
            is_awake_ = false;
        }
        std::lock_guard work(work_mutex_);
        if (is_seal_due()) {
            if (view_.unsealed().frozen == 0) view_.freeze();
            Result<void> sealed = seal_frozen(rest);
            if (!sealed) continue;
        }
        if (!is_recovered_) continue;
        delete_logs();
        compact(rest);
        retain();
        limit_cache();
        release_free_memory(rest);
    }
}

// When the next memtable has grown so far meanwhile, the one after it would have to wait.
bool Maintenance::is_in_hurry() const {
    const View::Unsealed unsealed = view_.unsealed();
    const bool is_behind = unsealed.frozen > 1 || unsealed.bytes > kLargeBytes;
    std::lock_guard lock(mutex_);
    return is_behind || is_stopping_ || !is_recovered_ || awaited_ > 0;
}

Result<void> Maintenance::seal_frozen(const Rest& rest) {
    while (std::shared_ptr<const Memtable> rows = view_.next_to_seal()) {
        uint64_t keys_folded = 0;
        auto segments = store_.seal(*rows, keys_folded, rest);
        if (!segments) {
            std::lock_guard lock(mutex_);
            if (failure_.empty()) log::error("recorder", "cannot seal: {}", segments.error().message);
            failure_ = segments.error().message;
            return Failure(segments.error());
        }
        sealed_ = rows->last_row();
        view_.sealed(std::move(*segments));
        {
            std::lock_guard lock(mutex_);
            failure_.clear();
            ++seals_total_;
            keys_folded_ += keys_folded;
        }
        delete_logs();
    }
    return {};
}

void Maintenance::delete_logs() {
    if (!is_recovered_) return;
    auto files = list_log_files(options_.directory / "log");
    if (!files) return;
    for (size_t i = 0; i + 1 < files->size(); ++i) {
        if ((*files)[i + 1].first_row - 1 <= sealed_) ::unlink((*files)[i].path.c_str());
    }
    int64_t oldest_us = unix_us(clock_.now()) - 2 * micros(options_.dedupe_window);
    std::error_code error;
    for (std::filesystem::directory_iterator at(options_.directory / "log", error), end; !error && at != end;
         at.increment(error)) {
        if (at->path().extension() != ".ids") continue;
        std::filesystem::path log_path = at->path();
        std::error_code ignored;
        if (std::filesystem::exists(log_path.replace_extension(".log"), ignored)) continue;
        Result<int64_t> arrival = read_ids_arrival(at->path());
        if (!arrival || *arrival < oldest_us) ::unlink(at->path().c_str());
    }
}

void Maintenance::compact(const Rest& rest) {
    constexpr int kMergesMax = 64;  // then the rest of a round has its turn
    for (int i = 0; i < kMergesMax; ++i) {
        std::vector<std::shared_ptr<Segment>> chosen =
            choose_compaction(view_.segments(), unix_us(clock_.now()));
        if (chosen.empty()) return;
        auto merged = store_.compact(chosen, rest);
        if (!merged) {
            log::warn("recorder", "cannot merge segments in {}: {}", chosen[0]->path().parent_path().native(),
                      merged.error().message);
            return;
        }
        view_.replace(chosen, {std::move(*merged)});
        for (const auto& segment : chosen) segment->delete_when_unused();
        std::lock_guard lock(mutex_);
        if (is_stopping_ || is_awake_) return;
        is_awake_ = i + 1 == kMergesMax;
    }
}

void Maintenance::retain() {
    int64_t now_us = unix_us(clock_.now());
    RetentionLimits limits{now_us - micros(options_.retain), options_.retain_bytes};
    std::vector<std::shared_ptr<Segment>> expired = choose_expired(view_.segments(), limits);
    view_.replace(expired, {});
    for (const auto& segment : expired) {
        segment->delete_when_unused();
        // Fails while files are left in it, which is what we want.
        std::error_code ignored;
        std::filesystem::path folder = segment->path().parent_path();
        if (segment.use_count() > 1) continue;
        ::unlink(segment->path().c_str());
        std::filesystem::remove(folder, ignored);
    }
    if (content_ != nullptr) content_->delete_before(now_us - micros(options_.retain_content));
    std::lock_guard lock(mutex_);
    deleted_total_ += expired.size();
}

void Maintenance::limit_cache() {
    std::vector<std::shared_ptr<Segment>> segments = view_.segments();
    const size_t bytes_max = kFootersMax + options_.rollup_bytes_max;
    size_t bytes = 0;
    for (const auto& segment : segments) bytes += segment->cached_bytes();
    if (bytes <= bytes_max) return;
    // What is long ago first: dashboards mostly ask for the last hours and days.
    std::sort(segments.begin(), segments.end(),
              [](const auto& a, const auto& b) { return a->trailer().time_max < b->trailer().time_max; });
    for (const auto& segment : segments) {
        if (bytes <= bytes_max) return;
        bytes -= std::min(bytes, segment->cached_bytes());
        segment->forget();
    }
}

void Maintenance::delete_sealed_logs() {
    const Awaiting awaiting(awaited_);
    std::lock_guard work(work_mutex_);
    delete_logs();
}

Result<void> Maintenance::run_now() {
    const Awaiting awaiting(awaited_);
    std::lock_guard work(work_mutex_);
    view_.freeze();
    Result<void> sealed = seal_frozen([] {});
    if (!sealed) return sealed;
    delete_logs();
    retain();
    return {};
}

std::string Maintenance::failure() const {
    std::lock_guard lock(mutex_);
    return failure_;
}

void Maintenance::add_to(Stats& stats) const {
    std::lock_guard lock(mutex_);
    stats.seals_total = seals_total_;
    stats.deleted_segments_total = deleted_total_;
    stats.rollup_keys_folded = keys_folded_;
    if (!failure_.empty()) {
        stats.is_failing = true;
        stats.failure = failure_;
    }
}

}  // namespace nightshift::recorder
