#pragma once

#include <string>

#include "incidents/facts.h"

namespace nightshift::incidents::testing {

constexpr Time kFactsAt{std::chrono::hours(24 * 365 * 56)};

inline ExpectationFact expectation(std::string name, std::string outcome, std::string impact = "blocking") {
    ExpectationFact fact;
    fact.name = std::move(name);
    fact.impact = std::move(impact);
    fact.outcome = std::move(outcome);
    fact.condition = "http https://api.example.com/posts";
    fact.observed = fact.outcome == "holds" ? "200, 2 min old" : "404 Not Found";
    return fact;
}

// The run that ended `minutes` ago.
inline RunFact run(int minutes, std::string verdict) {
    RunFact run;
    run.id = "molt@" + std::to_string(minutes);
    run.verdict = std::move(verdict);
    run.phase = "done";
    run.nominal = kFactsAt - std::chrono::minutes(minutes + 2);
    run.ended = kFactsAt - std::chrono::minutes(minutes);
    run.expectations = {
        expectation("published", run.verdict == "verified" || run.verdict == "late" ? "holds" : "fails")};
    return run;
}

inline ReceiptFact receipt(const RunFact& run, std::string state = "delivered") {
    ReceiptFact receipt;
    receipt.delivery = "dlv_" + run.id;
    receipt.run = run.id;
    receipt.channel = "telegram";
    receipt.state = std::move(state);
    if (receipt.state == "delivered") receipt.identifier = "4711";
    receipt.at = run.ended;
    return receipt;
}

inline DependencyFact dependency(std::string kind, std::string name, DependencyFact::Health health) {
    DependencyFact fact;
    fact.kind = std::move(kind);
    fact.name = std::move(name);
    fact.health = health;
    return fact;
}

// A job every ten minutes, whose last twelve runs are verified and delivered, all parts gathered, nothing
// wrong. The alert began an hour ago.
inline Facts healthy() {
    Facts facts;
    facts.subject = {"job", "molt"};
    facts.alert = "the log of molt is silent";
    facts.at = kFactsAt;
    facts.alert_started = kFactsAt - std::chrono::hours(1);
    JobFacts& job = facts.job.emplace();
    job.job = "molt";
    job.good = 2'000;
    job.next = kFactsAt + std::chrono::minutes(2);
    facts.receipts.emplace();
    for (int i = 0; i < 12; ++i) {
        job.runs.push_back(run(8 + 10 * i, "verified"));
        facts.receipts->push_back(receipt(job.runs.back()));
    }
    SiblingFacts siblings;
    siblings.kind = "jobs";
    siblings.good = 50;
    facts.siblings = {siblings};
    facts.dependencies = {dependency("provider", "openai", DependencyFact::Health::kGood)};
    facts.own.emplace();
    facts.changes.emplace();
    facts.resources = {.disk_free_bytes = 80'000'000'000,
                       .disk_total_bytes = 100'000'000'000,
                       .memory_available_bytes = 8'000'000'000,
                       .memory_total_bytes = 16'000'000'000,
                       .load_per_core = 0.5,
                       .own_memory_bytes = 50'000'000};
    return facts;
}

// The log file of the same job has not been written for 72 hours.
inline Facts silent_log() {
    Facts facts = healthy();
    facts.own->source = "log molt.log";
    facts.own->is_source_reachable = true;
    facts.own->source_last_event = kFactsAt - std::chrono::hours(72);
    return facts;
}

// A session that the fleet watches, in `state`, and that belongs to no job.
inline Facts session(std::string state) {
    Facts facts = healthy();
    facts.subject = {"session", "builder/s1"};
    facts.job.emplace();
    facts.receipts.emplace();
    ActivityFacts& activity = facts.activity.emplace();
    activity.agent = "builder";
    activity.session = "s1";
    activity.state = std::move(state);
    activity.since = kFactsAt - std::chrono::minutes(20);
    activity.last_event = kFactsAt - seconds(20);
    activity.can_abort = true;
    return facts;
}

}  // namespace nightshift::incidents::testing
