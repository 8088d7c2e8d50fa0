#pragma once

#include "api/router.h"
#include "base/clock.h"
#include "incidents/service.h"

namespace nightshift::api {

// What is looked at afterwards: /api/v1/incidents/{id}/postmortem and /api/v1/incidents/statistics.
void add_incident_report_routes(Router& router, incidents::Service& incidents, const Clock& clock);

}  // namespace nightshift::api
