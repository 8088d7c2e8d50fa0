#pragma once

#include "app/config.h"
#include "app/config_reader.h"

namespace nightshift::app {

// One item of the list `probes`. What is not wrong but proves little becomes a warning.
void read_probe(ConfigReader& in, Config& config, std::vector<ConfigProblem>& warnings);

}  // namespace nightshift::app
