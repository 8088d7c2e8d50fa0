#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace nightshift {

// How much something matters to the people who depend on it: from business impact, never from how high a
// number is. The order counts.
enum class Severity : uint8_t {
    kInfo,      // to be seen when somebody looks
    kWarning,   // to be looked at in working hours
    kCritical,  // somebody is woken
};

std::string_view to_string(Severity severity);
// Also the words of others: page, error, warn, none, ... Nothing for a word we do not know.
std::optional<Severity> parse_severity(std::string_view word);

}  // namespace nightshift
