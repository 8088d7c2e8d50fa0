#include "recorder/view.h"

#include <algorithm>

#include "recorder/segment_store.h"

namespace nightshift::recorder {
namespace {

// The folder of a segment's tenant, which stands for the tenant without reading the footer.
std::string folder_of(const Segment& segment) {
    return segment.path().parent_path().parent_path().filename().native();
}

}  // namespace

View::View(std::vector<std::shared_ptr<Segment>> segments) : growing_(std::make_shared<Memtable>()) {
    for (auto& segment : segments) segments_[folder_of(*segment)].push_back(std::move(segment));
}

size_t View::publish(const EventBatch& batch, const std::vector<bool>& is_derived, uint64_t first_row,
                     int64_t arrival_us) {
    std::lock_guard lock(mutex_);
    growing_->append(batch, is_derived, first_row, arrival_us);
    return growing_->bytes();
}

void View::freeze() {
    std::lock_guard lock(mutex_);
    if (growing_->is_empty()) return;
    frozen_.push_back(std::move(growing_));
    growing_ = std::make_shared<Memtable>();
}

std::shared_ptr<const Memtable> View::next_to_seal() const {
    std::lock_guard lock(mutex_);
    return frozen_.empty() ? nullptr : frozen_.front();
}

void View::sealed(std::vector<std::shared_ptr<Segment>> segments) {
    std::shared_ptr<const Memtable> done;  // destroyed outside the lock
    std::lock_guard lock(mutex_);
    done = std::move(frozen_.front());
    frozen_.pop_front();
    for (auto& segment : segments) segments_[folder_of(*segment)].push_back(std::move(segment));
    room_.notify_all();
}

void View::replace(const std::vector<std::shared_ptr<Segment>>& old,
                   std::vector<std::shared_ptr<Segment>> added) {
    std::lock_guard lock(mutex_);
    for (const auto& segment : old) std::erase(segments_[folder_of(*segment)], segment);
    for (auto& segment : added) segments_[folder_of(*segment)].push_back(std::move(segment));
}

void View::remove(const Segment& segment) {
    std::lock_guard lock(mutex_);
    std::erase_if(segments_[folder_of(segment)],
                  [&segment](const auto& each) { return each.get() == &segment; });
}

Snapshot View::snapshot(const std::string& tenant, int64_t from_us, int64_t to_us) const {
    std::string folder = tenant_folder(tenant);
    Snapshot snapshot;
    std::lock_guard lock(mutex_);
    auto found = segments_.find(folder);
    if (found != segments_.end()) {
        for (const auto& segment : found->second) {
            const Trailer& trailer = segment->trailer();
            if (trailer.time_max < from_us || trailer.time_min >= to_us) continue;
            snapshot.segments.push_back(segment);
        }
    }
    for (const auto& frozen : frozen_) frozen->collect(tenant, from_us, to_us, true, snapshot.memory);
    growing_->collect(tenant, from_us, to_us, false, snapshot.memory);
    return snapshot;
}

Everything View::everything_after(uint64_t row) const {
    Everything found;
    auto take = [&found](const std::string& tenant, std::shared_ptr<const RowBlock> rows) {
        found.memory.push_back({tenant, std::move(rows)});
    };
    std::lock_guard lock(mutex_);
    for (const auto& [folder, segments] : segments_) {
        for (const auto& segment : segments) {
            if (segment->trailer().last_row > row) found.segments.push_back(segment);
        }
    }
    for (const auto& frozen : frozen_) frozen->collect_after(row, true, take);
    growing_->collect_after(row, false, take);
    return found;
}

std::vector<std::shared_ptr<Segment>> View::segments() const {
    std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<Segment>> all;
    for (const auto& [folder, segments] : segments_) all.insert(all.end(), segments.begin(), segments.end());
    return all;
}

View::Unsealed View::unsealed() const {
    std::lock_guard lock(mutex_);
    return {growing_->rows(),
            growing_->bytes(),
            growing_->partitions().size(),
            frozen_.size(),
            growing_->first_arrival_us(),
            growing_->last_arrival_us()};
}

size_t View::unsealed_bytes() const {
    std::lock_guard lock(mutex_);
    size_t bytes = growing_->bytes();
    for (const auto& frozen : frozen_) bytes += frozen->bytes();
    return bytes;
}

bool View::wait_for_room(size_t frozen_max, std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    return room_.wait_for(lock, timeout, [&] { return frozen_.size() < frozen_max; });
}

}  // namespace nightshift::recorder
