#pragma once

#include <vector>

#include "app/config.h"
#include "app/config_reader.h"

namespace nightshift::app {

// The section `gateway`. Targets without a price of their own take it from `prices`, else from the list
// prices that ingest/ knows.
void read_gateway(ConfigReader& in, const std::vector<PriceConfig>& prices, gateway::Settings& settings);

}  // namespace nightshift::app
