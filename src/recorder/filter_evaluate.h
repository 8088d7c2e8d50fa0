#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "recorder/block.h"
#include "recorder/filter.h"

namespace nightshift::recorder {

// False: no row of the block can match, as its ranges and bloom filters show.
bool may_match(const Filter& filter, const Block& block, std::string_view tenant);

// Sets matches[i] to 1 for the rows that match, else 0. Loads the columns it needs, those of later conditions
// only when rows are left.
Result<void> evaluate(const Filter& filter, Block& block, std::string_view tenant,
                      std::vector<uint8_t>& matches);

// What a query asks of each row: the time range, the filter and the text.
struct RowFilter {
    std::string tenant;
    int64_t from_us = 0;
    int64_t to_us = INT64_MAX;
    Filter where;
    std::string text;  // lower case; empty: any

    bool may_match(const Block& block) const;
    // The rows that match, ascending. The attributes are loaded only for a text search.
    Result<void> select(Block& block, std::vector<uint16_t>& rows) const;

private:
    Result<void> search(Block& block, std::vector<uint16_t>& rows) const;
};

}  // namespace nightshift::recorder
