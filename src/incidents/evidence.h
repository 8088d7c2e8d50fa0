#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "incidents/facts.h"

// What the facts prove about the work: read by the checks and the conclusion alike.
namespace nightshift::incidents {

// The part, or null when it was not gathered whole and in time. `name` as in Facts::late.
template <class Part>
const Part* known(const Facts& facts, const std::optional<Part>& part, std::string_view name) {
    for (const std::string& late : facts.late) {
        if (late == name) return nullptr;
    }
    return part ? &*part : nullptr;
}

const JobFacts* known_job(const Facts& facts);

// The names of the parts that this subject has and that were not gathered.
std::vector<std::string> missing_parts(const Facts& facts);

bool is_good_verdict(std::string_view verdict);  // verified, silent_ok, late
bool is_bad_verdict(std::string_view verdict);   // failed, contradicted, missed
bool is_about_activity(const Subject& subject);  // a session or an agent

// The newest run with a verdict other than skipped, which says nothing about the work.
const RunFact* newest_decided(const JobFacts& job);
Time end_of(const RunFact& run);

// When the trouble began: the alert's start, or what fell silent or failed before it.
Time trouble_began(const Facts& facts);

enum class Work : uint8_t {
    kProven,   // somebody other than the claimant says that all that was due is done
    kNotDone,  // the newest run is bad, or overdue
    kUnknown,  // nobody can tell
    kNothing,  // no job belongs to it
};
Work work_of(const Facts& facts);

// One expectation of a run, over all paths to it.
struct Standing {
    std::string name;
    std::string impact;
    std::string outcome;          // holds, fails, unknown
    std::string holds_by;         // the path that holds by the word of another, "" when none does
    std::string does_not;         // the paths that do not hold, with what was seen
    bool is_alternative = false;  // it holds, and another path to it does not
};
std::vector<Standing> standings_of(const RunFact& run);

enum class Silence : uint8_t { kSpeaks, kSilent, kUnknown, kNothing };
// Whether the source that the alert listens to says anything.
Silence silence_of(const Facts& facts);

// The subject was heard of through another source after this one fell silent.
bool is_alive_elsewhere(const Facts& facts);

}  // namespace nightshift::incidents
