#pragma once

#include "app/config.h"
#include "app/config_reader.h"

namespace nightshift::app {

// One entry of incidents.runbooks.
void read_runbook(ConfigReader& in, Config& config);

}  // namespace nightshift::app
