#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace nightshift::recorder {

// The words of the filter language.
struct Token {
    enum class Type : uint8_t { kWord, kText, kOperator, kOpen, kClose, kComma, kEnd };
    Type type = Type::kEnd;
    std::string text;  // unquoted
    size_t at = 0;     // offset, for messages
};

inline constexpr size_t kFilterBytesMax = 16u << 10;
inline constexpr size_t kFilterTokensMax = 2000;

// Ends with kEnd. kInvalid for an open quote or a stray sign, kLimit when it is too long.
Result<std::vector<Token>> split_filter(std::string_view text);

}  // namespace nightshift::recorder
