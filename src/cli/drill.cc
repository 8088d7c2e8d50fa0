#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <exception>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/drills/drills.h"
#include "cli/table.h"

namespace nightshift::cli {
namespace {

using drills::Drill;
using drills::Report;
using std::chrono::steady_clock;

Result<std::vector<Drill>> chosen(const std::vector<std::string>& names) {
    if (names.empty()) return std::vector<Drill>(drills::kDrills.begin(), drills::kDrills.end());
    std::vector<Drill> all;
    for (const std::string& name : names) {
        auto found = std::find_if(drills::kDrills.begin(), drills::kDrills.end(),
                                  [&](const Drill& each) { return each.name == name; });
        if (found == drills::kDrills.end())
            return fail(Code::kInvalid, "there is no drill {}; nightshift drill --list shows them", name);
        all.push_back(*found);
    }
    return all;
}

Report rehearse(const Drill& drill, drills::Playground& playground, const DrillOptions& options) {
    Report report;
    report.name = drill.name;
    auto start = steady_clock::now();
    {
        drills::Sandbox sandbox(playground, options.program, playground.folder() / drill.name);
        try {
            Result<void> done = drill.run(sandbox, report);
            if (!done) report.check(false, "the drill went on", "to its end", done.error().message);
        } catch (const std::exception& error) {
            report.check(false, "the answers", "as this program expects them", error.what());
        }
    }
    playground.end_all();
    report.took = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - start);
    return report;
}

}  // namespace

int list_drills(bool json) {
    if (json) {
        boost::json::array all;
        for (const Drill& each : drills::kDrills)
            all.push_back(boost::json::object{{"name", each.name}, {"rehearses", each.rehearses}});
        return std::puts(boost::json::serialize(all).c_str()), kOk;
    }
    Table table({"DRILL", "WHAT IT REHEARSES"});
    for (const Drill& each : drills::kDrills)
        table.add({std::string(each.name), std::string(each.rehearses)});
    std::fputs(table.text().c_str(), stdout);
    return kOk;
}

int run_drill(const DrillOptions& options, bool json) {
    auto wanted = chosen(options.names);
    if (!wanted) return report(wanted.error());
    // The imposters' words are no news: most of what they see is meant to go wrong.
    log::configure({.level = log::Level::kError});
    auto playground = drills::Playground::open(options.keeps);
    if (!playground) return report(playground.error());
    std::vector<Report> reports;
    for (const Drill& each : *wanted) {
        std::fprintf(stderr, "%s: %s\n", std::string(each.name).c_str(), std::string(each.rehearses).c_str());
        reports.push_back(rehearse(each, **playground, options));
        if (!json) std::printf("%s\n", drills::checks_text(reports.back()).c_str());
        std::fflush(stdout);
    }
    std::fputs((json ? drills::summary_json(reports) + "\n" : drills::summary_text(reports)).c_str(), stdout);
    if (options.keeps) std::fprintf(stderr, "The sandboxes are in %s\n", (*playground)->folder().c_str());
    return drills::score_of(reports).is_full() ? kOk : kBad;
}

}  // namespace nightshift::cli
