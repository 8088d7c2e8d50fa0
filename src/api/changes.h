#pragma once

#include <functional>
#include <string>
#include <vector>

#include "api/router.h"
#include "base/clock.h"
#include "incidents/facts.h"

namespace nightshift::api {

struct ChangeParts {
    const Clock& clock;
    // Ends when it is on disk.
    std::function<Task<Result<void>>(std::string tenant, incidents::ChangeFact)> add;
    // Newest first. Any thread.
    std::function<std::vector<incidents::ChangeFact>(const std::string& tenant, Time after)> since;
};

// /api/v1/changes: what people and their deploys say that they changed.
void add_change_routes(Router& router, ChangeParts parts);

}  // namespace nightshift::api
