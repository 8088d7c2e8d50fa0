#include <fmt/format.h>

#include <algorithm>

#include "incidents/checks/common.h"

namespace nightshift::incidents {
namespace {

constexpr std::string_view kName = "expectations";

struct Tally {
    int blocking = 0;
    int blocking_hold = 0;
    bool fails = false;       // a blocking one
    bool is_unknown = false;  // a blocking one
    bool is_worse = false;    // another one does not hold, or a path to one that holds
    bool is_proven = false;   // one holds by the word of another
    std::string says;
};

void add(Tally& tally, const Standing& each) {
    bool is_blocking = each.impact == "blocking";
    tally.blocking += is_blocking ? 1 : 0;
    if (!each.holds_by.empty()) tally.is_proven = true;
    if (each.outcome == "holds") {
        tally.blocking_hold += is_blocking ? 1 : 0;
        if (!each.is_alternative) return;
        tally.is_worse = true;
        tally.says += fmt::format("; {} holds by another path ({}), not by {}", each.name, each.holds_by,
                                  each.does_not);
        return;
    }
    if (is_blocking && each.outcome == "fails") tally.fails = true;
    if (is_blocking && each.outcome == "unknown") tally.is_unknown = true;
    if (!is_blocking) tally.is_worse = true;
    tally.says += fmt::format("; {} {} ({}): {}", each.impact, each.name,
                              each.outcome == "fails" ? "fails" : "is unknown", each.does_not);
}

Finding finding_of(const Tally& tally) {
    if (tally.fails) return Finding::kBad;
    if (tally.is_unknown || !tally.is_proven) return Finding::kUnknown;
    return tally.is_worse ? Finding::kSuspicious : Finding::kGood;
}

}  // namespace

Check check_expectations(const Facts& facts) {
    if (work_of(facts) == Work::kNothing) return found(kName, Finding::kNothing, "no job belongs to it");
    const JobFacts* job = known_job(facts);
    if (job == nullptr) return not_gathered(kName, "the expectations");
    const RunFact* run = newest_decided(*job);
    if (run == nullptr) return found(kName, Finding::kUnknown, "no run has been looked at yet");
    // What is expected of a message is waived when there was none to send.
    if (run->verdict == "silent_ok")
        return found(kName, Finding::kNothing, "the newest run had nothing to say", {"run:" + run->id});
    if (run->expectations.empty())
        return found(kName, Finding::kUnknown, "nothing was expected of the newest run");
    Tally tally;
    for (const Standing& each : standings_of(*run)) add(tally, each);
    std::string own_word = tally.is_proven ? "" : "; nobody but the work itself says so";
    return found(
        kName, finding_of(tally),
        fmt::format("{} of {} blocking hold{}{}", tally.blocking_hold, tally.blocking, own_word, tally.says),
        {"run:" + run->id});
}

}  // namespace nightshift::incidents
