#pragma once

#include <boost/json/fwd.hpp>
#include <optional>
#include <vector>

#include "jobs/json_reader.h"
#include "jobs/supervisor/agent_spec.h"

namespace nightshift::jobs {

// Reads an entry of `agents`: a command that is kept running. Nothing when there is a problem.
std::optional<AgentSpec> read_agent(const boost::json::object& definition, std::vector<JobProblem>& problems);

}  // namespace nightshift::jobs
