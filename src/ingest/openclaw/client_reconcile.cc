// What was missed is read back: after each connection, after each gap, and from time to time.
#include <algorithm>
#include <optional>

#include "base/log.h"
#include "ingest/openclaw/client.h"
#include "ingest/openclaw/reconcile.h"

namespace nightshift::ingest::openclaw {
namespace {

// Frames on their way, clocks that differ, and messages written a little after they were made.
constexpr int64_t kOverlapMs = 120'000;
constexpr milliseconds kLookEvery{200};

}  // namespace

Task<> Source::reconcile(Connection& connection) {
    Time last{};
    while (true) {
        bool is_due = is_reconcile_wanted_ || clock_.now() - last >= options_.reconcile_every;
        if (!is_due || clock_.now() - last < options_.reconcile_pause) {
            co_await io::sleep_for(kLookEvery);
            continue;
        }
        is_reconcile_wanted_ = false;
        last = clock_.now();
        int64_t begun = unix_ms(last);
        int64_t since = complete_ms_ > 0 ? complete_ms_ - kOverlapMs
                                         : begun - std::chrono::milliseconds(options_.backfill).count();
        bool is_complete = co_await reconcile_once(connection, since);
        if (!is_complete) {
            is_reconcile_wanted_ = true;
            continue;
        }
        complete_ms_ = begun;
        size_t from = batch_->events.size();
        mapper_.gateway_restarted(boots_.boot_ms(), *batch_);
        added(from);
    }
}

// False when a call was not answered, so that something may still be missing.
Task<bool> Source::reconcile_once(Connection& connection, int64_t since_ms) {
    Reconciliation reconciliation(mapper_, connection.hello(), since_ms);
    bool is_complete = true;
    size_t found = 0;
    while (std::optional<Call> next = reconciliation.next()) {
        std::string method = next->method;
        Result<Frame> answer = co_await connection.call(std::move(next->method), std::move(next->params),
                                                        3 * options_.call_deadline);
        if (!answer) {
            if (answer.error().code == Code::kUnavailable) co_return false;
            reconciliation.unanswered();
            is_complete = false;
            continue;
        }
        if (!answer->is_ok())
            log::debug("openclaw", "{}: {} was refused: {}", source_name_, method, answer->error().message);
        size_t from = batch_->events.size();
        reconciliation.answered(*answer, *batch_);
        found += batch_->events.size() - from;
        added(from);
        while (is_full()) co_await emptied_.wait();
    }
    log::info("openclaw", "{}: read back what was missed: {} events", source_name_, found);
    co_return is_complete;
}

}  // namespace nightshift::ingest::openclaw
