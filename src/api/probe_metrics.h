#pragma once

#include <vector>

#include "api/prometheus.h"
#include "health/service.h"

namespace nightshift::api {

// The probes' series of /metrics: how each is, and how old that is.
void append_probes(PrometheusText& text, const std::vector<health::ProbeView>& probes,
                   const health::Stats& stats, Time now);

}  // namespace nightshift::api
