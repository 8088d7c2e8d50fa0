#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "recorder/row_block.h"

namespace nightshift::recorder {

struct RowRef {
    uint32_t block = 0;
    uint16_t row = 0;
};

// The rows of all blocks by agent, session and row number: so a session lies together, and equal texts
// compress.
std::vector<RowRef> order_rows(const std::vector<std::shared_ptr<const RowBlock>>& blocks);

}  // namespace nightshift::recorder
