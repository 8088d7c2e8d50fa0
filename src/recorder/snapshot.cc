#include "recorder/snapshot.h"

namespace nightshift::recorder {

Result<Block*> BlockReader::open(const BlockSource& source) {
    if (source.memory != nullptr) {
        memory_.emplace(source.memory);
        return &*memory_;
    }
    Result<void> opened = segment_.open(source.segment, source.block);
    if (!opened) return Failure(opened.error());
    return &segment_;
}

std::vector<BlockSource> blocks_of(const Snapshot& snapshot, int64_t from_us, int64_t to_us) {
    std::vector<BlockSource> sources;
    for (const auto& rows : snapshot.memory) {
        sources.push_back({rows, nullptr, 0, rows->time_min(), rows->time_max()});
    }
    for (const auto& segment : snapshot.segments) {
        auto footer = segment->footer();
        if (!footer) {
            segment->report(footer.error());
            continue;
        }
        for (uint32_t i = 0; i < (*footer)->blocks.size(); ++i) {
            const NumberMeta& time = (*footer)->blocks[i].numbers[index_of(Number::kTime)];
            if (time.max < from_us || time.min >= to_us) continue;
            sources.push_back({nullptr, segment, i, time.min, time.max});
        }
    }
    return sources;
}

}  // namespace nightshift::recorder
