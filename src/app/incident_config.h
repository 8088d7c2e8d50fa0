#pragma once

#include "app/config.h"
#include "app/config_reader.h"

namespace nightshift::app {

// The section `incidents`: who is told, when and over what; who depends on what; runbooks. After `channels`.
void read_incidents(ConfigReader& in, Config& config);

}  // namespace nightshift::app
