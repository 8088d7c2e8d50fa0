#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "health/ask.h"
#include "health/standing.h"
#include "health/types.h"
#include "io/loop.h"
#include "store/readers.h"
#include "store/writer.h"

namespace nightshift::health {

// A probe and how it is.
struct ProbeView {
    ProbePtr spec;
    Standing standing;
    std::string_view last;  // what was settled last, whatever its age: "passing", "failing" or ""
    Time seen;              // the newest look that said anything; the epoch: none
    std::optional<Look> newest;
    std::optional<Time> next;  // when it is looked at again; none: just now
    uint64_t looks_total = 0;  // since the start
    std::vector<Look> looks;   // newest first; only of one that was asked for by name
};

struct Stats {
    uint64_t under_way = 0;
    uint64_t waiting = 0;  // for their turn
    uint64_t looks_total = 0;
    uint64_t unknown_total = 0;  // looks that said nothing
    uint64_t store_failures_total = 0;
};

// Looks at everything that the configuration names, each when it is time, a few at once. Lives on its loop;
// calls come from any.
class Service {
public:
    // All must outlive it.
    struct Parts {
        io::Loop& loop;
        store::Writer& writer;  // of a database that migrate_health() has seen
        store::Readers& readers;
        const Clock& clock;
        RunCommand run_command;
        // A probe has another state than at the look before. On the loop.
        std::function<void(const ProbeView& probe, State before)> on_change;
        uint64_t seed = 0;  // of the spread of the first looks; 0: by the kernel
    };

    // Reads what was known. Blocking.
    static Result<std::unique_ptr<Service>> open(Parts parts, const std::vector<ProbePtr>& probes);
    ~Service();

    void start();
    // Ends what is under way. Blocking, not from a loop; once started.
    void stop();
    // What has the same question keeps its state. Blocking, not from a loop.
    void reload(std::vector<ProbePtr> probes);

    Task<std::vector<ProbeView>> list() const;
    // With its looks. kNotFound.
    Task<Result<ProbeView>> find(std::string name) const;
    // Looks now, or waits for the look that is under way, and gives what came of it. kNotFound.
    Task<Result<ProbeView>> run(std::string name);
    Task<Stats> stats() const;

private:
    struct Core;
    explicit Service(std::unique_ptr<Core> core);
    std::unique_ptr<Core> core_;
};

}  // namespace nightshift::health
