#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "recorder/block.h"
#include "recorder/columns.h"

namespace nightshift::recorder {

// A column as queries name it: a stored one, or one made of others.
struct Column {
    enum class Kind : uint8_t { kNumber, kText, kTotalTokens, kTenant };
    Kind kind = Kind::kNumber;
    Number number = Number::kTime;
    Text text = Text::kAgent;

    bool operator==(const Column&) const = default;
    bool is_text() const { return kind == Kind::kText || kind == Kind::kTenant; }
    // kind, status, cost_source: numbers on disk, words for people.
    bool is_word() const {
        return kind == Kind::kNumber &&
               (number == Number::kKind || number == Number::kStatus || number == Number::kCostSource);
    }
    bool is_real() const { return kind == Kind::kNumber && number == Number::kValue; }
    void add_to(ColumnSet& columns) const;
};

std::optional<Column> find_column(std::string_view name);
std::vector<std::string_view> column_names();

// The words of a word column: "model_call", "ok".
std::string_view word_of(Number column, int64_t value);
// How many numbers have a word of their own.
int64_t word_count(Number column);

}  // namespace nightshift::recorder
