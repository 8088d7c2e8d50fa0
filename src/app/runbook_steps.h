#pragma once

#include "app/runbook_runner.h"
#include "app/work.h"
#include "fleet/service.h"
#include "gateway/gateway.h"
#include "io/pool.h"

namespace nightshift::app {

// What the steps of runbooks act on. All must outlive the function.
struct StepParts {
    io::Pool& pool;
    const Clock& clock;
    Work& work;
    fleet::Service& fleet;
    std::function<gateway::Gateway*()> gateway;
};
TakeStep make_steps(StepParts parts);

}  // namespace nightshift::app
