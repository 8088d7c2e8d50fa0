#pragma once

#include "api/prometheus.h"
#include "gateway/gateway.h"

namespace nightshift::api {

// The gateway's series of /metrics: calls, what became of them, and each target by provider, model and key.
void append_gateway(PrometheusText& text, const gateway::Plan& plan, const gateway::ShardStats& stats,
                    gateway::Instant now);

}  // namespace nightshift::api
