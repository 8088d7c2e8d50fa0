#include "app/changes.h"

#include "base/log.h"
#include "base/text.h"

namespace nightshift::app {
namespace {

constexpr std::chrono::hours kBack{24};
constexpr size_t kWordsMax = 500;

}  // namespace

Result<void> Changes::load(Time now) {
    using Rows = std::vector<incidents::Change>;
    std::function<Result<Rows>(store::Database&)> look = [now](store::Database& db) {
        return incidents::select_changes(db, now - kBack, kChangesMax);
    };
    NS_TRY(Rows rows, readers_.read(look));
    std::lock_guard lock(mutex_);
    changes_.assign(rows.begin(), rows.end());
    return {};
}

void Changes::remember(incidents::Change change) {
    std::lock_guard lock(mutex_);
    changes_.push_front(std::move(change));
    if (changes_.size() > kChangesMax) changes_.pop_back();
}

store::Writer::Change Changes::writing(incidents::Change change) const {
    return [change = std::move(change)](store::Database& db) -> Result<void> {
        if (auto put = incidents::put_change(db, change); !put) return put;
        if (auto gone = incidents::forget_changes(db, change.fact.at - kKept); !gone)
            return Failure(gone.error());
        return {};
    };
}

Task<Result<void>> Changes::add(incidents::Change change) {
    incidents::ChangeFact& fact = change.fact;
    fact.what = trim(fact.what);
    if (fact.what.empty()) co_return fail(Code::kInvalid, "what was changed is missing");
    if (fact.what.size() > kWordsMax || fact.about.size() > kWordsMax)
        co_return fail(Code::kInvalid, "what and about are at most {} bytes", kWordsMax);
    Result<void> kept = co_await writer_.commit(writing(change));
    if (kept) remember(std::move(change));
    co_return kept;
}

void Changes::note(incidents::Change change) {
    writer_.post(writing(change), [](const Result<void>& done) {
        if (!done) log::warn("app", "a change could not be written down: {}", done.error().message);
    });
    remember(std::move(change));
}

std::vector<incidents::ChangeFact> Changes::since(const std::string& tenant, Time after) const {
    std::lock_guard lock(mutex_);
    std::vector<incidents::ChangeFact> all;
    for (const incidents::Change& each : changes_) {
        bool is_for = each.tenant.empty() || each.tenant == tenant;
        if (is_for && each.fact.at >= after) all.push_back(each.fact);
    }
    return all;
}

}  // namespace nightshift::app
