#pragma once

#include <functional>
#include <string>

#include "api/router.h"
#include "base/clock.h"
#include "io/pool.h"
#include "jobs/service.h"

namespace nightshift::api {

struct OccurrenceParts {
    jobs::Service& jobs;
    io::Pool& pool;
    const Clock& clock;
    // The deliveries of an occurrence, each a JSON object.
    std::function<Task<std::string>(jobs::OccurrenceKey)> deliveries;
};

// /api/v1/occurrences: the ledger, one occurrence with its attempts and evidence, claims and overrides.
void add_occurrence_routes(Router& router, OccurrenceParts parts);

}  // namespace nightshift::api
