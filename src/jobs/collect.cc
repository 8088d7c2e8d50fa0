#include "jobs/collect.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/log.h"
#include "jobs/store.h"

namespace nightshift::jobs {

namespace json = boost::json;

namespace {

constexpr size_t kHistoryMax = 100;

std::string baseline_key(const Expectation& expectation, size_t path) {
    return fmt::format("{}/{}", expectation.name, path);
}

// Relative paths start where the command works: at home, unless it names a folder.
Work work_of(const Job& job, const OccurrenceKey& key, const std::string& home) {
    Work work;
    work.tenant = key.tenant;
    work.job = key.job;
    work.occurrence = occurrence_id(key);
    work.nominal = key.nominal;
    if (const auto* command = std::get_if<Command>(&job.action)) work.folder = command->folder;
    if (work.folder.empty()) work.folder = home;
    return work;
}

json::object parse_baselines(const std::string& text) {
    boost::system::error_code error;
    json::value parsed = text.empty() ? json::value(json::object()) : json::parse(text, error);
    return !error && parsed.is_object() ? parsed.get_object() : json::object();
}

Evidence evidence_of(const OccurrenceKey& key, const Expectation& expectation, const EvidenceSource& source,
                     const Observation& seen) {
    Evidence evidence;
    evidence.key = key;
    evidence.expectation = expectation.name;
    evidence.impact = expectation.impact;
    evidence.kind = source.kind();
    evidence.condition = source.describe();
    evidence.outcome = seen.outcome;
    evidence.observed = seen.observed;
    evidence.observer = seen.observer;
    evidence.value = seen.value;
    evidence.is_claimants_word = seen.is_claimants_word;
    evidence.time = seen.time;
    return evidence;
}

}  // namespace

std::string Collector::home() const {
    return parts_.environment ? parts_.environment("HOME").value_or("/") : "/";
}

Instruments Collector::instruments() const {
    return Instruments{.clock = parts_.clock,
                       .pool = parts_.pool,
                       .recorder = parts_.recorder,
                       .environment = parts_.environment};
}

Task<std::string> Collector::baselines(StartRun start) const {
    json::object all;
    Work work = work_of(*start.job, start.key, home());
    Instruments with = instruments();
    for (const Expectation& expectation : start.job->expectations) {
        for (size_t i = 0; i < expectation.any_of.size(); ++i) {
            std::string noted = co_await expectation.any_of[i]->baseline(work, with);
            if (!noted.empty()) all[baseline_key(expectation, i)] = noted;
        }
    }
    co_return all.empty() ? std::string() : json::serialize(all);
}

Result<Collector::Known> Collector::read_ledger(const Collect& look) const {
    return parts_.readers.read<Known>([&](store::Database& db) -> Result<Known> {
        Known known;
        NS_TRY(known.baselines, find_baselines(db, look.key, look.attempt));
        NS_TRY(known.claims, find_claims(db, look.key));
        for (const Expectation& expectation : look.job->expectations) {
            NS_TRY(known.history[expectation.name],
                   find_history(db, look.key.tenant, look.key.job, expectation.name, kHistoryMax));
        }
        return known;
    });
}

Task<Observed> Collector::observe(Collect look) const {
    std::function<Result<Known>()> read = [this, look] { return read_ledger(look); };
    Result<Known> known = co_await parts_.pool.run<Known>(std::move(read));
    if (!known)
        log::warn("jobs", "{}: the ledger could not be read: {}", occurrence_id(look.key),
                  known.error().message);
    Work work = work_of(*look.job, look.key, home());
    if (look.execution) work.execution = *look.execution;
    if (parts_.delivery_facts) work.deliveries = co_await parts_.delivery_facts(look.key);
    Observed observed;
    for (const DeliveryFact& fact : work.deliveries) {
        if (fact.state == "queued" || fact.state == "sending") observed.deliveries_are_settled = false;
    }
    if (known) observed.claims = known->claims;
    json::object baselines = parse_baselines(known ? known->baselines : std::string());
    Instruments with = instruments();
    for (const Expectation& expectation : look.job->expectations) {
        if (known) work.history = known->history[expectation.name];
        for (size_t i = 0; i < expectation.any_of.size(); ++i) {
            const json::value* noted = baselines.if_contains(baseline_key(expectation, i));
            work.baseline = noted && noted->is_string() ? std::string(noted->get_string()) : std::string();
            Observation seen = co_await expectation.any_of[i]->collect(work, with);
            observed.evidence.push_back(evidence_of(look.key, expectation, *expectation.any_of[i], seen));
            if (seen.outcome == Outcome::kHolds && !seen.is_claimants_word) break;
        }
    }
    co_return observed;
}

}  // namespace nightshift::jobs
