#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "recorder/column_name.h"

namespace nightshift::recorder {

// A parsed `where` (docs/api.md). A tree by value; depth and size are bounded by the parser.
struct Filter {
    enum class Node : uint8_t { kTrue, kAnd, kOr, kNot, kCompare };
    enum class Op : uint8_t { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual, kContains, kIn };

    // A literal in the unit the column is stored in.
    struct Literal {
        std::string text;    // text columns; lower case for kContains
        int64_t number = 0;  // number columns
        double real = 0;     // the same, for comparisons with fractions
        bool is_whole = true;
    };

    Node node = Node::kTrue;
    std::vector<Filter> children;
    Column column;
    Op op = Op::kEqual;
    std::vector<Literal> values;  // one, or several for kIn
    uint32_t words = 0;           // word columns: bit i is set when word i matches

    ColumnSet columns() const;
};

// Nothing but spaces is kTrue. kInvalid says what is wrong and where.
Result<Filter> parse_filter(std::string_view text);

}  // namespace nightshift::recorder
