#pragma once

#include <functional>
#include <string>
#include <vector>

#include "alerts/preview.h"
#include "alerts/service.h"
#include "api/router.h"
#include "base/clock.h"

namespace nightshift::api {

struct AlertParts {
    alerts::Service& alerts;
    const Clock& clock;
    // What a rule of this tenant would have done between two times. kInvalid: it cannot be looked at in the
    // past, with a message that says why.
    std::function<Task<Result<alerts::Preview>>(alerts::RulePtr rule, Time from, Time to)> preview;
};

// /api/v1/alerts, /api/v1/alerts/rules and /api/v1/silences.
void add_alert_routes(Router& router, AlertParts parts);

}  // namespace nightshift::api
