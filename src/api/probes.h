#pragma once

#include "api/router.h"
#include "health/service.h"

namespace nightshift::api {

// /api/v1/probes. Probes belong to the installation: only the default tenant sees them.
void add_probe_routes(Router& router, health::Service& probes);

}  // namespace nightshift::api
