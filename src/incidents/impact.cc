#include "incidents/impact.h"

#include <algorithm>
#include <array>

#include "incidents/limits.h"

namespace nightshift::incidents {
namespace {

// What the rules look at.
struct Case {
    const Stakes& stakes;
    const Diagnosis* diagnosis;  // null: not diagnosed
    Time now;

    bool concludes(Conclusion wanted) const {
        return diagnosis != nullptr && diagnosis->conclusion == wanted;
    }
    bool is_paying() const { return stakes.customers == "paying"; }
    bool is_due() const { return stakes.deadline && *stakes.deadline - now < kDeadlineNear; }
    bool is_open() const { return !stakes.is_verified_otherwise; }
    bool has_other_way() const { return stakes.redundancy && *stakes.redundancy > 0; }
    bool has_no_other_way() const { return stakes.redundancy && *stakes.redundancy == 0; }
};

enum class Effect : uint8_t { kAtLeast, kAtMost };

struct Rule {
    std::string_view why;
    bool (*applies)(const Case&);
    Effect effect;
    Severity severity;
};

// In this order; docs/incidents.md has the same table.
constexpr std::array kRules{
    Rule{"internal only, and more than 4 h to the deadline",
         [](const Case& c) {
             return c.stakes.customers == "internal" && c.stakes.deadline &&
                    *c.stakes.deadline - c.now > kDeadlineFar;
         },
         Effect::kAtMost, Severity::kWarning},
    Rule{"another way works",
         [](const Case& c) { return c.has_other_way() && !c.concludes(Conclusion::kBlocked); },
         Effect::kAtMost, Severity::kWarning},
    Rule{"the work is verified",
         [](const Case& c) { return !c.is_open() && !c.concludes(Conclusion::kBlocked); }, Effect::kAtMost,
         Severity::kWarning},
    Rule{"no other way is left", [](const Case& c) { return c.has_no_other_way() && c.is_open(); },
         Effect::kAtLeast, Severity::kWarning},
    Rule{"paying customers, and no other way is left",
         [](const Case& c) { return c.is_paying() && c.has_no_other_way() && c.is_open(); }, Effect::kAtLeast,
         Severity::kCritical},
    Rule{"less than 1 h to the deadline, and nothing verifies the work",
         [](const Case& c) { return c.is_due() && c.is_open(); }, Effect::kAtLeast, Severity::kWarning},
    Rule{"paying customers, less than 1 h to the deadline, and nothing verifies the work",
         [](const Case& c) { return c.is_due() && c.is_open() && c.is_paying(); }, Effect::kAtLeast,
         Severity::kCritical},
    Rule{"an agent or a person asks for it",
         [](const Case& c) { return c.stakes.raised == Severity::kCritical; }, Effect::kAtLeast,
         Severity::kCritical},
    Rule{"an agent or a person asks for it",
         [](const Case& c) { return c.stakes.raised == Severity::kWarning; }, Effect::kAtLeast,
         Severity::kWarning},
    Rule{"proven to be a false alarm", [](const Case& c) { return c.concludes(Conclusion::kFalseAlarm); },
         Effect::kAtMost, Severity::kInfo},
    Rule{"the work is done, and something around it is wrong",
         [](const Case& c) {
             return c.concludes(Conclusion::kEnhancement) && !c.is_paying() && c.diagnosis->is_complete;
         },
         Effect::kAtMost, Severity::kInfo},
    Rule{"the work is done; paying customers, or not all facts were there",
         [](const Case& c) { return c.concludes(Conclusion::kEnhancement); }, Effect::kAtMost,
         Severity::kWarning},
    Rule{"worse, and the work is done by another path",
         [](const Case& c) {
             return c.concludes(Conclusion::kDegraded) &&
                    (!c.diagnosis->works.empty() || c.has_other_way() || !c.is_open());
         },
         Effect::kAtMost, Severity::kWarning},
    Rule{"the work is not done", [](const Case& c) { return c.concludes(Conclusion::kBlocked); },
         Effect::kAtLeast, Severity::kWarning},
    Rule{"the work is not done, and its impact is blocking",
         [](const Case& c) { return c.concludes(Conclusion::kBlocked) && c.stakes.impact == "blocking"; },
         Effect::kAtLeast, Severity::kCritical},
    Rule{"the work is not done, for paying customers or near its deadline",
         [](const Case& c) { return c.concludes(Conclusion::kBlocked) && (c.is_paying() || c.is_due()); },
         Effect::kAtLeast, Severity::kCritical},
    Rule{"it spends tokens and gets nowhere",
         [](const Case& c) { return c.concludes(Conclusion::kBlocked) && c.diagnosis->is_burning; },
         Effect::kAtLeast, Severity::kCritical},
};

Judged start(const Stakes& stakes) {
    if (stakes.impact == "blocking") return {Severity::kCritical, "impact blocking"};
    if (stakes.impact == "degraded") return {Severity::kWarning, "impact degraded"};
    if (stakes.impact == "enhancement") return {Severity::kInfo, "impact enhancement"};
    if (stakes.asked) return {*stakes.asked, "the rule asks for " + std::string(to_string(*stakes.asked))};
    return {Severity::kWarning, "nobody says the impact"};
}

}  // namespace

Judged judge_severity(const Stakes& stakes, const std::optional<Diagnosis>& diagnosis, Time now) {
    Case facts{stakes, diagnosis ? &*diagnosis : nullptr, now};
    Judged judged = start(stakes);
    for (const Rule& rule : kRules) {
        if (!rule.applies(facts)) continue;
        Severity next = rule.effect == Effect::kAtLeast ? std::max(judged.severity, rule.severity)
                                                        : std::min(judged.severity, rule.severity);
        // What changes nothing explains nothing.
        if (next == judged.severity) continue;
        judged.severity = next;
        judged.why += "; " + std::string(rule.why) + ": " + std::string(to_string(next));
    }
    return judged;
}

}  // namespace nightshift::incidents
