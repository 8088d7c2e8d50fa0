#include "recorder/compaction.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "recorder/segment_block.h"

namespace nightshift::recorder {
namespace {

constexpr uint64_t kSmallRows = kBlockRowsMax / 2;
constexpr uint64_t kMergedRowsMax = 1u << 16;  // all of them are in memory meanwhile
constexpr size_t kManyFiles = 8;               // in an hour that still goes on
constexpr int64_t kQuietUs = 3600ll * 1000 * 1000;

Result<void> append_block(SegmentBlock& block, std::vector<std::shared_ptr<RowBlock>>& into) {
    std::vector<uint16_t> rows(block.rows());
    std::iota(rows.begin(), rows.end(), uint16_t{0});
    Result<void> loaded = block.load(ColumnSet::all());
    if (loaded) loaded = block.load_attributes(rows.data(), rows.size());
    if (!loaded) return loaded;
    for (uint16_t row : rows) {
        if (into.empty() || into.back()->is_full()) into.push_back(std::make_shared<RowBlock>());
        auto number = static_cast<uint64_t>(block.numbers(Number::kRow)[row]);
        into.back()->append(event_of(block, row, {}), number, false);
    }
    return {};
}

}  // namespace

std::vector<std::shared_ptr<Segment>> choose_compaction(const std::vector<std::shared_ptr<Segment>>& segments,
                                                        int64_t now_us) {
    std::map<std::filesystem::path, std::vector<std::shared_ptr<Segment>>> folders;
    for (const auto& segment : segments) {
        if (segment->trailer().rows < kSmallRows && !segment->is_damaged())
            folders[segment->path().parent_path()].push_back(segment);
    }
    for (auto& [folder, small] : folders) {
        bool is_over = std::all_of(small.begin(), small.end(), [now_us](const auto& segment) {
            return segment->trailer().time_max < now_us - kQuietUs;
        });
        if (small.size() < (is_over ? 2 : kManyFiles)) continue;
        std::sort(small.begin(), small.end(),
                  [](const auto& a, const auto& b) { return a->number() < b->number(); });
        uint64_t rows = 0;
        std::vector<std::shared_ptr<Segment>> chosen;
        for (const auto& segment : small) {
            if (rows + segment->trailer().rows > kMergedRowsMax) break;
            rows += segment->trailer().rows;
            chosen.push_back(segment);
        }
        if (chosen.size() >= 2) return chosen;
    }
    return {};
}

Result<SegmentContent> merge_segments(const std::vector<std::shared_ptr<Segment>>& segments) {
    SegmentContent content;
    std::vector<std::shared_ptr<RowBlock>> rows;
    SegmentBlock block;
    for (const auto& segment : segments) {
        NS_TRY(std::shared_ptr<const Footer> footer, segment->footer());
        content.tenant = footer->tenant;
        content.last_row = std::max(content.last_row, segment->trailer().last_row);
        content.replaces.push_back(segment->number());
        for (uint32_t i = 0; i < footer->blocks.size(); ++i) {
            Result<void> read = block.open(segment, i);
            if (read) read = append_block(block, rows);
            if (!read) return Failure(read.error());
        }
    }
    content.rows.assign(rows.begin(), rows.end());
    return content;
}

}  // namespace nightshift::recorder
