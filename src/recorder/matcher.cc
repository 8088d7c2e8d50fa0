#include "recorder/matcher.h"

#include <memory>

#include "recorder/filter_evaluate.h"
#include "recorder/row_block.h"

namespace nightshift::recorder {

Result<Matcher> Matcher::parse(std::string_view where) {
    NS_TRY(Filter filter, parse_filter(where));
    return Matcher(std::move(filter));
}

std::vector<size_t> Matcher::match(const EventBatch& batch, std::string_view tenant) const {
    std::vector<size_t> found;
    for (size_t next = 0; next < batch.events.size();) {
        auto rows = std::make_shared<RowBlock>();
        std::vector<size_t> indexes;
        for (; next < batch.events.size() && !rows->is_full(); ++next) {
            if (batch.events[next].tenant != tenant) continue;
            rows->append(batch.events[next], next + 1, false);
            indexes.push_back(next);
        }
        MemoryBlock block(rows);
        std::vector<uint8_t> matches;
        if (indexes.empty() || !evaluate(filter_, block, tenant, matches)) continue;
        for (size_t i = 0; i < indexes.size(); ++i) {
            if (matches[i] != 0) found.push_back(indexes[i]);
        }
    }
    return found;
}

}  // namespace nightshift::recorder
