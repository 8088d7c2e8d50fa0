#include "recorder/committer.h"

#include <pthread.h>
#include <unistd.h>

#include "base/log.h"
#include "recorder/event_limits.h"
#include "recorder/identity.h"
#include "recorder/log_record.h"

namespace nightshift::recorder {
namespace {

// One sync of more than this makes the slowest commits much slower.
constexpr size_t kGroupBytesMax = 1u << 20;

// A batch without some of its events, and the batch that holds their text.
struct Filtered {
    std::shared_ptr<EventBatch> original;
    EventBatch kept;
};

}  // namespace

struct Committer::Group {
    std::string records;
    std::vector<uint64_t> fingerprints;  // of the events written that may come again
    std::vector<Committed> batches;      // one for each batch waiting
    std::vector<Receipt> receipts;
    Position first_row = 0;
};

Committer::Committer(const Options& options, const Clock& clock, Disk& disk, Dedupe dedupe, Position next_row,
                     Hooks hooks)
    : options_(options),
      clock_(clock),
      hooks_(std::move(hooks)),
      log_(options.directory / "log", disk),
      dedupe_(std::move(dedupe)),
      next_row_(next_row),
      position_(next_row - 1),
      thread_([this] { run(); }) {
    pthread_setname_np(thread_.native_handle(), "recorder-log");
}

Committer::~Committer() {
    {
        std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void Committer::append(std::shared_ptr<EventBatch> batch, std::function<void(Result<Receipt>)> done) {
    // All that can be done outside the writer's thread is done here, by many threads at once.
    Waiting waiting;
    limit_texts(*batch);
    waiting.is_derived = complete_ids(*batch);
    waiting.payload = encode_events(*batch, waiting.is_derived);
    if (batch->may_repeat) {
        waiting.fingerprints.reserve(batch->events.size());
        for (const Event& event : batch->events)
            waiting.fingerprints.push_back(fingerprint(event.tenant, event.id));
    }
    waiting.bytes = waiting.payload.size() + batch->bytes() + batch->events.size() * sizeof(Event);
    waiting.batch = std::move(batch);
    waiting.since = std::chrono::steady_clock::now();

    std::unique_lock lock(mutex_);
    bool is_too_large = waiting.payload.size() > kRecordPayloadMax;
    bool is_full = !queue_.empty() && queue_bytes_ + waiting.bytes > options_.queue_bytes_max;
    if (is_too_large || is_full || is_stopping_) {
        ++counters_.refused_total;
        lock.unlock();
        if (is_too_large)
            return done(fail(Code::kLimit, "a batch of {} bytes; at most {} fit", waiting.payload.size(),
                             kRecordPayloadMax));
        return done(fail(Code::kLimit, "{} bytes wait for the disk already; try again soon",
                         options_.queue_bytes_max));
    }
    waiting.done = std::move(done);
    size_t before = queue_bytes_;
    queue_bytes_ += waiting.bytes;
    if (waiting.batch->is_awaited) choose(io::Waking::kAtOnce);
    bool was_empty = queue_.empty();
    queue_.push_back(std::move(waiting));
    bool is_due = before < options_.commit_bytes && queue_bytes_ >= options_.commit_bytes;
    lock.unlock();
    if (was_empty || is_due) wake_.notify_all();
}

void Committer::rotate() {
    std::unique_lock lock(mutex_);
    uint64_t mine = ++rotations_asked_;
    wake_.notify_all();
    rotated_.wait(lock, [&] { return rotations_done_ >= mine; });
}

void Committer::run() {
    {
        std::lock_guard lock(mutex_);
        thread_id_ = ::gettid();
    }
    for (;;) {
        std::vector<Waiting> waiting = take_group();
        if (waiting.empty()) break;
        if (waiting.front().batch != nullptr) commit(std::move(waiting));
    }
    log_.close();
}

// How the thread is to wake from now on. Under the mutex.
void Committer::choose(io::Waking waking) {
    if (waking_ == waking || thread_id_ == 0) return;
    waking_ = waking;
    io::set_waking(thread_id_, waking);
}

// Waits for work; an empty vector means stop, one without a batch that a rotation was done.
std::vector<Committer::Waiting> Committer::take_group() {
    std::unique_lock lock(mutex_);
    if (queue_.empty() && !was_awaited_) choose(io::Waking::kWhenOthersRest);
    wake_.wait(lock,
               [this] { return is_stopping_ || !queue_.empty() || rotations_done_ != rotations_asked_; });
    if (rotations_done_ != rotations_asked_) {
        uint64_t asked = rotations_asked_;
        lock.unlock();
        log_.close();
        lock.lock();
        rotations_done_ = asked;
        rotated_.notify_all();
        return std::vector<Waiting>(1);
    }
    if (queue_.empty()) return {};
    wake_.wait_until(lock, queue_.front().since + options_.commit_interval, [this] {
        return is_stopping_ || queue_bytes_ >= options_.commit_bytes || rotations_done_ != rotations_asked_;
    });
    std::vector<Waiting> group;
    size_t bytes = 0;
    was_awaited_ = false;
    while (!queue_.empty() && (group.empty() || bytes + queue_.front().payload.size() <= kGroupBytesMax)) {
        bytes += queue_.front().payload.size();
        was_awaited_ = was_awaited_ || queue_.front().batch->is_awaited;
        queue_bytes_ -= queue_.front().bytes;
        group.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    return group;
}

void Committer::add_to_group(Group& group, Waiting& waiting, int64_t now_us) {
    dedupe_.prefetch(waiting.fingerprints);
    std::vector<size_t> kept;
    const std::vector<Event>& events = waiting.batch->events;
    kept.reserve(events.size());
    for (size_t i = 0; i < events.size(); ++i) {
        if (waiting.batch->may_repeat) {
            if (!dedupe_.add(waiting.fingerprints[i], now_us)) continue;
            group.fingerprints.push_back(waiting.fingerprints[i]);
        }
        kept.push_back(i);
    }
    Committed committed{waiting.batch, std::move(waiting.is_derived), next_row_, now_us};
    if (kept.size() != events.size()) {
        auto filtered = std::make_shared<Filtered>();
        filtered->original = waiting.batch;
        std::vector<bool> is_derived;
        for (size_t i : kept) {
            filtered->kept.events.push_back(events[i]);
            is_derived.push_back(committed.is_derived[i]);
        }
        committed.is_derived = std::move(is_derived);
        committed.batch = std::shared_ptr<const EventBatch>(filtered, &filtered->kept);
        waiting.payload = encode_events(filtered->kept, committed.is_derived);
    }
    next_row_ += kept.size();
    group.receipts.push_back({next_row_ - 1, static_cast<uint32_t>(kept.size()),
                              static_cast<uint32_t>(events.size() - kept.size())});
    if (!kept.empty()) {
        append_record(group.records, {committed.first_row, now_us, static_cast<uint32_t>(kept.size())},
                      waiting.payload);
    }
    group.batches.push_back(std::move(committed));
}

Result<void> Committer::write(Group& group, int64_t now_us) {
    if (group.records.empty()) return {};
    if (hooks_.keep_content) {
        for (const Committed& committed : group.batches) {
            Result<void> kept = hooks_.keep_content(*committed.batch);
            if (!kept) return kept;
        }
    }
    auto start = std::chrono::steady_clock::now();
    Result<void> written = log_.append(group.records, group.first_row, group.fingerprints, now_us);
    note_commit(std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - start));
    return written;
}

void Committer::commit(std::vector<Waiting> waiting) {
    Group group;
    group.first_row = next_row_;
    int64_t now_us = unix_us(clock_.now());
    size_t bytes = 0;
    for (const Waiting& each : waiting) bytes += each.payload.size() + kRecordHeaderBytes + 8;
    group.records.reserve(bytes);
    Result<void> ready = hooks_.make_room();
    if (!ready) return refuse(group, waiting, ready.error());
    for (Waiting& each : waiting) add_to_group(group, each, now_us);
    Result<void> written = write(group, now_us);
    if (!written) return refuse(group, waiting, written.error());

    {
        std::lock_guard lock(mutex_);
        ++counters_.commits_total;
        counters_.memory_bytes = dedupe_.bytes();
        counters_.batches_total += waiting.size();
        for (const Receipt& receipt : group.receipts) {
            counters_.events_total += receipt.accepted;
            counters_.duplicates_total += receipt.duplicates;
        }
        counters_.is_failing = false;
        counters_.failure.clear();
    }
    for (size_t i = 0; i < waiting.size(); ++i) {
        if (!group.batches[i].batch->events.empty()) hooks_.publish(group.batches[i]);
        // Only now, so that whoever reads up to the position finds it.
        position_.store(group.receipts[i].position, std::memory_order_release);
        waiting[i].done(group.receipts[i]);
    }
}

void Committer::refuse(Group& group, std::vector<Waiting>& waiting, const Error& error) {
    for (uint64_t each : group.fingerprints) dedupe_.remove(each);
    bool is_news = false;
    {
        std::lock_guard lock(mutex_);
        is_news = !counters_.is_failing;
        counters_.is_failing = true;
        counters_.failure = error.message;
    }
    if (is_news) log::error("recorder", "cannot record: {}", error.message);
    for (Waiting& each : waiting) each.done(Failure(error));
}

void Committer::note_commit(microseconds took) {
    std::lock_guard lock(mutex_);
    auto now = std::chrono::steady_clock::now();
    if (now - latency_since_ > std::chrono::minutes(1)) {
        latency_last_ = std::exchange(latency_, Histogram());
        latency_since_ = now;
    }
    latency_.add(static_cast<double>(took.count()));
}

void Committer::add_to(Stats& stats) const {
    std::lock_guard lock(mutex_);
    stats.events_total = counters_.events_total;
    stats.duplicates_total = counters_.duplicates_total;
    stats.batches_total = counters_.batches_total;
    stats.refused_total = counters_.refused_total;
    stats.commits_total = counters_.commits_total;
    stats.is_failing = counters_.is_failing;
    stats.failure = counters_.failure;
    stats.queue_bytes = queue_bytes_;
    stats.memory_bytes += counters_.memory_bytes + queue_bytes_;
    stats.queue_bytes_max = options_.queue_bytes_max;
    Histogram latency = latency_;
    latency.merge(latency_last_);
    stats.commit_p50_us = static_cast<uint64_t>(latency.percentile(0.5));
    stats.commit_p99_us = static_cast<uint64_t>(latency.percentile(0.99));
}

}  // namespace nightshift::recorder
