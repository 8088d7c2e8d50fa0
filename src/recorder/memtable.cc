#include "recorder/memtable.h"

#include <algorithm>

namespace nightshift::recorder {

namespace {
constexpr int64_t kHourUs = 3600ll * 1000 * 1000;
}

int64_t partition_hour(int64_t time_us, int64_t arrival_us) {
    if (time_us < arrival_us - 60 * 24 * kHourUs || time_us > arrival_us + 2 * 24 * kHourUs)
        return Partition::kStray;
    return time_us >= 0 ? time_us / kHourUs : -((-time_us + kHourUs - 1) / kHourUs);
}

Memtable::Rows& Memtable::rows_of(const Event& event, int64_t arrival_us) {
    int64_t hour = partition_hour(event.time_us, arrival_us);
    if (last_used_ != nullptr && last_used_->first.hour == hour && last_used_->first.tenant == event.tenant) {
        return last_used_->second;
    }
    last_used_ = &*partitions_.try_emplace(Partition{std::string(event.tenant), hour}).first;
    return last_used_->second;
}

void Memtable::append(const EventBatch& batch, const std::vector<bool>& is_derived, uint64_t first_row,
                      int64_t arrival_us) {
    for (size_t i = 0; i < batch.events.size(); ++i) {
        const Event& event = batch.events[i];
        Rows& rows = rows_of(event, arrival_us);
        if (rows.blocks.empty() || rows.blocks.back()->is_full()) {
            bool was_filled = !rows.blocks.empty();
            rows.blocks.push_back(std::make_shared<RowBlock>());
            if (was_filled) rows.blocks.back()->reserve();
            bytes_ += sizeof(RowBlock) + 4096;
        }
        bytes_ += rows.blocks.back()->append(event, first_row + i, is_derived[i]);
        rows.time_min = std::min(rows.time_min, event.time_us);
        rows.time_max = std::max(rows.time_max, event.time_us);
        ++rows.rows;
        ++rows_;
    }
    if (batch.events.empty()) return;
    last_row_ = first_row + batch.events.size() - 1;
    first_arrival_us_ = std::min(first_arrival_us_, arrival_us);
    last_arrival_us_ = std::max(last_arrival_us_, arrival_us);
}

void Memtable::collect(std::string_view tenant, int64_t from_us, int64_t to_us, bool is_frozen,
                       std::vector<std::shared_ptr<const RowBlock>>& into) const {
    auto at = partitions_.lower_bound(Partition{std::string(tenant), INT64_MIN});
    for (; at != partitions_.end() && at->first.tenant == tenant; ++at) {
        const Rows& rows = at->second;
        if (rows.time_max < from_us || rows.time_min >= to_us) continue;
        for (const auto& block : rows.blocks) {
            if (block->time_max() < from_us || block->time_min() >= to_us) continue;
            bool is_open = !is_frozen && block == rows.blocks.back();
            into.push_back(is_open ? std::make_shared<RowBlock>(*block) : block);
        }
    }
}

void Memtable::collect_after(
    uint64_t row, bool is_frozen,
    const std::function<void(const std::string&, std::shared_ptr<const RowBlock>)>& take) const {
    for (const auto& [partition, rows] : partitions_) {
        for (const auto& block : rows.blocks) {
            if (static_cast<uint64_t>(block->numbers(Number::kRow).back()) <= row) continue;
            bool is_open = !is_frozen && block == rows.blocks.back();
            take(partition.tenant, is_open ? std::make_shared<RowBlock>(*block) : block);
        }
    }
}

}  // namespace nightshift::recorder
