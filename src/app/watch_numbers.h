#pragma once

#include <boost/json/fwd.hpp>

#include "alerts/historian.h"
#include "alerts/service.h"
#include "delivery/service.h"
#include "incidents/service.h"

namespace nightshift::app {

struct WatchNumbers {
    alerts::Stats alerts;
    alerts::HistoryStats history;
    incidents::Stats incidents;
    delivery::Stats deliveries;
};

// As /api/v1/system and /metrics have them: `alerts`, `incidents` and `deliveries`. Pure.
boost::json::object show_numbers(const WatchNumbers& numbers);

}  // namespace nightshift::app
