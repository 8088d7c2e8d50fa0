#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "recorder/query.h"
#include "recorder/query_plan.h"

namespace nightshift::recorder {

// The groups of a query: numbers rows by the values of their group columns, across blocks whose codes differ.
class GroupTable {
public:
    // `groups` must outlive it.
    GroupTable(const std::vector<GroupBy>& groups, std::string_view tenant);

    // Adds the columns of the block that assign() reads: its times are not, when one step holds them all.
    void add_columns(const Block& block, ColumnSet& columns) const;
    // For each of the rows its group. Those columns must be loaded.
    void assign(const Block& block, const std::vector<uint16_t>& rows, std::vector<uint32_t>& groups);

    uint32_t size() const { return size_; }
    size_t bytes() const;
    // The value of the group in the i-th group column; see docs/api.md for units.
    Value value(uint32_t group, size_t column) const;
    // For each group a number that sorts like its value in the i-th group column.
    std::vector<uint64_t> order_keys(size_t column) const;

private:
    // One group column of the block at hand: a small code for each row, and what the codes stand for.
    struct Local {
        std::vector<uint32_t> codes;
        uint64_t cardinality = 1;
        bool is_constant = false;
        std::vector<int64_t> values;                 // of numbers, by code
        const TextDictionary* dictionary = nullptr;  // of texts
        const uint64_t* hashes = nullptr;
        std::vector<int64_t> known;  // global codes of texts; -1: not looked up yet
    };

    void prepare(const Block& block, const std::vector<uint16_t>& rows, const GroupBy& group, Local& local);
    void prepare_steps(const Block& block, const std::vector<uint16_t>& rows, int64_t step_us, Local& local);
    void prepare_numbers(const Block& block, const std::vector<uint16_t>& rows, const Column& column,
                         Local& local);
    int64_t global_value(size_t column, uint32_t code);
    uint32_t group_of(uint64_t combined);
    uint32_t find_or_add_key();
    uint32_t group_of_text(int64_t text);
    void grow_slots();
    size_t hash_of(const int64_t* key) const;
    template <class Code>
    void map_codes(const Code* codes, size_t count, uint64_t cardinality, std::vector<uint32_t>& groups);

    const std::vector<GroupBy>& groups_;
    std::string tenant_;
    std::vector<Local> locals_;
    std::vector<TextDictionary> texts_;  // by group column
    std::vector<int64_t> keys_;          // size() times the number of columns
    std::vector<uint32_t> by_text_;      // with one group column of text: group + 1 by global code
    std::vector<uint32_t> slots_;        // open addressing over the keys: group + 1; 0 is free
    std::vector<int64_t> key_;           // the one looked up
    std::vector<size_t> varying_;        // group columns that are not constant in the block at hand
    std::vector<uint64_t> combined_;
    std::vector<uint32_t> dense_;
    uint32_t size_ = 0;
};

}  // namespace nightshift::recorder
