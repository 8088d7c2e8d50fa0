#include "alerts/historian.h"

#include <algorithm>
#include <numeric>

#include "alerts/limits.h"
#include "alerts/past.h"
#include "alerts/replay.h"
#include "base/log.h"
#include "io/periodic.h"

namespace nightshift::alerts {
namespace {

constexpr seconds kWriteEvery{10};       // while something changes
constexpr seconds kStillWatching{60};    // otherwise: so much is not known after a crash
constexpr size_t kWriteAtOnce = 10'000;  // changes
constexpr seconds kMendEvery{60};        // after a failure
constexpr seconds kPatience{30};
constexpr std::chrono::minutes kForgetEvery{30};

int64_t all_of(const std::array<int64_t, kSignalKindCount>& rows) {
    return std::accumulate(rows.begin(), rows.end(), int64_t{0});
}

}  // namespace

Historian::Historian(Parts parts, const Settings& settings)
    : parts_(parts),
      every_(settings.evaluate_every),
      keep_(settings.keep_history),
      history_(settings.evaluate_every),
      tasks_(parts.loop, "history") {
    history_.replace_rules(settings.rules);
}

Historian::~Historian() = default;

Result<std::unique_ptr<Historian>> Historian::open(Parts parts, const Settings& settings) {
    std::function<Result<KeptHistory>(store::Database&)> look = select_kept;
    NS_TRY(KeptHistory kept, parts.readers.read(look));
    std::unique_ptr<Historian> made(new Historian(parts, settings));
    made->history_.restore(kept.open, kept.next_id);
    made->rows_ = kept.rows;
    made->written_ = parts.clock.now();
    return made;
}

void Historian::start() {
    io::start_periodic(tasks_, {"old history", kForgetEvery, [this] { return forget_old(); }});
    tasks_.spawn([this] { return forget_old(); });
}

Task<> Historian::stop() {
    history_.end("Nightshift was stopped");
    if (!is_damaged_) {
        Result<void> written = co_await write();
        if (!written) log::warn("alerts", "the last of the history: {}", written.error().message);
    }
    co_await tasks_.stop();
}

void Historian::reload(const Settings& settings) {
    keep_ = settings.keep_history;
    history_.replace_rules(settings.rules);
}

// Of jobs the ledger knows more; queries and silence are asked of the recorder.
bool Historian::keeps(SignalKind kind) {
    return kind != SignalKind::kJob && kind != SignalKind::kQuery && kind != SignalKind::kSilence;
}

void Historian::look(const std::vector<Observation>& seen) {
    bool has_room = parts_.has_room();
    if (!has_room) give_up("the disk is nearly full");
    Time now = parts_.clock.now();
    if (is_damaged_) {
        bool is_early = now - damaged_ < kMendEvery && now >= damaged_;
        if (is_early || is_mending_ || !has_room) return;
        is_mending_ = true;
        return tasks_.spawn([this] { return mend(); });
    }
    for (const Observation& each : seen) {
        if (!keeps(each.kind)) continue;
        if (each.unknown_why.empty()) {
            history_.look(each.kind, each.signals, now);
        } else {
            history_.look_unknown(each.kind, each.unknown_why, now);
        }
    }
    write_when_due(now);
}

void Historian::write_when_due(Time now) {
    seconds patience = history_.waiting() > 0 ? kWriteEvery : kStillWatching;
    bool is_due = now - last_write_ >= patience || now < last_write_ || history_.waiting() >= kWriteAtOnce;
    if (!is_due) return;
    last_write_ = now;
    if (writing_ >= kHistoryBatchesMax) return give_up("the disk is too slow");
    tasks_.spawn([this] { return write_once(); });
}

Task<> Historian::write_once() {
    Result<void> written = co_await write();
    if (written && all_of(rows_) > kHistoryRowsMax && !is_shedding_) {
        is_shedding_ = true;
        co_await shed();
        is_shedding_ = false;
    }
}

Task<Result<void>> Historian::write() {
    if (is_damaged_) co_return fail(Code::kUnavailable, "the history cannot be written");
    Time now = parts_.clock.now();
    auto batch = std::make_shared<const HistoryBatch>(history_.take());
    for (const Stretch& each : batch->opened) ++rows_[static_cast<size_t>(each.kind)];
    store::Writer::Change put = [batch](store::Database& db) { return put_history(db, *batch); };
    ++writing_;
    Result<void> written = co_await parts_.writer.commit(std::move(put));
    --writing_;
    if (written) {
        written_ = std::max(written_, now);
    } else {
        give_up(written.error().message);
    }
    co_return written;
}

void Historian::give_up(const std::string& why) {
    if (is_damaged_) return;
    is_damaged_ = true;
    damaged_ = parts_.clock.now();
    ++stats_.failures_total;
    log::error("alerts", "how everything is cannot be written: {}", why);
}

// Nothing is kept until the disk takes something again; then everything is kept anew.
Task<> Historian::mend() {
    store::Writer::Change change = [good = written_](store::Database& db) { return mend_history(db, good); };
    Result<void> mended = co_await parts_.writer.commit(std::move(change));
    if (mended) {
        history_.forget();
        is_damaged_ = false;
        written_ = last_write_ = parts_.clock.now();
        log::info("alerts", "how everything is can be written again");
    }
    is_mending_ = false;
}

Task<Result<int64_t>> Historian::remove(SignalKind kind,
                                        std::function<Result<int64_t>(store::Database&)> change) {
    Result<int64_t> gone = co_await parts_.writer.write<int64_t>(std::move(change));
    if (gone) {
        rows_[static_cast<size_t>(kind)] -= *gone;
    } else {
        log::warn("alerts", "cannot forget old history: {}", gone.error().message);
    }
    co_return gone;
}

// In portions, so that alerts do not wait for long.
Task<> Historian::forget_old() {
    for (size_t i = 0; i < kSignalKindCount; ++i) {
        auto kind = static_cast<SignalKind>(i);
        Result<int64_t> gone = kHistoryPortion;
        while (gone && *gone >= kHistoryPortion) {
            Time before = parts_.clock.now() - keep_;
            std::function<Result<int64_t>(store::Database&)> change = [kind, before](store::Database& db) {
                return forget_history(db, kind, before);
            };
            gone = co_await remove(kind, std::move(change));
        }
    }
}

Task<> Historian::shed() {
    while (all_of(rows_) > kHistoryRowsMax) {
        auto fullest = std::max_element(rows_.begin(), rows_.end());
        auto kind = static_cast<SignalKind>(fullest - rows_.begin());
        std::function<Result<int64_t>(store::Database&)> change = [kind](store::Database& db) {
            return shed_history(db, kind);
        };
        Result<int64_t> gone = co_await remove(kind, std::move(change));
        if (!gone || *gone == 0) co_return;
        stats_.shed_total += static_cast<uint64_t>(*gone);
    }
}

HistoryStats Historian::stats() const {
    HistoryStats stats = stats_;
    stats.rows = all_of(rows_);
    stats.things = history_.things();
    stats.left_out_total = history_.left_out_total();
    return stats;
}

Result<Preview> Historian::preview(const Rule& rule, Time from, Time to) const {
    PastRange range{rule.on, rule.tenant, replay_begin(rule, from, every_), to};
    std::function<Result<Past>(store::Database&)> look = [&](store::Database& db) -> Result<Past> {
        PastBuilder builder(rule);
        auto read = select_stretches(
            db, range, [&](const Labels& labels) { return builder.wants(labels); },
            [&](const Stretch& each) { builder.take(each); });
        if (!read) return Failure(read.error());
        Past past = std::move(builder).finish();
        NS_TRY(std::vector<Watched> watched, select_watched(db, range));
        past.gaps = gaps_between(watched, range.from, to, std::max(kPatience, 3 * every_));
        NS_TRY(past.left_out, count_left_out(db, {range.kind, range.tenant, from, to}));
        return past;
    };
    NS_TRY(Past past, parts_.readers.read(look));
    bool is_unknown = past.gaps.size() == 1 && past.gaps[0].from <= from && past.gaps[0].until >= to;
    if (is_unknown)
        return fail(Code::kInvalid, "how every {} was in that time is not known: {}", to_string(rule.on),
                    past.gaps[0].why);
    return replay(rule, past, from, to, every_);
}

}  // namespace nightshift::alerts
