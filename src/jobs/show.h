#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <vector>

#include "jobs/occurrence.h"
#include "jobs/service.h"
#include "jobs/supervisor/agent_spec.h"

namespace nightshift::jobs {

// Values of the ledger as the API and the live topic `jobs` show them; docs/api.md describes each member.
// Times are Unix milliseconds.
boost::json::object show(const Occurrence& occurrence, Time now);
boost::json::object show(const Run& run);
boost::json::object show(const Evidence& evidence);
boost::json::object show(const Claim& claim);
boost::json::object show(const Totals& totals);
// `strip`: the newest occurrences, newest first.
boost::json::object show(const JobView& view, const std::vector<Occurrence>& strip, Time now);
boost::json::object show(const AuditReport& report);

// "command", "http", "agent", "cron_run", "prompt" or "watch".
std::string_view kind_of(const Action& action);

// `supervised` in docs/api.md.
boost::json::object show(const AgentStatus& agent);

}  // namespace nightshift::jobs
