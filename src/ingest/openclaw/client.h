#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/redact.h"
#include "base/result.h"
#include "base/secret.h"
#include "ingest/openclaw/backoff.h"
#include "ingest/openclaw/connection.h"
#include "ingest/openclaw/liveness.h"
#include "ingest/openclaw/mapping.h"
#include "io/condition.h"
#include "io/loop.h"
#include "io/task.h"
#include "io/task_group.h"
#include "recorder/recorder.h"

namespace nightshift::ingest::openclaw {

struct Options {
    std::string name;  // unique among the gateways; agents are named <name>/<agent id>
    std::string url;   // ws://host:port or wss://
    Secret token;
    std::string tenant = "default";
    bool keep_content = false;
    bool redact_emails = false;
    bool qualify_sessions =
        false;  // set it when one tenant has several gateways: sessions become <name>/<key>

    seconds backfill{600};  // how far the first connection ever looks back
    milliseconds batch_delay{20};
    milliseconds call_deadline{10'000};
    milliseconds poll_every{15'000};
    milliseconds reconcile_every{600'000};  // also without a known loss: not every dropped frame can be seen
    milliseconds reconcile_pause{5'000};    // at least so long between two
};

// `source` in docs/api.md.
struct SourceStatus {
    std::string name;  // openclaw/<name>
    Verdict verdict;
    std::string url;
    std::string version;
    int protocol = 0;
    std::string boot_id;
    int64_t connected_since_ms = 0;  // 0: not connected
    int64_t last_answer_ms = 0;
    int64_t round_trip_ms = 0;
    uint64_t events_total = 0;
    uint64_t gaps_total = 0;
    uint64_t reconnects_total = 0;
    uint64_t turns_ok = 0;
    uint64_t turns_failed = 0;
};

struct Request {
    Scope scope = Scope::kRead;  // the least that is enough
    std::string method;
    std::string params;  // a JSON object
    milliseconds deadline{10'000};
};

struct CallAnswer {
    Frame frame;             // is_ok()
    std::string boot_id;     // of the process that answered; "" before protocol 4
    int64_t started_ms = 0;  // of that process, by its own word
};

template <class T>
class Answer;

// The bridge to one gateway: keeps a read-only connection to it, records what it tells, reads back what was
// missed, and judges it. Lives on one loop; the methods say where they may be called.
//
// Memory is bounded: two batches of events wait for the recorder; when it refuses more, the bridge stops
// reading its socket, and what the gateway then drops is read back later.
class Source {
public:
    using Append = std::function<void(std::shared_ptr<recorder::EventBatch>,
                                      std::function<void(Result<recorder::Receipt>)>)>;
    using OnStatus = std::function<void(SourceStatus)>;

    // `loop` and `clock` must outlive it. `on_status` is called on the loop when the state changes, and every
    // few seconds while counters move.
    Source(io::Loop& loop, Options options, Append append, OnStatus on_status, const Clock& clock);
    // stop() first.
    ~Source();

    // Before start(), for events recorded in an earlier life of this program: they are not recorded again,
    // and the first connection looks back to the newest of them. Other sources' events are ignored.
    void remember(const recorder::Event& event);

    // Any thread, once.
    void start();
    // On the loop. Hands what is left to the recorder.
    Task<> stop();

    // Any thread.
    SourceStatus status() const;
    const std::string& name() const { return source_name_; }

    // Any loop. Aborts what runs in a session, over a connection of its own that may write. The answer says
    // what was aborted; kNotFound when nothing ran.
    Task<Result<std::string>> abort_session(std::string session_key, std::string reason);
    // Any loop. One call over a connection of its own. kForbidden: the token may not; kInvalid: the gateway
    // refused; kUnavailable: it was not reached, and not asked; kTimeout: it was asked, and nobody knows
    // whether it did it.
    Task<Result<CallAnswer>> call(Request request);

private:
    Task<> run();
    Task<> serve();
    Task<> on_event(Frame frame);
    Task<> poll(Connection& connection);
    Task<> ask(Connection& connection, std::string method, std::string params);
    Task<> learn_jobs();
    Task<> reconcile(Connection& connection);
    Task<bool> reconcile_once(Connection& connection, int64_t since_ms);
    Task<> append_batches();
    Task<bool> append_batch(std::shared_ptr<recorder::EventBatch> batch);
    Task<> watch();
    Task<> abort_on_loop(std::string session_key, std::string reason,
                         std::function<void(Result<std::string>)> done);

    Task<Result<std::string>> abort_with(Scope scope, std::string key);
    Task<> call_for(Request request, std::shared_ptr<Answer<CallAnswer>> answer);
    Task<Result<CallAnswer>> call_here(Request request);

    void greet(const Hello& hello);
    void note_sequence(const Frame& frame);
    void note_outcomes(size_t from);
    void added(size_t from);
    bool is_full() const;
    void publish();

    io::Loop& loop_;
    Options options_;
    Append append_;
    OnStatus on_status_;
    const Clock& clock_;
    std::string source_name_;
    Redactor redactor_;
    Mapper mapper_;
    Liveness liveness_;
    BootWatch boots_;
    Backoff backoff_;

    std::unique_ptr<Connection> connection_;
    std::list<std::unique_ptr<Connection>> calling_;
    std::shared_ptr<recorder::EventBatch> batch_;
    std::shared_ptr<recorder::EventBatch> in_flight_;
    io::Condition filled_;
    io::Condition emptied_;
    bool is_reconcile_wanted_ = false;
    bool is_blocked_ = false;  // the recorder does not take more
    int64_t complete_ms_ = 0;  // everything up to here is recorded; 0: nothing is known
    int64_t sequence_ = -1;
    std::string told_refusal_;  // each is logged once

    mutable std::mutex mutex_;
    SourceStatus status_;  // under mutex_
    SourceState published_state_ = SourceState::kUnknown;
    Time published_{};
    io::TaskGroup tasks_;
};

}  // namespace nightshift::ingest::openclaw
