#pragma once

#include <vector>

#include "app/fact_uses.h"
#include "base/labels.h"
#include "health/service.h"
#include "incidents/facts.h"

namespace nightshift::app {

// What an incident is about, as far as probes are concerned. Borrows.
struct Concern {
    const incidents::Subject& subject;
    const Labels& labels;  // of its alert
    const Uses& uses;      // of the subject
};

// Adds what probes say of the subject itself, of what it uses, of what the labels name, and of the routes,
// providers, sources and channels that all share. A probe that passes is evidence that the thing works, one
// that fails that it does not, whatever else is known of it; one that cannot tell is neither. Pure.
void weigh_probes(const std::vector<health::ProbeView>& probes, const Concern& concern,
                  std::vector<incidents::DependencyFact>& facts);

}  // namespace nightshift::app
