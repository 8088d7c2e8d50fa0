#pragma once

#include "api/router.h"
#include "base/clock.h"
#include "io/pool.h"
#include "jobs/service.h"

namespace nightshift::api {

struct JobParts {
    jobs::Service& jobs;
    jobs::Zones& zones;
    io::Pool& pool;
    const Clock& clock;
    // The address to ping for a watched job, which is known from now on: "/ping/<key>".
    std::function<std::string(const jobs::JobPtr& job)> ping_path;
    std::function<std::string(const jobs::JobPtr& job)> ping_slug_path;
    // What a job names and the configuration does not have; empty: nothing.
    std::function<std::string(const jobs::Job& job)> missing;
};

// /api/v1/jobs: definitions, what comes next, and what a person may do to them.
void add_job_routes(Router& router, JobParts parts);

}  // namespace nightshift::api
