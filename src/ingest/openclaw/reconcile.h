#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "ingest/openclaw/frame.h"
#include "ingest/openclaw/handshake.h"
#include "ingest/openclaw/mapping.h"

namespace nightshift::ingest::openclaw {

// A call to make on the gateway; `params` is a JSON object.
struct Call {
    std::string method;
    std::string params;
};

// What may have been missed since a time, read back from the gateway's own lists. Live events get lost:
// connections end, gateways restart and drop frames to slow readers. Pure: it says which call to make next
// and maps the answers; ids are those of the live events, so nothing is doubled. Only calls and params that
// the gateway's era knows are made.
class Reconciliation {
public:
    // What ended before `since_ms` is taken for known, except the state of sessions. `mapper` must outlive
    // this.
    Reconciliation(Mapper& mapper, const Hello& hello, int64_t since_ms);

    // Nothing when all has been read.
    std::optional<Call> next();
    // The answer to the last call; a refusal skips to the next list.
    void answered(const Frame& answer, recorder::EventBatch& out);
    // The last call was not answered.
    void unanswered() { skip(); }

private:
    enum class Step { kJobs, kSessions, kRuns, kTasks, kAudit, kHistory, kDone };

    struct AuditRun {
        std::string session;
        std::string agent;
        std::string status;
        std::string error_code;
        int64_t start_ms = 0;
        int64_t end_ms = 0;
    };

    void skip();
    void advance();
    void jobs(const boost::json::object& payload);
    void sessions(const boost::json::object& payload, recorder::EventBatch& out);
    void runs(const boost::json::object& payload, recorder::EventBatch& out);
    void tasks(const boost::json::object& payload, recorder::EventBatch& out);
    void audit(const boost::json::object& payload, recorder::EventBatch& out);
    void audited_turns(recorder::EventBatch& out);
    void history(const boost::json::object& payload, recorder::EventBatch& out);
    void want_history(std::string_view key);

    Mapper& mapper_;
    const Hello& hello_;
    int64_t since_ms_;
    Step step_ = Step::kJobs;
    int page_ = 0;
    int64_t offset_ = 0;
    std::string cursor_;
    std::set<std::string> wanted_;
    std::deque<std::string> keys_;
    std::string key_;
    std::map<std::string, AuditRun> audited_;
};

}  // namespace nightshift::ingest::openclaw
