#pragma once

#include <vector>

#include "alerts/groups.h"
#include "app/config.h"
#include "incidents/service.h"

namespace nightshift::app {

// A group of alerts in the words of incidents. It is about a job only when that is one of `jobs`: Prometheus
// calls what it scrapes a job, too. Pure.
incidents::Told told_of(const alerts::Flush& flush, const std::vector<StakesRule>& stakes,
                        const std::vector<jobs::JobPtr>& jobs, Time now);

// What the configuration, and the alert's own labels, say of who depends on it. That an expectation of a job
// is blocking says what its verdict is, not that somebody must be woken for it.
incidents::Stakes stakes_of(const Labels& labels, const std::vector<StakesRule>& rules);

}  // namespace nightshift::app
