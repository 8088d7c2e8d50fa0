#include "incidents/conclude.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "incidents/causes.h"
#include "incidents/limits.h"
#include "incidents/signals.h"
#include "incidents/words.h"

namespace nightshift::incidents {
namespace {

using Health = DependencyFact::Health;

std::string named(const Subject& subject) {
    return subject.kind + " " + subject.name;
}

bool is_good(const Signals& s, std::string_view check) {
    return s.finding(check) == Finding::kGood;
}

// "12 of the last 12 runs verified, newest 8 min ago; delivered to telegram as message 4711".
std::string proof(const Signals& s) {
    std::string out = s.says("run records");
    if (is_good(s, "delivery receipts")) out += "; " + s.says("delivery receipts");
    return out;
}

// A verdict that its own evidence does not bear out.
bool is_unproven(Finding finding) {
    return finding == Finding::kUnknown || finding == Finding::kBad;
}

// What cannot be told, of all checks that could not tell.
std::string unclear(const Signals& s) {
    std::string out;
    for (const Check& each : s.checks) {
        if (is_unproven(each.finding)) out += (out.empty() ? "" : "; ") + each.says;
    }
    return out.empty() ? "nobody but the work itself says how it is" : out;
}

// What is wrong, of all checks that found something.
std::string wrong(const Signals& s) {
    std::string out;
    for (const Check& each : s.checks) {
        bool is_wrong = each.finding == Finding::kBad || each.finding == Finding::kSuspicious;
        if (is_wrong && each.name != "recent changes") out += (out.empty() ? "" : "; ") + each.says;
    }
    return out.empty() ? unclear(s) : out;
}

std::string abort_words(const Signals& s) {
    const ActivityFacts& activity = *s.activity;
    std::string who = activity.session.empty() ? "agent " + activity.agent : "session " + activity.session;
    return activity.can_abort ? "abort " + who : "stop " + who + " where it runs";
}

// One line of docs/incidents.md. The first that applies decides.
struct Rule {
    std::string_view name;
    bool (*applies)(const Signals&);
    Conclusion conclusion;
    std::string_view window;
    std::string (*summary)(const Signals&);
    std::string (*next)(const Signals&);
};

const std::array kRules{
    Rule{"loop", [](const Signals& s) { return s.loops(); }, Conclusion::kBlocked, kWindowNow,
         [](const Signals& s) {
             return named(s.facts.subject) + (s.burns() ? " burns tokens in a loop: " : " is in a loop: ") +
                    s.says("activity");
         },
         abort_words},
    Rule{"not done", [](const Signals& s) { return s.work == Work::kNotDone; }, Conclusion::kBlocked,
         kWindowNow, [](const Signals& s) { return "the work is not done: " + s.says("run records"); },
         [](const Signals& s) { return "look at the newest run: " + s.says("expectations"); }},
    Rule{"own part fails",
         [](const Signals& s) {
             return s.facts.subject.kind == "self" && s.own != nullptr && !s.own->failing.empty();
         },
         Conclusion::kBlocked, kWindowNow, [](const Signals& s) { return s.says("own eyes"); },
         [](const Signals& s) { return "repair " + s.own->failing.front().part + " of Nightshift"; }},
    Rule{"stuck", [](const Signals& s) { return s.is_stuck() && s.work != Work::kProven; },
         Conclusion::kBlocked, kWindowNow,
         [](const Signals& s) { return named(s.facts.subject) + " does not go on: " + s.says("activity"); },
         [](const Signals& s) -> std::string {
             if (s.activity->state == "waiting_approval") return "approve what it asks for, or refuse";
             return "look at its last error, then start it again";
         }},
    Rule{"down",
         [](const Signals& s) {
             const DependencyFact* itself = s.itself();
             return itself != nullptr && itself->health == Health::kDown && !itself->has_alternative &&
                    s.work != Work::kProven;
         },
         Conclusion::kBlocked, kWindowNow, [](const Signals& s) { return s.says("dependencies"); },
         [](const Signals& s) { return "repair " + named(s.facts.subject) + ": there is no other way"; }},
    Rule{"down, another way works",
         [](const Signals& s) {
             const DependencyFact* itself = s.itself();
             bool is_bad = itself != nullptr &&
                           (itself->health == Health::kDown || itself->health == Health::kDegraded);
             return is_bad && itself->has_alternative && s.work == Work::kNothing &&
                    !s.is_essential_missing();
         },
         Conclusion::kDegraded, kWindowDays,
         [](const Signals& s) { return s.says("dependencies") + "; not blocking"; },
         [](const Signals& s) {
             return "repair " + named(s.facts.subject) + " before the other way fails too";
         }},
    Rule{"alive elsewhere",
         [](const Signals& s) {
             return s.work == Work::kNothing && is_alive_elsewhere(s.facts) && s.own->failing.empty() &&
                    !s.is_essential_missing() && !s.is_stuck();
         },
         Conclusion::kEnhancement, kWindowDays,
         [](const Signals& s) {
             return fmt::format("{} goes on, heard of through another source {}; {} does not tell",
                                named(s.facts.subject), ago(*s.own->subject_last_event_elsewhere, s.facts.at),
                                s.own->source.empty() ? "the one that the alert listens to" : s.own->source);
         },
         [](const Signals& s) { return "repair the telemetry of " + s.own->source; }},
    Rule{"blind", [](const Signals& s) { return s.is_blind() && s.work != Work::kProven; },
         Conclusion::kUnknown, kWindowHour,
         [](const Signals& s) { return "we cannot see whether the work is done: " + s.says("own eyes"); },
         [](const Signals& s) -> std::string {
             if (s.own == nullptr) return "look at " + named(s.facts.subject) + " where it runs";
             if (!s.own->failing.empty()) return "repair " + s.own->failing.front().part + " of Nightshift";
             return "see whether " + (s.own->source.empty() ? named(s.facts.subject) : s.own->source) +
                    " runs";
         }},
    Rule{"proven, not all was seen",
         [](const Signals& s) {
             return s.work == Work::kProven &&
                    (s.is_essential_missing() || s.finding("delivery receipts") == Finding::kUnknown ||
                     is_unproven(s.finding("expectations")));
         },
         Conclusion::kUnknown, kWindowHour, [](const Signals& s) { return proof(s) + "; but " + unclear(s); },
         [](const Signals& s) { return "look at " + named(s.facts.subject) + " where it runs"; }},
    Rule{"proven, worse", [](const Signals& s) { return s.work == Work::kProven && s.is_worse(); },
         Conclusion::kDegraded, kWindowDays,
         [](const Signals& s) {
             return wrong(s) + "; the work is verified all the same (" + proof(s) + "); not blocking";
         },
         [](const Signals&) -> std::string {
             return "repair what is worse within 24 to 48 h; the work goes on";
         }},
    Rule{"proven, trouble around",
         [](const Signals& s) { return s.work == Work::kProven && s.has_trouble_around(); },
         Conclusion::kEnhancement, kWindowDays,
         [](const Signals& s) {
             return "the work is done (" + proof(s) + "); something around it is wrong: " + wrong(s);
         },
         [](const Signals& s) {
             bool has_source = s.own != nullptr && !s.own->source.empty();
             return "look at " + (has_source ? s.own->source : "what is around it") +
                    " in working hours; the work needs nothing";
         }},
    Rule{"proven, nothing wrong",
         [](const Signals& s) { return s.work == Work::kProven && s.missing.empty(); },
         Conclusion::kFalseAlarm, kWindowNone,
         [](const Signals& s) { return "nothing is wrong: " + proof(s); },
         [](const Signals&) -> std::string { return "nothing; change the rule if it is wrong again"; }},
    Rule{"answers again",
         [](const Signals& s) {
             const DependencyFact* itself = s.itself();
             return itself != nullptr && itself->health == Health::kGood && s.work == Work::kNothing &&
                    s.missing.empty() && !s.is_worse() && !s.has_trouble_around();
         },
         Conclusion::kFalseAlarm, kWindowNone,
         [](const Signals& s) {
             const std::string& says = s.itself()->says;
             return "nothing is wrong: " + named(s.facts.subject) + (says.empty() ? " answers" : ": " + says);
         },
         [](const Signals&) -> std::string { return "nothing; change the rule if it is wrong again"; }},
    Rule{"unknown", [](const Signals&) { return true; }, Conclusion::kUnknown, kWindowHour,
         [](const Signals& s) { return "nobody can tell whether the work is done: " + unclear(s); },
         [](const Signals& s) { return "look at " + named(s.facts.subject) + " where it runs"; }},
};

std::vector<std::string> still_works(const Signals& s) {
    std::vector<std::string> works;
    if (s.work == Work::kProven) works.push_back("the work: " + s.says("run records"));
    if (is_good(s, "delivery receipts")) works.push_back(s.says("delivery receipts"));
    if (is_good(s, "siblings")) works.push_back(s.says("siblings"));
    if (s.dependencies != nullptr) {
        for (const DependencyFact& each : *s.dependencies) {
            if (each.health != Health::kGood && each.has_alternative)
                works.push_back(each.alternative.empty() ? "another way than " + each.name
                                                         : each.alternative);
        }
    }
    if (works.size() > kNamedMax) works.resize(kNamedMax);
    return works;
}

// The largest share of bad siblings, of those that somebody can tell.
std::optional<int> affected(const Facts& facts) {
    const auto* siblings = known(facts, facts.siblings, "siblings");
    if (siblings == nullptr) return std::nullopt;
    uint64_t percent = 0;
    for (const SiblingFacts& each : *siblings) {
        if (each.good + each.bad > 0) percent = std::max(percent, each.bad * 100 / (each.good + each.bad));
    }
    return static_cast<int>(percent);
}

}  // namespace

Diagnosis conclude(const Facts& facts, std::vector<Check> checks) {
    Diagnosis diagnosis;
    diagnosis.checks = std::move(checks);
    Signals signals(facts, diagnosis.checks);
    const Rule& rule =
        *std::find_if(kRules.begin(), kRules.end(), [&](const Rule& each) { return each.applies(signals); });
    diagnosis.conclusion = rule.conclusion;
    diagnosis.summary = cut(rule.summary(signals), kTextBytesMax);
    diagnosis.causes = rank_causes(facts);
    diagnosis.works = still_works(signals);
    diagnosis.next_action = cut(rule.next(signals), kTextBytesMax);
    diagnosis.response_window = rule.window;
    diagnosis.at = facts.at;
    diagnosis.is_complete = signals.missing.empty();
    diagnosis.is_burning = signals.burns();
    diagnosis.affected_percent = affected(facts);
    return diagnosis;
}

Diagnosis diagnose(const Facts& facts, Time now) {
    Diagnosis diagnosis = conclude(facts, run_checks(facts));
    diagnosis.took = std::max(microseconds(0), now - facts.at);
    return diagnosis;
}

}  // namespace nightshift::incidents
