#pragma once

#include "api/incidents.h"
#include "api/router.h"

namespace nightshift::api {

// /ack/{id}/{token}: a signed link in a notification. Opening it shows a page with a button, because mail
// scanners and chat previews open links too; only the button acknowledges. Needs no other token.
void add_acknowledge_routes(Router& router, IncidentParts parts);

}  // namespace nightshift::api
