#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "api/incidents.h"
#include "base/clock.h"
#include "incidents/runbook.h"
#include "incidents/runbook_run.h"
#include "incidents/service.h"
#include "io/loop.h"
#include "io/task_group.h"
#include "store/readers.h"
#include "store/writer.h"

namespace nightshift::app {

// Takes one step of a runbook: what was done, in words. `incident` for those that have no target of their
// own.
using TakeStep =
    std::function<Task<Result<std::string>>(incidents::RunbookStep step, incidents::Incident incident)>;

// Runs the runbooks of incidents: asks the guards, writes the run down before it acts, acts, and looks
// whether it helped. Lives on one loop.
class RunbookRunner {
public:
    // All must outlive it.
    struct Parts {
        io::Loop& loop;
        store::Writer& writer;
        store::Readers& readers;
        const Clock& clock;
        incidents::Service& incidents;
        TakeStep take_step;
    };
    // Reads what has run. Blocking.
    static Result<std::unique_ptr<RunbookRunner>> open(Parts parts, std::vector<incidents::Runbook> runbooks);

    // All of the following on the loop.
    void start();
    Task<> stop() { return tasks_.stop(); }
    void replace(std::vector<incidents::Runbook> runbooks) { runbooks_ = std::move(runbooks); }
    // An incident is new or changed: what may act by itself, acts; what has acted is looked at.
    void consider(const incidents::Incident& incident);
    // Each runbook that is for such an incident, with what the guards say; for the API.
    boost::json::array show(const incidents::Incident& incident) const;
    // A person wants it. The answer says what became of it so far.
    Task<Result<boost::json::object>> run(incidents::Incident incident, std::string runbook,
                                          api::IncidentParts::Wish wish);

private:
    RunbookRunner(Parts parts, std::vector<incidents::Runbook> runbooks)
        : parts_(parts), runbooks_(std::move(runbooks)), tasks_(parts.loop, "runbooks") {}
    const incidents::Runbook* find(std::string_view name) const;
    incidents::RunbookRun plan(const incidents::Runbook& runbook, const incidents::Incident& incident);
    Task<> act(incidents::Runbook runbook, incidents::Incident incident, incidents::RunbookRun run);
    Task<Result<void>> keep(incidents::RunbookRun run);
    // The same, and into the incident's timeline.
    Task<> note(incidents::RunbookRun run);
    void forget(std::string_view run);
    // A word of ours in the timeline.
    Task<> say(std::string tenant, std::string incident, std::string text);
    Task<> verify();

    Parts parts_;
    std::vector<incidents::Runbook> runbooks_;
    std::vector<incidents::RunbookRun> runs_;  // of the last days, oldest first
    std::set<std::string>
        told_;  // "runbook/incident": that it asks, or would act, was said; at most kToldMax
    io::TaskGroup tasks_;
};

}  // namespace nightshift::app
