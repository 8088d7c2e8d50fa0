#include "store/migrations.h"

#include "jobs/store.h"

namespace nightshift::jobs {
namespace {

// docs/formats/occurrences.md says what each column means.
constexpr const char* kFirst = R"sql(
CREATE TABLE jobs (
    tenant TEXT NOT NULL, name TEXT NOT NULL, definition TEXT NOT NULL, is_from_config INTEGER NOT NULL,
    revision TEXT NOT NULL, planned_since_us INTEGER NOT NULL, planned_until_us INTEGER NOT NULL,
    planned INTEGER NOT NULL DEFAULT 0,
    is_paused INTEGER NOT NULL DEFAULT 0, paused_by TEXT NOT NULL DEFAULT '', paused_why TEXT NOT NULL DEFAULT '',
    removed_us INTEGER,
    PRIMARY KEY (tenant, name)) STRICT, WITHOUT ROWID;
CREATE TABLE occurrences (
    tenant TEXT NOT NULL, job TEXT NOT NULL, nominal_us INTEGER NOT NULL,
    start_us INTEGER NOT NULL, trigger INTEGER NOT NULL, phase INTEGER NOT NULL, verdict INTEGER,
    why TEXT NOT NULL DEFAULT '', warning TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '',
    revision TEXT NOT NULL DEFAULT '', fence INTEGER NOT NULL DEFAULT 0, attempt INTEGER NOT NULL DEFAULT 0,
    lease_us INTEGER NOT NULL DEFAULT 0, next_us INTEGER NOT NULL DEFAULT 0,
    started_us INTEGER, ended_us INTEGER, decided_us INTEGER,
    summary TEXT NOT NULL DEFAULT '', tokens INTEGER NOT NULL DEFAULT 0, cost_nano_usd INTEGER NOT NULL DEFAULT 0,
    override_verdict INTEGER, override_by TEXT NOT NULL DEFAULT '', override_why TEXT NOT NULL DEFAULT '',
    override_until_us INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, job, nominal_us)) STRICT, WITHOUT ROWID;
CREATE INDEX occurrences_recent ON occurrences (tenant, nominal_us);
CREATE INDEX occurrences_by_verdict ON occurrences (tenant, verdict, nominal_us);
CREATE INDEX occurrences_open ON occurrences (tenant, job, nominal_us) WHERE verdict IS NULL;
CREATE TABLE runs (
    tenant TEXT NOT NULL, job TEXT NOT NULL, nominal_us INTEGER NOT NULL, attempt INTEGER NOT NULL,
    fence INTEGER NOT NULL, claimed_us INTEGER NOT NULL, baselines TEXT NOT NULL, execution TEXT,
    PRIMARY KEY (tenant, job, nominal_us, attempt)) STRICT, WITHOUT ROWID;
CREATE TABLE evidence (
    tenant TEXT NOT NULL, job TEXT NOT NULL, nominal_us INTEGER NOT NULL, number INTEGER NOT NULL,
    expectation TEXT NOT NULL, impact INTEGER NOT NULL, kind TEXT NOT NULL, condition TEXT NOT NULL,
    outcome INTEGER NOT NULL, observed TEXT NOT NULL, observer TEXT NOT NULL, value REAL,
    is_claimants_word INTEGER NOT NULL, time_us INTEGER NOT NULL,
    PRIMARY KEY (tenant, job, nominal_us, number)) STRICT, WITHOUT ROWID;
CREATE INDEX evidence_values ON evidence (tenant, job, expectation, nominal_us) WHERE value IS NOT NULL;
CREATE TABLE claims (
    tenant TEXT NOT NULL, job TEXT NOT NULL, nominal_us INTEGER NOT NULL, time_us INTEGER NOT NULL,
    claimant TEXT NOT NULL, says_done INTEGER NOT NULL, text TEXT NOT NULL) STRICT;
CREATE INDEX claims_of ON claims (tenant, job, nominal_us);
CREATE TABLE job_audit (
    tenant TEXT NOT NULL, job TEXT NOT NULL, nominal_us INTEGER, time_us INTEGER NOT NULL,
    who TEXT NOT NULL, what TEXT NOT NULL, why TEXT NOT NULL) STRICT;
CREATE TABLE totals (
    tenant TEXT NOT NULL, job TEXT NOT NULL, verdict INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (tenant, job, verdict)) STRICT, WITHOUT ROWID;
CREATE TABLE gaps (
    tenant TEXT NOT NULL, job TEXT NOT NULL, from_us INTEGER NOT NULL, until_us INTEGER NOT NULL,
    count INTEGER NOT NULL, why TEXT NOT NULL) STRICT;
CREATE TABLE fences (only INTEGER PRIMARY KEY CHECK (only = 1), last INTEGER NOT NULL) STRICT;
INSERT INTO fences VALUES (1, 0);
)sql";

}  // namespace

Result<void> migrate_jobs(store::Database& db) {
    return store::migrate(db, "jobs", {{1, kFirst}});
}

}  // namespace nightshift::jobs
