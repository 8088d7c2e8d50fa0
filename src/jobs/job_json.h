#pragma once

#include <boost/json/fwd.hpp>
#include <vector>

#include "jobs/job.h"
#include "jobs/json_reader.h"
#include "jobs/schedule/zone.h"

namespace nightshift::jobs {

// Reads a job's definition, from the configuration or the API; docs/jobs.md describes each key. Every problem
// is reported, not only the first; null when there is one. ${NAME} stays as written: it is read when it is
// used.
JobPtr read_job(const boost::json::object& definition, std::string_view tenant, bool is_from_config,
                Zones& zones, std::vector<JobProblem>& problems);

}  // namespace nightshift::jobs
