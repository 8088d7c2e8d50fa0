#pragma once

#include <array>
#include <string_view>

#include "base/result.h"
#include "cli/drills/report.h"
#include "cli/drills/sandbox.h"

namespace nightshift::cli::drills {

// Each brings about one disaster in a sandbox of its own, which it starts, and writes down what came of it.
// An error says why it could not go on; the drill has failed then.
Result<void> run_silent_log(Sandbox& sandbox, Report& report);
Result<void> run_api_404(Sandbox& sandbox, Report& report);
Result<void> run_looping_session(Sandbox& sandbox, Report& report);
Result<void> run_lying_health(Sandbox& sandbox, Report& report);
Result<void> run_provider_outage(Sandbox& sandbox, Report& report);
Result<void> run_dashboards_50(Sandbox& sandbox, Report& report);
Result<void> run_dashboards_5000(Sandbox& sandbox, Report& report);
Result<void> run_channel_down(Sandbox& sandbox, Report& report);
Result<void> run_kill_9(Sandbox& sandbox, Report& report);
Result<void> run_disk_full(Sandbox& sandbox, Report& report);

struct Drill {
    std::string_view name;
    std::string_view rehearses;
    Result<void> (*run)(Sandbox&, Report&);
};

inline constexpr std::array kDrills{
    Drill{"silent_log", "a log falls silent while the work goes on: nobody is woken", run_silent_log},
    Drill{"api_404", "one way to see the work answers 404, another proves it: degraded, told once",
          run_api_404},
    Drill{"looping_session", "a session loops at 3 AM: one message, quiet hours or not", run_looping_session},
    Drill{"lying_health", "a health page says ok, and the work is not done", run_lying_health},
    Drill{"provider_outage", "one model provider dies, then all do, then they return", run_provider_outage},
    Drill{"dashboards_50", "50 dashboards are cut off and come back at once", run_dashboards_50},
    Drill{"dashboards_5000", "5,000 dashboards are cut off and come back at once", run_dashboards_5000},
    Drill{"channel_down", "the first channel refuses the message: it takes the other one", run_channel_down},
    Drill{"kill_9", "SIGKILL in the middle of alerts and messages: nothing lost, nothing twice", run_kill_9},
    Drill{"disk_full", "nothing can be written any more: it says so, and recovers", run_disk_full},
};

}  // namespace nightshift::cli::drills
