#include "incidents/postmortem.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "incidents/words.h"

namespace nightshift::incidents {
namespace {

// In a cell or a line of Markdown: no markup, no new line.
std::string cell(std::string_view text) {
    std::string out;
    for (char each : text) {
        if (each == '\n' || each == '\r') {
            out += ' ';
            continue;
        }
        if (std::string_view("|*_`<>[]\\").find(each) != std::string_view::npos) out += '\\';
        out += each;
    }
    return out;
}

void row(std::string& out, std::initializer_list<std::string> cells) {
    out += "|";
    for (const std::string& each : cells) out += " " + each + " |";
    out += "\n";
}

void add_head(std::string& out, const Incident& incident, std::string_view what) {
    out += fmt::format("# {}: {}\n\n", what, cell(incident.title));
    row(out, {"", ""});
    out += "|---|---|\n";
    row(out, {"Incident", cell(incident.id)});
    row(out, {"Subject", cell(incident.subject.kind + " " + incident.subject.name)});
    row(out, {"Rule", incident.rule.empty() ? "of another system" : cell(incident.rule)});
    row(out, {"Severity", fmt::format("{} ({})", to_string(incident.severity), cell(incident.severity_why))});
    row(out, {"State", std::string(to_string(incident.state))});
    if (!incident.part_of.empty())
        row(out, {"Told with", fmt::format("{}: {}", incident.part_of, cell(incident.part_of_why))});
    for (const Part& each : incident.parts)
        row(out,
            {"Same cause", fmt::format("{} ({}, {})", cell(each.title), each.id, to_string(each.severity))});
    row(out, {"Alerts", fmt::format("{} in all, {} firing", incident.total, incident.firing)});
    if (!incident.stakes.owner.empty()) row(out, {"Owner", cell(incident.stakes.owner)});
    if (incident.tokens > 0 || incident.cost_nano_usd > 0)
        row(out, {"Spent", fmt::format("{} tokens, {:.2f} USD", incident.tokens,
                                       static_cast<double>(incident.cost_nano_usd) / 1e9)});
}

std::string between(const std::optional<Time>& from, const std::optional<Time>& to) {
    return from && to ? span(*to - *from) : "not known";
}

void add_durations(std::string& out, const Incident& incident, Time now) {
    out += "\n## How long it took\n\n| | |\n|---|---|\n";
    row(out, {"to detect", span(incident.opened - incident.started)});
    row(out, {"to diagnose", between(incident.opened, incident.diagnosed)});
    row(out, {"to tell somebody", between(incident.opened, incident.notified)});
    row(out, {"to acknowledge", incident.acknowledged ? between(incident.opened, incident.acknowledged)
                                                      : "nobody acknowledged"});
    row(out, {"to resolve", incident.resolved ? between(incident.opened, incident.resolved)
                                              : "not resolved after " + span(now - incident.opened)});
}

void add_diagnosis(std::string& out, const Incident& incident) {
    out += "\n## What was found\n\n";
    if (!incident.diagnosis) {
        out += "It was not diagnosed.\n";
        return;
    }
    const Diagnosis& diagnosis = *incident.diagnosis;
    out += fmt::format("{}: {}\n", to_string(diagnosis.conclusion), cell(diagnosis.summary));
    if (incident.judged)
        out += fmt::format("\n{} judged it {}.\n", cell(incident.judged_by), to_string(*incident.judged));
    out += "\n| check | finding | what it says |\n|---|---|---|\n";
    for (const Check& each : diagnosis.checks)
        row(out, {cell(each.name), std::string(to_string(each.finding)), cell(each.says)});
    if (diagnosis.causes.empty()) return;
    out += "\n| likely cause | why | confidence |\n|---|---|---|\n";
    for (const Cause& each : diagnosis.causes)
        row(out, {cell(each.what), cell(each.why), fmt::format("{} %", each.confidence)});
}

void add_timeline(std::string& out, const Incident& incident) {
    out += "\n## Timeline\n\n| time | what | who | |\n|---|---|---|---|\n";
    for (const Entry& each : incident.timeline)
        row(out, {words(each.time), cell(each.kind), cell(each.who), cell(each.text)});
}

void add_notifications(std::string& out, const Incident& incident) {
    out += "\n## Who was told\n\n";
    if (incident.notifications.empty()) {
        out += "Nobody was told.\n";
        return;
    }
    out += "| time | channel | what | state | receipt |\n|---|---|---|---|---|\n";
    for (const Notification& each : incident.notifications) {
        const SharedText& receipt = each.provider_id.empty() ? each.error : each.provider_id;
        row(out, {words(each.sent), cell(each.channel), cell(each.what), cell(each.state), cell(receipt)});
    }
}

void add_people(std::string& out, const Incident& incident) {
    std::set<std::string> people;
    for (const Entry& each : incident.timeline) {
        bool is_of_person = each.kind == "acknowledged" || each.kind == "handed_over" ||
                            each.kind == "note" || each.kind == "resolved" || each.kind == "reopened" ||
                            each.kind == "action";
        if (is_of_person && !each.who.empty() && each.who != "nightshift") people.insert(cell(each.who));
    }
    out += "\n## Who took part\n\n";
    out += people.empty() ? "Nobody.\n"
                          : list({people.begin(), people.end()}, people.size(), people.size()) + "\n";
}

std::vector<std::string> open_questions(const Incident& incident) {
    std::vector<std::string> questions;
    auto conclusion = final_conclusion(incident);
    if (!conclusion || *conclusion == Conclusion::kUnknown) questions.push_back("Was the work done?");
    if (incident.diagnosis) {
        for (const Check& each : incident.diagnosis->checks) {
            if (each.finding == Finding::kUnknown)
                questions.push_back(fmt::format("What was it with {}? {}", cell(each.name), cell(each.says)));
        }
    }
    for (const Notification& each : incident.notifications) {
        if (each.state == "failed" || each.state == "unknown")
            questions.push_back(
                fmt::format("Why did the {} over {} not arrive?", cell(each.what), cell(each.channel)));
    }
    if (!incident.acknowledged) questions.push_back("Why did nobody acknowledge it?");
    if (incident.state != State::kResolved) questions.push_back("When will it be over?");
    questions.push_back("Which expectation, or which test, would have shown it earlier?");
    return questions;
}

void add_questions(std::string& out, const std::vector<std::string>& questions) {
    constexpr size_t kQuestionsMax = 12;
    out += "\n## Open questions\n\n";
    for (size_t i = 0; i < questions.size() && i < kQuestionsMax; ++i) out += "- " + questions[i] + "\n";
}

std::string of_false_alarm(const Incident& incident, Time now) {
    std::string out;
    add_head(out, incident, "False alarm");
    add_durations(out, incident, now);
    add_diagnosis(out, incident);
    add_notifications(out, incident);
    add_questions(out, {fmt::format("What does rule {} look at, and what should it look at?",
                                    incident.rule.empty() ? "of the other system" : cell(incident.rule)),
                        "Would an expectation of the job have told the same without an alarm?",
                        incident.notifications.empty() ? "Nobody was told: is that right?"
                                                       : "Whom did it disturb, and when?"});
    return out;
}

}  // namespace

std::optional<Conclusion> final_conclusion(const Incident& incident) {
    if (incident.judged) return incident.judged;
    if (incident.diagnosis) return incident.diagnosis->conclusion;
    return std::nullopt;
}

std::string postmortem(const Incident& incident, Time now) {
    if (final_conclusion(incident) == Conclusion::kFalseAlarm) return of_false_alarm(incident, now);
    std::string out;
    add_head(out, incident, "Postmortem (draft)");
    add_durations(out, incident, now);
    add_diagnosis(out, incident);
    add_timeline(out, incident);
    add_notifications(out, incident);
    add_people(out, incident);
    add_questions(out, open_questions(incident));
    return out;
}

}  // namespace nightshift::incidents
