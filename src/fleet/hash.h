#pragma once

#include <cstdint>
#include <string_view>

namespace nightshift::fleet {

// 64 bits of a text, for tables and comparisons inside this process and its snapshot; not against attackers.
uint64_t hash_text(std::string_view text, uint64_t seed = 0);

}  // namespace nightshift::fleet
