#pragma once

#include "api/router.h"
#include "live/hub.h"

namespace nightshift::api {

// `hub` must outlive the router.
void add_live_route(Router& router, live::Hub& hub);

}  // namespace nightshift::api
