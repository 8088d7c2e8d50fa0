#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "recorder/columns.h"
#include "recorder/event.h"
#include "recorder/text_dictionary.h"

namespace nightshift::recorder {

// A choice of columns.
struct ColumnSet {
    uint32_t numbers = 0;
    uint32_t texts = 0;

    void add(Number column) { numbers |= 1u << index_of(column); }
    void add(Text column) { texts |= 1u << index_of(column); }
    void add(const ColumnSet& other) {
        numbers |= other.numbers;
        texts |= other.texts;
    }
    static ColumnSet all() { return {0xFFFF, 0xFFFF}; }
};

struct TextColumn {
    const uint16_t* codes = nullptr;
    const TextDictionary* dictionary = nullptr;
    const uint64_t* hashes = nullptr;  // of the dictionary's texts, where they are kept

    std::string_view at(uint32_t row) const { return dictionary->at(codes[row]); }
};

// One block of rows of one tenant, in memory or in a segment, as a query reads it: by one thread.
class Block {
public:
    virtual ~Block() = default;

    virtual uint32_t rows() const = 0;
    // The smallest and largest value, without loading.
    virtual std::pair<int64_t, int64_t> range(Number column) const = 0;
    // False: no row has this text. Without loading.
    virtual bool may_contain(Text column, std::string_view text) const = 0;

    // Makes the columns readable; kCorrupt or kIo when the segment cannot give them.
    virtual Result<void> load(const ColumnSet& columns) = 0;
    // Makes the attributes of the rows readable (ascending rows).
    virtual Result<void> load_attributes(const uint16_t* rows, size_t count) = 0;

    // Of loaded columns.
    virtual const int64_t* numbers(Number column) const = 0;
    virtual TextColumn texts(Text column) const = 0;
    virtual std::string_view attributes(uint32_t row) const = 0;
};

// The event of one row; all columns and the row's attributes must be loaded. Views point into the block; a
// derived id stays empty.
Event event_of(const Block& block, uint32_t row, std::string_view tenant);

}  // namespace nightshift::recorder
