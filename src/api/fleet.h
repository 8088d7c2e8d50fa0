#pragma once

#include "api/router.h"
#include "fleet/service.h"

namespace nightshift::api {

// The fleet as it is now, and what a person may do about it. `fleet` must outlive the router.
void add_fleet_routes(Router& router, fleet::Service& fleet);

}  // namespace nightshift::api
