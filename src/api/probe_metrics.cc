#include "api/probe_metrics.h"

namespace nightshift::api {

using health::ProbeView;
using health::State;

void append_probes(PrometheusText& text, const std::vector<ProbeView>& probes, const health::Stats& stats,
                   Time now) {
    text.begin("gauge", "probe_state", "1 for the state that the probe is in; only passing is good.");
    for (const ProbeView& each : probes) {
        for (State state : {State::kPassing, State::kFailing, State::kStale, State::kUnknown})
            text.labelled("probe_state", {{"probe", each.spec->name}, {"state", health::to_string(state)}},
                          each.standing.state == state ? 1 : 0);
    }
    text.begin("gauge", "probe_age_seconds", "Since the newest look that said anything; none without one.");
    for (const ProbeView& each : probes) {
        if (each.seen == Time()) continue;
        text.labelled("probe_age_seconds", {{"probe", each.spec->name}},
                      static_cast<double>((now - each.seen).count()) / 1e6);
    }
    text.counter("probe_looks_total", "Looks of all probes since the start.",
                 static_cast<double>(stats.looks_total));
    text.counter("probe_looks_unknown_total", "Of these, those that said nothing: we could not ask.",
                 static_cast<double>(stats.unknown_total));
    text.gauge("probe_looks_waiting", "Looks that wait for their turn.", static_cast<double>(stats.waiting));
    text.counter("probe_store_failures_total", "States of probes that could not be kept for a restart.",
                 static_cast<double>(stats.store_failures_total));
}

}  // namespace nightshift::api
