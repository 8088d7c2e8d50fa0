#include "jobs/test_jobs.h"

#include <boost/json.hpp>

#include "jobs/job_json.h"

namespace nightshift::jobs::testing {

JobPtr job(std::string_view definition, std::string* why) {
    Zones zones;
    std::vector<JobProblem> problems;
    boost::json::value parsed =
        boost::json::parse(boost::json::string_view(definition.data(), definition.size()));
    JobPtr read = read_job(parsed.as_object(), "default", true, zones, problems);
    for (const JobProblem& each : problems) {
        if (why) *why += each.path + ": " + each.message + "\n";
    }
    return read;
}

}  // namespace nightshift::jobs::testing
