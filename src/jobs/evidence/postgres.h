#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jobs/evidence/condition.h"
#include "jobs/evidence/look.h"
#include "jobs/evidence/sql_text.h"

namespace nightshift::jobs::evidence {

// The first value of the first row, or nothing when there is no row. One new connection, a READ ONLY
// transaction with a statement_timeout, rolled back. kUnavailable with the server's or libpq's message,
// kTimeout. Blocking, and until `until` only, but for the look-up of a host's address.
Result<std::optional<Datum>> ask_postgres(const std::string& connection, const SqlText& query,
                                          const Work& work, Until until);

}  // namespace nightshift::jobs::evidence
