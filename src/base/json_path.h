#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace nightshift {

// A place in a JSON document, in a small strict subset of RFC 9535:
//   $            the document            .name  ['any name']   a member
//   [0]  [-1]    an element, from the end when negative         [*]   every element or member
//   .length()    last only: how many elements, members or characters
class JsonPath {
public:
    // What was found: a value of the document, or the number length() gave.
    struct Found {
        const boost::json::value* value = nullptr;  // null: `length` holds
        size_t length = 0;
    };
    static constexpr size_t kStepsMax = 32;
    static constexpr size_t kFoundMax = 10'000;

    // kInvalid says what is wrong and where.
    static Result<JsonPath> parse(std::string_view text);

    // Everything the path leads to, in the document's order; empty when there is nothing. At most kFoundMax.
    std::vector<Found> find(const boost::json::value& document) const;
    bool is_plural() const;
    const std::string& text() const { return text_; }

private:
    struct Step {
        enum class Kind : uint8_t { kMember, kElement, kEvery, kLength };
        Kind kind = Kind::kMember;
        std::string name;
        int64_t index = 0;
    };
    Result<void> parse_bracket(std::string_view& rest);
    static void follow(const Step& step, const boost::json::value& value, std::vector<Found>& found);

    std::string text_;
    std::vector<Step> steps_;
};

}  // namespace nightshift
