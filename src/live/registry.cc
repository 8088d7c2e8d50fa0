#include "live/registry.h"

#include <algorithm>

#include "base/assert.h"

namespace nightshift::live {

const Registry::Slot* Registry::find(std::string_view tenant, std::string_view name) const {
    auto topics = tenants_.find(tenant);
    if (topics == tenants_.end()) return nullptr;
    auto slot = topics->second.find(name);
    return slot == topics->second.end() ? nullptr : &slot->second;
}

Registry::Slot* Registry::find(std::string_view tenant, std::string_view name) {
    return const_cast<Slot*>(std::as_const(*this).find(tenant, name));
}

bool Registry::put(std::string_view tenant, std::string_view name, std::string_view key, std::string item) {
    std::shared_ptr<Topic> topic = find_or_create_state(tenant, name);
    return topic && topic->put(key, std::move(item)) && note_dirty(std::move(topic));
}

bool Registry::remove(std::string_view tenant, std::string_view name, std::string_view key) {
    std::shared_ptr<Topic> topic = find_or_create_state(tenant, name);
    return topic && topic->remove(key) && note_dirty(std::move(topic));
}

bool Registry::append(std::string_view tenant, std::string_view name, std::string item) {
    if (logs_.load(std::memory_order_relaxed) == 0) return false;
    // Held during the append: what is appended to a topic that still has readers must not go to one being
    // forgotten.
    std::shared_lock lock(mutex_);
    Slot* slot = find(tenant, name);
    return slot && slot->topic->append(std::move(item)) && note_dirty(slot->topic);
}

bool Registry::is_watched(std::string_view tenant, std::string_view name) const {
    if (logs_.load(std::memory_order_relaxed) == 0) return false;
    std::shared_lock lock(mutex_);
    return find(tenant, name) != nullptr;
}

std::shared_ptr<Topic> Registry::find_or_create_state(std::string_view tenant, std::string_view name) {
    {
        std::shared_lock lock(mutex_);
        if (Slot* slot = find(tenant, name)) return slot->topic;
    }
    std::lock_guard lock(mutex_);
    if (Slot* slot = find(tenant, name)) return slot->topic;
    auto kind = topic_kind(name);
    NS_ASSERT(kind && *kind == TopicKind::kState);
    return create(tenant, name, *kind).topic;
}

Registry::Slot& Registry::create(std::string_view tenant, std::string_view name, TopicKind kind) {
    auto topics = tenants_.find(tenant);
    if (topics == tenants_.end()) topics = tenants_.try_emplace(std::string(tenant)).first;
    Slot& slot = topics->second[std::string(name)];
    slot.topic =
        std::make_shared<Topic>(std::string(name), kind, next_seq_, limits_.topic, ring_bytes_total_);
    ++topics_;
    if (kind == TopicKind::kLog) logs_.fetch_add(1, std::memory_order_relaxed);
    return slot;
}

Result<std::shared_ptr<Topic>> Registry::acquire(std::string_view tenant, std::string_view name) {
    NS_TRY(TopicKind kind, topic_kind(name));
    std::lock_guard lock(mutex_);
    Slot* slot = find(tenant, name);
    if (!slot) {
        bool is_full = kind == TopicKind::kLog && logs_ >= limits_.logs_max && !evict_longest_unread();
        if (is_full)
            return fail(Code::kLimit, "{} live topics with readers are the most; come back later",
                        logs_.load());
        slot = &create(tenant, name, kind);
    }
    slot->topic->set_tracked(true);
    slot->unread_since.reset();
    ++slot->readers;
    return slot->topic;
}

bool Registry::release(std::string_view tenant, std::string_view name, Instant now) {
    std::lock_guard lock(mutex_);
    Slot* slot = find(tenant, name);
    NS_ASSERT(slot && slot->readers > 0);
    if (--slot->readers > 0) return false;
    slot->unread_since = now;
    return true;
}

bool Registry::note_dirty(std::shared_ptr<Topic> topic) {
    std::lock_guard lock(dirty_mutex_);
    dirty_.push_back(std::move(topic));
    return dirty_.size() == 1;
}

bool Registry::freeze(Instant now) {
    std::vector<std::shared_ptr<Topic>> dirty;
    {
        std::lock_guard lock(dirty_mutex_);
        dirty.swap(dirty_);
    }
    for (const std::shared_ptr<Topic>& topic : dirty) topic->freeze(now);
    if (ring_bytes() > limits_.ring_bytes_total_max) trim_rings(now);
    return !dirty.empty();
}

void Registry::trim_rings(Instant now) {
    // The longest rings give way first: the cap for each is halved until all fit.
    std::shared_lock lock(mutex_);
    size_t cap = limits_.topic.ring_bytes_max;
    while (cap > 0 && ring_bytes() > limits_.ring_bytes_total_max) {
        cap /= 2;
        for (const auto& [tenant, topics] : tenants_) {
            for (const auto& [name, slot] : topics) slot.topic->trim_ring(cap, now);
        }
    }
}

std::optional<Instant> Registry::expire(Instant now) {
    std::lock_guard lock(mutex_);
    std::optional<Instant> next;
    for (auto tenant = tenants_.begin(); tenant != tenants_.end();) {
        Topics& topics = tenant->second;
        for (auto slot = topics.begin(); slot != topics.end();) {
            std::optional<Instant> since = slot->second.unread_since;
            bool is_over = since && now >= *since + limits_.topic.ring_age_max;
            if (since && !is_over)
                next = std::min(next.value_or(Instant::max()), *since + limits_.topic.ring_age_max);
            bool is_log = slot->second.topic->kind() == TopicKind::kLog;
            if (is_over) forget(slot->second);
            slot = is_over && is_log ? topics.erase(slot) : std::next(slot);
        }
        tenant = topics.empty() ? tenants_.erase(tenant) : std::next(tenant);
    }
    return next;
}

// A log topic's slot is erased by the caller; a state topic stays, with its items but without deltas.
void Registry::forget(Slot& slot) {
    slot.unread_since.reset();
    if (slot.topic->kind() == TopicKind::kState) {
        slot.topic->set_tracked(false);
        return;
    }
    // A later topic of this name must not take an old token for one of its own.
    next_seq_ = std::max(next_seq_, slot.topic->head() + 1);
    dropped_before_ += slot.topic->dropped_total();
    --topics_;
    logs_.fetch_sub(1, std::memory_order_relaxed);
}

bool Registry::evict_longest_unread() {
    Topics* where = nullptr;
    Topics::iterator longest;
    for (auto& [tenant, topics] : tenants_) {
        for (auto slot = topics.begin(); slot != topics.end(); ++slot) {
            if (!slot->second.unread_since || slot->second.topic->kind() != TopicKind::kLog) continue;
            if (where && *longest->second.unread_since <= *slot->second.unread_since) continue;
            where = &topics;
            longest = slot;
        }
    }
    if (!where) return false;
    forget(longest->second);
    where->erase(longest);
    return true;
}

size_t Registry::topics() const {
    std::shared_lock lock(mutex_);
    return topics_;
}

uint64_t Registry::dropped_total() const {
    std::shared_lock lock(mutex_);
    uint64_t total = dropped_before_;
    for (const auto& [tenant, topics] : tenants_) {
        for (const auto& [name, slot] : topics) total += slot.topic->dropped_total();
    }
    return total;
}

}  // namespace nightshift::live
