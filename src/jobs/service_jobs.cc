#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "base/log.h"
#include "jobs/job_json.h"
#include "jobs/service_core.h"

// The definitions: from the configuration, from the API, and as the ledger knows them.
namespace nightshift::jobs {
namespace {

JobRecord record_of(const Job& job) {
    JobRecord record;
    record.tenant = job.tenant;
    record.name = job.name;
    record.definition = job.definition;
    record.revision = job.revision;
    record.is_from_config = job.is_from_config;
    return record;
}

// The configuration's jobs replace those it had before.
Result<void> write_configured(store::Database& db, const std::vector<JobPtr>& jobs, Time now) {
    std::set<std::pair<std::string, std::string>> wanted;
    for (const JobPtr& job : jobs) {
        wanted.insert({job->tenant, job->name});
        if (auto done = upsert_job(db, record_of(*job), now); !done) return done;
    }
    NS_TRY(std::vector<JobRecord> known, load_jobs(db));
    for (const JobRecord& record : known) {
        if (!record.is_from_config || wanted.contains({record.tenant, record.name})) continue;
        if (auto done = remove_job(db, record.tenant, record.name, now); !done) return done;
    }
    return {};
}

// A job made through the API, as it was read then; null, with a word in the log, when this program cannot
// read it.
JobPtr read_definition(const JobRecord& record, Zones& zones) {
    boost::system::error_code error;
    boost::json::value parsed = boost::json::parse(record.definition, error);
    std::vector<JobProblem> problems;
    JobPtr job;
    if (!error && parsed.is_object())
        job = read_job(parsed.get_object(), record.tenant, false, zones, problems);
    if (!job) {
        log::error("jobs", "job {} cannot be read any more{}{}", record.name, problems.empty() ? "" : ": ",
                   problems.empty() ? "" : problems.front().message);
    }
    return job;
}

}  // namespace

Result<void> Service::Core::load() {
    Time now = parts.clock.now();
    auto written = parts.writer.commit_blocking(
        [&](store::Database& db) { return write_configured(db, configured, now); });
    if (!written) return written;
    struct Ledger {
        std::vector<JobRecord> records;
        std::vector<JobRecord> removed;
        std::vector<Unfinished> open;
        Fence fence = 0;
    };
    auto ledger = parts.readers.read<Ledger>([](store::Database& db) -> Result<Ledger> {
        Ledger all;
        NS_TRY(all.records, load_jobs(db));
        NS_TRY(all.removed, load_removed_in_flight(db));
        NS_TRY(all.open, load_unfinished(db));
        NS_TRY(all.fence, last_fence(db));
        return all;
    });
    if (!ledger) return Failure(ledger.error());
    std::vector<JobPtr> jobs = configured;
    for (const JobRecord& record : ledger->records) {
        if (record.is_from_config) continue;
        JobPtr job = read_definition(record, parts.zones);
        if (job) jobs.push_back(std::move(job));
    }
    for (const JobRecord& record : ledger->removed) {
        JobPtr job = read_definition(record, parts.zones);
        if (job) jobs.push_back(std::move(job));
        ledger->records.push_back(record);
    }
    with_engine([&](Engine& each, Time at, Effects& effects) {
        each.restore(std::move(jobs), ledger->records, std::move(ledger->open), ledger->fence, at, effects);
        for (const JobRecord& record : ledger->removed) each.remove_job(record.tenant, record.name);
    });
    jobs_changed();
    return {};
}

Task<> Service::Core::load_into(Result<void>& loaded) {
    loaded = load();
    co_return;
}

// Makes the engine's configured jobs those that the ledger has now.
void Service::Core::adopt_jobs(const std::vector<JobPtr>& jobs, const std::vector<JobRecord>& records) {
    std::set<std::pair<std::string, std::string>> known;
    for (const JobRecord& record : records) known.insert({record.tenant, record.name});
    for (const JobPtr& job : engine.jobs()) {
        if (!known.contains({job->tenant, job->name})) engine.remove_job(job->tenant, job->name);
    }
    for (const JobPtr& job : jobs) {
        auto record = std::find_if(records.begin(), records.end(), [&](const JobRecord& each) {
            return each.tenant == job->tenant && each.name == job->name;
        });
        if (record != records.end()) engine.put_job(job, *record, parts.clock.now());
    }
    jobs_changed();
    wakeup.wake();
}

void Service::Core::drop_job(const std::string& tenant, const std::string& name) {
    engine.remove_job(tenant, name);
    jobs_changed();
}

void Service::Core::jobs_changed() {
    std::vector<JobPtr> all = engine.jobs();
    std::atomic_store(&event_jobs, std::make_shared<const EventJobs>(all));
    if (options.on_jobs) options.on_jobs(all);
}

Task<Result<void>> Service::reload(std::vector<JobPtr> jobs) {
    auto core = core_;
    Time now = core->parts.clock.now();
    std::function<Result<std::vector<JobRecord>>(store::Database&)> change =
        [jobs, now](store::Database& db) -> Result<std::vector<JobRecord>> {
        if (auto done = write_configured(db, jobs, now); !done) return Failure(done.error());
        return load_jobs(db);
    };
    Result<std::vector<JobRecord>> records =
        co_await core->parts.writer.write<std::vector<JobRecord>>(std::move(change));
    if (!records) co_return Failure(records.error());
    core->parts.loop.post([core, jobs, records = *records] { core->adopt_jobs(jobs, records); });
    co_return Result<void>();
}

Task<Result<void>> Service::put_job(JobPtr job) {
    auto core = core_;
    JobPtr known = co_await this->known(job->tenant, job->name);
    if (known && known->is_from_config) {
        co_return fail(Code::kConflict, "job {} is defined in the configuration: change it there", job->name);
    }
    Time now = core->parts.clock.now();
    std::function<Result<std::vector<JobRecord>>(store::Database&)> change =
        [job, now](store::Database& db) -> Result<std::vector<JobRecord>> {
        if (auto done = upsert_job(db, record_of(*job), now); !done) return Failure(done.error());
        return load_jobs(db);
    };
    Result<std::vector<JobRecord>> records =
        co_await core->parts.writer.write<std::vector<JobRecord>>(std::move(change));
    if (!records) co_return Failure(records.error());
    core->parts.loop.post([core, job, records = *records] { core->adopt_jobs({job}, records); });
    co_return Result<void>();
}

Task<Result<void>> Service::remove_job(std::string tenant, std::string name) {
    auto core = core_;
    JobPtr known = co_await this->known(tenant, name);
    if (!known) co_return fail(Code::kNotFound, "there is no job {}", name);
    if (known->is_from_config)
        co_return fail(Code::kConflict, "job {} is defined in the configuration: remove it there", name);
    Time now = core->parts.clock.now();
    store::Writer::Change change = [tenant, name, now](store::Database& db) {
        return jobs::remove_job(db, tenant, name, now);
    };
    Result<void> removed = co_await core->parts.writer.commit(std::move(change));
    if (removed) core->parts.loop.post([core, tenant, name] { core->drop_job(tenant, name); });
    co_return removed;
}

}  // namespace nightshift::jobs
