#pragma once

#include <string>
#include <string_view>

#include "jobs/occurrence.h"

namespace nightshift::jobs {

// `text` with {{job}}, {{occurrence}}, {{nominal}}, {{attempt}} and {{summary}} replaced. Other braces stay.
std::string fill(std::string_view text, const Occurrence& occurrence, const Execution& execution);

}  // namespace nightshift::jobs
