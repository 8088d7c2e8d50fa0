#include "jobs/store.h"

#include "jobs/execution_json.h"

namespace nightshift::jobs {
namespace {

using store::Database;
using store::Statement;

Statement& bind_key(Statement& statement, int first, const OccurrenceKey& key) {
    return statement.bind(first, key.tenant).bind(first + 1, key.job).bind(first + 2, unix_us(key.nominal));
}

// Runs a statement that must change exactly one row; `refusal` says what it means when it does not.
Result<void> change_one(Database& db, Statement& statement, const OccurrenceKey& key,
                        std::string_view refusal) {
    if (auto done = statement.run(); !done) return done;
    if (db.changes() == 1) return {};
    return fail(Code::kConflict, "{}: {}", occurrence_id(key), refusal);
}

Result<void> count_verdict(Database& db, const std::string& tenant, const std::string& job, Verdict verdict,
                           int64_t count) {
    NS_TRY(Statement add, db.prepare("INSERT INTO totals VALUES (?, ?, ?, ?)"
                                     " ON CONFLICT DO UPDATE SET count = count + excluded.count"));
    add.bind(1, tenant).bind(2, job).bind(3, static_cast<int64_t>(verdict)).bind(4, count);
    return add.run();
}

Result<void> count_planned(Database& db, const std::string& tenant, const std::string& job, int64_t count) {
    NS_TRY(Statement add, db.prepare("UPDATE jobs SET planned = planned + ? WHERE tenant = ? AND name = ?"));
    add.bind(1, count).bind(2, tenant).bind(3, job);
    return add.run();
}

// True when the row is new.
Result<bool> insert_occurrence(Database& db, const Occurrence& occurrence) {
    NS_TRY(
        Statement insert,
        db.prepare(
            "INSERT OR IGNORE INTO occurrences (tenant, job, nominal_us, start_us, trigger, phase, verdict,"
            " why, note, revision, decided_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    bind_key(insert, 1, occurrence.key)
        .bind(4, unix_us(occurrence.start))
        .bind(5, static_cast<int64_t>(occurrence.trigger))
        .bind(6, static_cast<int64_t>(occurrence.phase));
    std::optional<int64_t> verdict;
    if (occurrence.verdict) verdict = static_cast<int64_t>(*occurrence.verdict);
    std::optional<int64_t> decided;
    if (occurrence.decided) decided = unix_us(*occurrence.decided);
    insert.bind(7, verdict)
        .bind(8, occurrence.why)
        .bind(9, occurrence.note)
        .bind(10, occurrence.revision)
        .bind(11, decided);
    if (auto done = insert.run(); !done) return Failure(done.error());
    return db.changes() == 1;
}

Result<void> collapse_gap(Database& db, const Plan& plan) {
    if (plan.collapsed == 0) return {};
    NS_TRY(Statement insert, db.prepare("INSERT INTO gaps VALUES (?, ?, ?, ?, ?, ?)"));
    insert.bind(1, plan.tenant).bind(2, plan.job).bind(3, unix_us(plan.collapsed_from));
    insert.bind(4, unix_us(plan.collapsed_until))
        .bind(5, static_cast<int64_t>(plan.collapsed))
        .bind(6, plan.collapsed_why);
    if (auto done = insert.run(); !done) return done;
    return count_verdict(db, plan.tenant, plan.job, Verdict::kMissed, static_cast<int64_t>(plan.collapsed));
}

// Planned by a definition that does not hold any more.
Result<void> check_revision(Database& db, const Plan& plan) {
    NS_TRY(Statement select, db.prepare("SELECT 1 FROM jobs WHERE tenant = ? AND name = ? AND revision = ?"
                                        " AND removed_us IS NULL"));
    select.bind(1, plan.tenant).bind(2, plan.job).bind(3, plan.revision);
    NS_TRY(bool holds, select.step());
    if (!holds) return fail(Code::kConflict, "job {} was changed or removed meanwhile", plan.job);
    return {};
}

// A step that two of us planned alike changes nothing the second time: the collapsed part is taken only while
// the ledger still ends where the plan began.
Result<void> apply_plan(Database& db, const Plan& plan) {
    if (auto checked = check_revision(db, plan); !checked) return checked;
    NS_TRY(Statement advance,
           db.prepare("UPDATE jobs SET planned_until_us = ?1 WHERE tenant = ?2 AND name = ?3"
                      " AND planned_until_us < ?1"));
    advance.bind(1, unix_us(plan.planned_until)).bind(2, plan.tenant).bind(3, plan.job);
    if (auto done = advance.run(); !done) return done;
    bool is_new = db.changes() == 1;
    int64_t planned = 0;
    for (const Occurrence& occurrence : plan.occurrences) {
        NS_TRY(bool inserted, insert_occurrence(db, occurrence));
        if (!inserted) continue;
        ++planned;
        if (!occurrence.verdict) continue;
        if (auto done = count_verdict(db, plan.tenant, plan.job, *occurrence.verdict, 1); !done) return done;
    }
    if (is_new) {
        if (auto done = collapse_gap(db, plan); !done) return done;
        planned += static_cast<int64_t>(plan.collapsed);
    }
    return count_planned(db, plan.tenant, plan.job, planned);
}

Result<void> apply_claim(Database& db, const ClaimRun& claim) {
    NS_TRY(Statement update,
           db.prepare("UPDATE occurrences SET phase = ?4, fence = ?5, attempt = ?6, lease_us = ?7, why = '',"
                      " note = ?10, started_us = coalesce(started_us, ?8)"
                      " WHERE tenant = ?1 AND job = ?2 AND nominal_us = ?3 AND verdict IS NULL AND phase = ?9"
                      " AND fence < ?5"));
    bind_key(update, 1, claim.key)
        .bind(4, static_cast<int64_t>(Phase::kClaimed))
        .bind(5, claim.fence)
        .bind(6, static_cast<int64_t>(claim.attempt))
        .bind(7, unix_us(claim.lease_until))
        .bind(8, unix_us(claim.claimed))
        .bind(9, static_cast<int64_t>(claim.from))
        .bind(10, claim.note);
    if (auto done = change_one(db, update, claim.key, "somebody else holds it, or it is over"); !done)
        return done;
    NS_TRY(Statement insert, db.prepare("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, '', NULL)"));
    bind_key(insert, 1, claim.key).bind(4, static_cast<int64_t>(claim.attempt)).bind(5, claim.fence);
    insert.bind(6, unix_us(claim.claimed));
    if (auto done = insert.run(); !done) return done;
    NS_TRY(Statement fence, db.prepare("UPDATE fences SET last = max(last, ?)"));
    fence.bind(1, claim.fence);
    return fence.run();
}

Result<void> apply_baselines(Database& db, const NoteBaselines& note) {
    NS_TRY(Statement update,
           db.prepare("UPDATE runs SET baselines = ?4 WHERE tenant = ?1 AND job = ?2 AND nominal_us = ?3"
                      " AND attempt = ?5 AND fence = ?6 AND execution IS NULL"));
    bind_key(update, 1, note.key)
        .bind(4, note.baselines)
        .bind(5, static_cast<int64_t>(note.attempt))
        .bind(6, note.fence);
    return change_one(db, update, note.key, "this attempt ended already, or its lease was lost");
}

Result<void> apply_end(Database& db, const EndRun& end, const Enqueue& enqueue) {
    NS_TRY(Statement run,
           db.prepare("UPDATE runs SET execution = ?4 WHERE tenant = ?1 AND job = ?2 AND nominal_us = ?3"
                      " AND attempt = ?5 AND fence = ?6 AND execution IS NULL"));
    bind_key(run, 1, end.key).bind(4, execution_json(end.execution));
    run.bind(5, static_cast<int64_t>(end.attempt)).bind(6, end.fence);
    if (auto done = change_one(db, run, end.key, "this attempt ended already, or its lease was lost"); !done)
        return done;
    NS_TRY(Statement update,
           db.prepare(
               "UPDATE occurrences SET phase = ?4, next_us = ?5, why = ?6, ended_us = ?7, summary = ?8,"
               " tokens = tokens + ?9, cost_nano_usd = cost_nano_usd + ?10"
               " WHERE tenant = ?1 AND job = ?2 AND nominal_us = ?3 AND verdict IS NULL AND fence = ?11"));
    bind_key(update, 1, end.key).bind(4, static_cast<int64_t>(end.next)).bind(5, unix_us(end.next_attempt));
    update.bind(6, end.why).bind(7, unix_us(end.execution.ended)).bind(8, end.execution.summary);
    update.bind(9, static_cast<int64_t>(end.execution.tokens))
        .bind(10, end.execution.cost_nano_usd)
        .bind(11, end.fence);
    if (auto done = change_one(db, update, end.key, "its lease was lost: another attempt holds it"); !done)
        return done;
    for (const DeliveryWish& wish : end.deliveries) {
        if (auto done = enqueue(db, end.key, wish); !done) return done;
    }
    return {};
}

Result<void> insert_evidence(Database& db, const OccurrenceKey& key, int64_t number,
                             const Evidence& evidence) {
    NS_TRY(Statement insert, db.prepare("INSERT OR REPLACE INTO evidence VALUES"
                                        " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    bind_key(insert, 1, key).bind(4, number).bind(5, evidence.expectation);
    insert.bind(6, static_cast<int64_t>(evidence.impact)).bind(7, evidence.kind).bind(8, evidence.condition);
    insert.bind(9, static_cast<int64_t>(evidence.outcome))
        .bind(10, evidence.observed)
        .bind(11, evidence.observer);
    if (evidence.value) insert.bind_real(12, *evidence.value);
    insert.bind(13, int64_t{evidence.is_claimants_word}).bind(14, unix_us(evidence.time));
    return insert.run();
}

Result<void> apply_decide(Database& db, const Decide& decide) {
    NS_TRY(
        Statement update,
        db.prepare("UPDATE occurrences SET phase = ?4, verdict = ?5, why = ?6, warning = ?7, decided_us = ?8"
                   " WHERE tenant = ?1 AND job = ?2 AND nominal_us = ?3 AND verdict IS NULL AND fence = ?9"));
    bind_key(update, 1, decide.key).bind(4, static_cast<int64_t>(Phase::kDone));
    update.bind(5, static_cast<int64_t>(decide.verdict)).bind(6, decide.why).bind(7, decide.warning);
    update.bind(8, unix_us(decide.decided)).bind(9, decide.fence);
    if (auto done =
            change_one(db, update, decide.key, "it has a verdict already, or another attempt holds it");
        !done)
        return done;
    int64_t number = 0;
    for (const Evidence& each : decide.evidence) {
        if (auto done = insert_evidence(db, decide.key, number++, each); !done) return done;
    }
    return count_verdict(db, decide.key.tenant, decide.key.job, decide.verdict, 1);
}

Result<void> write_audit(Database& db, const OccurrenceKey& key, bool is_job, Time time,
                         const std::string& who, const std::string& what, const std::string& why) {
    NS_TRY(Statement insert, db.prepare("INSERT INTO job_audit VALUES (?, ?, ?, ?, ?, ?, ?)"));
    insert.bind(1, key.tenant)
        .bind(2, key.job)
        .bind(4, unix_us(time))
        .bind(5, who)
        .bind(6, what)
        .bind(7, why);
    if (!is_job) insert.bind(3, unix_us(key.nominal));
    return insert.run();
}

// The oldest note goes for a new one; claims are refused when there are too many.
Result<void> make_room_for_claim(Database& db, const Claim& claim) {
    NS_TRY(Statement count, db.prepare("SELECT count(*), min(rowid) FROM claims WHERE tenant = ? AND job = ?"
                                       " AND nominal_us = ? AND (says_done = ?) = ?"));
    bind_key(count, 1, claim.key).bind(4, kSaysNothing).bind(5, int64_t{!claim.says_done});
    NS_TRY([[maybe_unused]] bool has_row, count.step());
    if (count.integer(0) < kClaimsMax) return {};
    if (claim.says_done)
        return fail(Code::kLimit, "{} has {} claims already", occurrence_id(claim.key), kClaimsMax);
    NS_TRY(Statement forget, db.prepare("DELETE FROM claims WHERE rowid = ?"));
    forget.bind(1, count.integer(1));
    return forget.run();
}

Result<void> apply_claim_of_agent(Database& db, const AddClaim& add) {
    NS_TRY(Statement check,
           db.prepare("SELECT fence FROM occurrences WHERE tenant = ? AND job = ? AND nominal_us = ?"));
    bind_key(check, 1, add.claim.key);
    NS_TRY(bool exists, check.step());
    if (!exists) return fail(Code::kNotFound, "there is no occurrence {}", occurrence_id(add.claim.key));
    if (add.fence != 0 && check.integer(0) != add.fence) {
        return fail(Code::kConflict, "{}: fence {} is stale, {} holds now", occurrence_id(add.claim.key),
                    add.fence, check.integer(0));
    }
    if (auto room = make_room_for_claim(db, add.claim); !room) return room;
    NS_TRY(Statement insert, db.prepare("INSERT INTO claims VALUES (?, ?, ?, ?, ?, ?, ?)"));
    bind_key(insert, 1, add.claim.key).bind(4, unix_us(add.claim.time)).bind(5, add.claim.by);
    int64_t says = add.claim.says_done ? int64_t{*add.claim.says_done} : kSaysNothing;
    insert.bind(6, says).bind(7, add.claim.text);
    return insert.run();
}

Result<void> apply_pause(Database& db, const Pause& pause) {
    NS_TRY(Statement update, db.prepare("UPDATE jobs SET is_paused = ?, paused_by = ?, paused_why = ?"
                                        " WHERE tenant = ? AND name = ? AND removed_us IS NULL"));
    update.bind(1, int64_t{pause.is_paused})
        .bind(2, pause.by)
        .bind(3, pause.reason)
        .bind(4, pause.tenant)
        .bind(5, pause.job);
    if (auto done = update.run(); !done) return done;
    if (db.changes() == 0) return fail(Code::kNotFound, "there is no job {}", pause.job);
    return write_audit(db, {pause.tenant, pause.job, {}}, true, pause.time, pause.by,
                       pause.is_paused ? "pause" : "resume", pause.reason);
}

Result<void> apply_override(Database& db, const Override& over) {
    NS_TRY(Statement update,
           db.prepare("UPDATE occurrences SET override_verdict = ?4, override_by = ?5, override_why = ?6,"
                      " override_until_us = ?7"
                      " WHERE tenant = ?1 AND job = ?2 AND nominal_us = ?3 AND verdict IS NOT NULL"));
    bind_key(update, 1, over.key)
        .bind(4, static_cast<int64_t>(over.verdict))
        .bind(5, over.by)
        .bind(6, over.reason);
    update.bind(7, unix_us(over.until));
    if (auto done = change_one(db, update, over.key, "it does not exist, or has no verdict yet"); !done)
        return done;
    return write_audit(db, over.key, false, over.time, over.by,
                       fmt::format("override to {}", to_string(over.verdict)), over.reason);
}

}  // namespace

Result<void> apply(Database& db, const Transition& transition, const Enqueue& enqueue) {
    struct Visitor {
        Database& db;
        const Enqueue& enqueue;
        Result<void> operator()(const Plan& each) { return apply_plan(db, each); }
        Result<void> operator()(const ClaimRun& each) { return apply_claim(db, each); }
        Result<void> operator()(const NoteBaselines& each) { return apply_baselines(db, each); }
        Result<void> operator()(const EndRun& each) { return apply_end(db, each, enqueue); }
        Result<void> operator()(const Decide& each) { return apply_decide(db, each); }
        Result<void> operator()(const AddClaim& each) { return apply_claim_of_agent(db, each); }
        Result<void> operator()(const Pause& each) { return apply_pause(db, each); }
        Result<void> operator()(const Override& each) { return apply_override(db, each); }
    };
    return std::visit(Visitor{db, enqueue}, transition);
}

}  // namespace nightshift::jobs
