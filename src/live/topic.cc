#include "live/topic.h"

#include <algorithm>

#include "base/assert.h"
#include "base/text.h"

namespace nightshift::live {
namespace {

// JSON allows line breaks between its tokens; the data line of a Server-Sent Event does not.
void join_lines(std::string& item) {
    for (char& c : item) {
        if (c == '\n' || c == '\r') c = ' ';
    }
}

size_t offset_of(std::string_view part, std::string_view whole) {
    return static_cast<size_t>(part.data() - whole.data());
}

}  // namespace

Topic::Topic(std::string name, TopicKind kind, uint64_t seq, TopicLimits limits,
             std::atomic<int64_t>& ring_bytes_total)
    : name_(std::move(name)),
      encoded_name_(percent_encode(name_)),
      kind_(kind),
      limits_(limits),
      ring_bytes_total_(ring_bytes_total),
      head_(seq),
      ring_(seq),
      is_tracked_(kind == TopicKind::kLog) {}

Topic::~Topic() {
    ring_bytes_total_ -= static_cast<int64_t>(ring_bytes_counted_);
}

bool Topic::put(std::string_view key, std::string item) {
    NS_ASSERT(kind_ == TopicKind::kState);
    join_lines(item);
    std::lock_guard lock(mutex_);
    auto found = items_.find(key);
    if (found != items_.end()) {
        if (*found->second == item) return false;
        found->second = std::make_shared<const std::string>(std::move(item));
    } else {
        if (items_.size() >= kStateItemsMax) {
            dropped_total_.fetch_add(1, std::memory_order_relaxed);
            return false;
        }
        items_.emplace(key, std::make_shared<const std::string>(std::move(item)));
    }
    return note_change(key);
}

bool Topic::remove(std::string_view key) {
    NS_ASSERT(kind_ == TopicKind::kState);
    std::lock_guard lock(mutex_);
    auto found = items_.find(key);
    if (found == items_.end()) return false;
    items_.erase(found);
    return note_change(key);
}

bool Topic::note_change(std::string_view key) {
    if (!is_tracked_) {
        ring_.restart(ring_.head() + 1);
        sync_totals();
        return false;
    }
    bool is_first = changed_.empty();
    if (!changed_.contains(key)) changed_.emplace(key);
    return is_first;
}

bool Topic::append(std::string item) {
    NS_ASSERT(kind_ == TopicKind::kLog);
    join_lines(item);
    std::lock_guard lock(mutex_);
    bool is_first = pending_.count == 0 && pending_dropped_ == 0;
    ++items_end_;
    if (pending_.json.size() + item.size() > limits_.tick_bytes_max) {
        ++pending_dropped_;
        dropped_total_.fetch_add(1, std::memory_order_relaxed);
    } else {
        pending_.add(item);
    }
    return is_first;
}

bool Topic::freeze(Instant now) {
    std::lock_guard lock(mutex_);
    return freeze_locked(now);
}

bool Topic::freeze_locked(Instant now) {
    Delta delta;
    delta.seq = ring_.head() + 1;
    delta.items_end = items_end_;
    if (kind_ == TopicKind::kState) {
        if (changed_.empty()) return false;
        Items put;
        std::vector<std::string> removed;
        for (const std::string& key : changed_) {
            auto found = items_.find(key);
            if (found == items_.end()) {
                removed.push_back(key);
            } else {
                put.add(*found->second);
            }
        }
        changed_.clear();
        delta.message =
            std::make_shared<const Message>("delta", state_delta_json(name_, delta.seq, put.json, removed));
    } else {
        if (pending_.count == 0 && pending_dropped_ == 0) return false;
        std::string json = log_delta_json(name_, delta.seq, pending_dropped_, pending_.json);
        delta.message = std::make_shared<const Message>("delta", json);
        // The items stand before the fixed end of the message.
        size_t end = json.size() - (sizeof(R"(],"dropped":})") - 1) - std::to_string(pending_dropped_).size();
        delta.items_bytes = pending_.json.size();
        delta.items_offset = end - delta.items_bytes;
        delta.item_count = pending_.count;
        pending_ = {};
        pending_dropped_ = 0;
    }
    ring_.push(std::move(delta), now);
    ring_.trim(limits_.ring_bytes_max, now, limits_.ring_age_max);
    sync_totals();
    return true;
}

void Topic::sync_totals() {
    head_.store(ring_.head(), std::memory_order_release);
    ring_bytes_total_ += static_cast<int64_t>(ring_.bytes()) - static_cast<int64_t>(ring_bytes_counted_);
    ring_bytes_counted_ = ring_.bytes();
}

std::optional<Missed> Topic::deltas_after(uint64_t seq, size_t missed_bytes_max, size_t bytes_max) const {
    std::lock_guard lock(mutex_);
    std::optional<size_t> bytes = ring_.bytes_after(seq);
    if (!bytes || *bytes > missed_bytes_max) return std::nullopt;
    Missed missed;
    missed.deltas = ring_.after(seq, bytes_max);
    missed.items_end = missed.deltas.empty() ? ring_.head_items_end() : missed.deltas.back().items_end;
    return missed;
}

Snapshot Topic::snapshot(Instant now, std::optional<uint64_t> known_items_end) {
    std::lock_guard snapshot_lock(snapshot_mutex_);
    if (!cached_ || !is_fresh(*cached_, now)) rebuild_snapshot(now);
    Snapshot snapshot = cached_->snapshot;
    if (kind_ == TopicKind::kState || !known_items_end) return snapshot;
    uint64_t seen = std::min(snapshot.items_end, *known_items_end + snapshot.item_count);
    uint64_t dropped = snapshot.items_end - seen;
    if (dropped == 0) return snapshot;
    // Readers that fell behind in the same tick miss the same; the map is as small as the number of such
    // ticks.
    SharedMessage& message = cached_->with_dropped[dropped];
    if (!message) {
        std::string json = snapshot_json(name_, snapshot.seq, dropped, cached_->items);
        message = std::make_shared<const Message>("snapshot", json);
    }
    snapshot.message = message;
    return snapshot;
}

bool Topic::is_fresh(const CachedSnapshot& cached, Instant now) const {
    std::lock_guard lock(mutex_);
    if (cached.snapshot.seq == ring_.head() && changed_.empty()) return true;
    return now - cached.built_at < kSnapshotEvery && ring_.bytes_after(cached.snapshot.seq).has_value();
}

void Topic::rebuild_snapshot(Instant now) {
    Snapshot snapshot;
    std::vector<net::SharedBytes> values;
    std::vector<Delta> tail;
    {
        std::lock_guard lock(mutex_);
        freeze_locked(now);
        snapshot.seq = ring_.head();
        snapshot.items_end = items_end_;
        values.reserve(items_.size());
        for (const auto& [key, value] : items_) values.push_back(value);
        if (kind_ == TopicKind::kLog) tail = ring_.tail(limits_.tail_bytes_max);
    }
    // From here on publishers go on while we encode.
    Items items;
    for (const net::SharedBytes& value : values) items.add(*value);
    for (const Delta& delta : tail) {
        if (delta.item_count == 0) continue;
        items.add(delta.items());
        items.count += delta.item_count - 1;
    }
    snapshot.item_count = items.count;
    snapshot.message =
        std::make_shared<const Message>("snapshot", snapshot_json(name_, snapshot.seq, 0, items.json));
    std::string_view json = snapshot.message->json();
    std::string_view shown = json.substr(json.size() - items.json.size() - 2, items.json.size());
    NS_ASSERT(offset_of(shown, json) + shown.size() + 2 == json.size());
    cached_.emplace(CachedSnapshot{snapshot, now, shown, {}});
}

void Topic::set_tracked(bool is_tracked) {
    std::lock_guard snapshot_lock(snapshot_mutex_);
    std::lock_guard lock(mutex_);
    if (kind_ == TopicKind::kLog || is_tracked == is_tracked_) return;
    is_tracked_ = is_tracked;
    if (is_tracked) return;
    // Changes not frozen yet are in no delta, so no token given out until now may resume.
    cached_.reset();
    changed_.clear();
    ring_.restart(ring_.head() + 1);
    sync_totals();
}

void Topic::trim_ring(size_t bytes_max, Instant now) {
    std::lock_guard lock(mutex_);
    ring_.trim(bytes_max, now, limits_.ring_age_max);
    sync_totals();
}

}  // namespace nightshift::live
