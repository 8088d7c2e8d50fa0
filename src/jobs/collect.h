#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "io/pool.h"
#include "io/task.h"
#include "jobs/engine.h"
#include "jobs/evidence/source.h"
#include "recorder/recorder.h"
#include "store/readers.h"

namespace nightshift::jobs {

// Asks the sources of a job's expectations. On the jobs loop; reads and probes run on the pool.
class Collector {
public:
    struct Parts {
        io::Pool& pool;
        store::Readers& readers;
        const Clock& clock;
        const recorder::Recorder* recorder;
        std::function<std::optional<std::string>(const std::string&)> environment;
        std::function<Task<std::vector<DeliveryFact>>(OccurrenceKey)> delivery_facts;
    };
    explicit Collector(Parts parts) : parts_(std::move(parts)) {}

    // What the sources note before the start, as a JSON object by "<expectation>/<path>"; empty: nothing to
    // note.
    Task<std::string> baselines(StartRun start) const;
    // Each expectation's paths in their order, until one holds by the word of somebody other than the
    // claimant.
    Task<Observed> observe(Collect look) const;

private:
    // What the ledger knows that evidence needs.
    struct Known {
        std::string baselines;
        std::vector<Claim> claims;
        std::map<std::string, std::vector<double>> history;  // by expectation
    };
    Result<Known> read_ledger(const Collect& look) const;
    Instruments instruments() const;
    std::string home() const;

    Parts parts_;
};

}  // namespace nightshift::jobs
