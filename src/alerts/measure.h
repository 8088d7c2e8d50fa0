#pragma once

#include <vector>

#include "alerts/rule.h"
#include "alerts/signal.h"
#include "base/result.h"
#include "recorder/recorder.h"

namespace nightshift::alerts {

// What a rule of kQuery or kSilence sees at a moment: a signal for each group of its query. Blocking.
// kInvalid for a query that the recorder refuses.
Result<std::vector<Signal>> measure(const recorder::Recorder& recorder, const Rule& rule, Time now);

// How often such a rule is looked at: a twentieth of its window, a fifth of the silence that it tolerates.
seconds measure_every(const Rule& rule);

}  // namespace nightshift::alerts
