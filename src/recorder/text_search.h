#pragma once

#include <string_view>

namespace nightshift::recorder {

// Whether `text` contains `needle`, without regard to the case of ASCII letters. `needle` must be lower case.
bool contains_ignore_case(std::string_view text, std::string_view needle);

}  // namespace nightshift::recorder
