#include "live/ring.h"

#include <algorithm>

#include "base/assert.h"

namespace nightshift::live {
namespace {

constexpr size_t kEntryOverheadBytes = 256;  // the message object, its control blocks and the entry

size_t cost_of(const Delta& delta) {
    return delta.message->frame()->size() + kEntryOverheadBytes;
}

}  // namespace

void Ring::push(Delta delta, Instant now) {
    NS_ASSERT(delta.seq == head_ + 1);
    head_ = delta.seq;
    head_items_end_ = delta.items_end;
    bytes_ += cost_of(delta);
    pushed_bytes_ += cost_of(delta);
    entries_.push_back({std::move(delta), now, pushed_bytes_});
}

void Ring::trim(size_t bytes_max, Instant now, std::chrono::milliseconds age_max) {
    while (!entries_.empty() && (bytes_ > bytes_max || now - entries_.front().at > age_max)) {
        bytes_ -= cost_of(entries_.front().delta);
        entries_.pop_front();
    }
}

void Ring::restart(uint64_t seq) {
    head_ = seq;
    bytes_ = 0;
    entries_.clear();
}

std::optional<size_t> Ring::bytes_after(uint64_t seq) const {
    if (seq == head_) return 0;
    if (seq > head_ || entries_.empty() || seq + 1 < entries_.front().delta.seq) return std::nullopt;
    const Entry& next = entries_[seq + 1 - entries_.front().delta.seq];
    return pushed_bytes_ - next.bytes_end + cost_of(next.delta);
}

std::vector<Delta> Ring::after(uint64_t seq, size_t bytes_max) const {
    std::vector<Delta> deltas;
    if (seq == head_) return deltas;
    NS_ASSERT(bytes_after(seq).has_value());
    size_t bytes = 0;
    for (size_t i = seq + 1 - entries_.front().delta.seq; i < entries_.size(); ++i) {
        bytes += cost_of(entries_[i].delta);
        if (!deltas.empty() && bytes > bytes_max) break;
        deltas.push_back(entries_[i].delta);
    }
    return deltas;
}

std::vector<Delta> Ring::tail(size_t bytes_max) const {
    size_t bytes = 0;
    auto first = entries_.end();
    while (first != entries_.begin()) {
        bytes += cost_of(std::prev(first)->delta);
        if (bytes > bytes_max) break;
        --first;
    }
    std::vector<Delta> deltas;
    std::transform(first, entries_.end(), std::back_inserter(deltas),
                   [](const Entry& entry) { return entry.delta; });
    return deltas;
}

}  // namespace nightshift::live
