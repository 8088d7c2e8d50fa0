#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "jobs/job_json.h"
#include "jobs/words.h"

// For the tests of this room: jobs as a user would write them.
namespace nightshift::jobs::testing {

inline Time at(std::string_view text) {
    auto time = parse_time(text);
    return time ? *time : Time{};
}

// A job from JSON; null when it has problems, which are appended to `why`.
inline JobPtr job(std::string_view definition, std::string* why = nullptr) {
    static Zones zones;
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
