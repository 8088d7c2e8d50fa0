#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "jobs/types.h"

namespace nightshift::jobs {

// An execution as the ledger and the API write it: one JSON object, times in Unix milliseconds.
std::string execution_json(const Execution& execution);
// kCorrupt when `json` is not one.
Result<Execution> parse_execution(std::string_view json);

}  // namespace nightshift::jobs
