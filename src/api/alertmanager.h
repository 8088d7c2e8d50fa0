#pragma once

#include "alerts/service.h"
#include "api/router.h"
#include "base/clock.h"

namespace nightshift::api {

// /api/v2: what Prometheus and amtool ask of an Alertmanager, so that they work unchanged. Alerts are
// answered for when they are on disk.
void add_alertmanager_routes(Router& router, alerts::Service& alerts, const Clock& clock,
                             seconds resolve_timeout);

}  // namespace nightshift::api
