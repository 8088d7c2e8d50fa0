#pragma once

#include <cstdint>
#include <string>

namespace nightshift::fleet {

// "850 ms", "45 s", "12 min", "3.5 h", "2 d": for sentences a person reads.
std::string duration_words(int64_t us);

// "$0.21", "$0.0004"; "" for nothing.
std::string money_words(int64_t nano_usd);

// "950", "18.0k", "2.1M".
std::string count_words(uint64_t count);

}  // namespace nightshift::fleet
