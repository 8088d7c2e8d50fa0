#pragma once

#include <functional>
#include <string>
#include <vector>

#include "api/router.h"
#include "jobs/supervisor/agent_spec.h"

namespace nightshift::api {

// Supervised agents belong to the installation: only the default tenant sees them.
struct SupervisedParts {
    enum class Wish { kStart, kStop, kRestart };
    std::function<Task<std::vector<jobs::AgentStatus>>()> list;
    // kNotFound when no agent of that name is supervised.
    std::function<Task<Result<void>>(std::string name, Wish wish)> act;
};

// /api/v1/supervised: the agents that are kept running, and what a person may wish for them.
void add_supervised_routes(Router& router, SupervisedParts parts);

}  // namespace nightshift::api
