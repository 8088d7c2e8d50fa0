#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "ingest/openclaw/bounded_map.h"
#include "ingest/openclaw/frame.h"
#include "recorder/event.h"

namespace nightshift::ingest::openclaw {

struct MapperOptions {
    std::string gateway;  // the source's name in the config
    std::string tenant = "default";
    bool keep_content = false;
    bool qualify_sessions = false;  // sessions are named <gateway>/<key>: for several gateways in one tenant
    std::function<std::string(std::string_view)> redact;  // required; for prose and content
};

// Which message of which session.
struct MessageId {
    std::string_view session;     // canonical key
    std::string_view session_id;  // of the gateway; may be empty
    std::string_view message;
    std::string_view run;  // may be empty
};

// How a run of an agent ended.
struct TurnEnd {
    std::string_view run;
    std::string_view session;  // canonical key
    std::string_view agent;
    int64_t start_ms = 0;  // 0: not known
    int64_t end_ms = 0;
    recorder::Status status = recorder::Status::kOk;
    std::string_view error_class;
    std::string_view error;  // prose
    std::string_view stop_reason;
    std::string_view provider;
    std::string_view model;
};

// What a gateway tells -> events. Pure: no clock, no I/O; one thread. Remembers only what later frames refer
// to, all of it bounded. An event's id is made from the gateway's own ids, so that the same fact heard live,
// heard twice and read back later is one event.
class Mapper {
public:
    explicit Mapper(MapperOptions options);

    // One live event frame; `now` is when it came.
    void map(const Frame& frame, Time now, recorder::EventBatch& out);

    // The same facts as the live ones, read from lists; see reconcile.h.
    void message(const MessageId& id, const boost::json::object& message, recorder::EventBatch& out);
    void job(const boost::json::object& definition);
    void job_finished(const boost::json::object& record, recorder::EventBatch& out);
    void turn_started(std::string_view run, std::string_view session, std::string_view agent,
                      int64_t start_ms, recorder::EventBatch& out);
    void turn_ended(const TurnEnd& end, recorder::EventBatch& out);
    void session_row(const boost::json::object& row, std::string_view key, int64_t ts_ms,
                     recorder::EventBatch& out);
    void task(const boost::json::object& task, recorder::EventBatch& out);

    // A fact about the gateway itself: connected, restarted, crashed. `since_ms` tells occurrences apart.
    void gateway_fact(std::string_view name, recorder::Status status, std::string_view why, Time at,
                      recorder::EventBatch& out);
    // Runs that began before the gateway started again did not survive it.
    void gateway_restarted(int64_t boot_ms, recorder::EventBatch& out);
    // Failures that older gateways announce before they retry become final when nothing follows.
    void expire(Time now, recorder::EventBatch& out);
    // An event that is recorded already, from an earlier life of this program.
    void remember(std::string_view id) { seen_.insert(id); }

    const MapperOptions& options() const { return options_; }
    std::string canonical(std::string_view key, std::string_view session_id) const;

private:
    struct Run {
        std::string session;
        std::string agent;
        std::string provider;
        std::string model;
        int64_t start_ms = 0;
        int64_t first_delta_ms = 0;  // of the model call that runs now
        int64_t last_delta_ms = 0;
        std::string pending_error;  // not final yet
        std::string pending_class;
        std::string last_class;  // why the latest attempt failed
        int64_t pending_ms = 0;
        int attempts = 0;
        bool is_over = false;
    };
    struct Tool {
        std::string name;
        std::string signature;
        std::string text;       // the call for people, redacted
        std::string arguments;  // only when content is kept
        int64_t start_ms = 0;
        int64_t end_ms = 0;
        int ordinal = 0;  // some models use an id again
        bool is_done = false;
    };
    struct ToolResult {
        std::string_view session;
        std::string_view run;
        std::string_view call;
        std::string_view name;
        std::string_view parent_call;
        int64_t end_ms = 0;
        bool is_error = false;
    };
    struct Session {
        std::string state;
        std::string parent;
        std::string run;  // the one that runs now
    };
    struct Job {
        std::string name;
        std::string agent;
    };
    struct Heartbeat {
        uint64_t count = 0;
        int64_t told_ms = 0;
    };

    // Live events, one function a kind.
    void agent_event(const boost::json::object& payload, recorder::EventBatch& out);
    void lifecycle(const boost::json::object& payload, const boost::json::object& data,
                   recorder::EventBatch& out);
    void lifecycle_error(const boost::json::object& payload, const boost::json::object& data,
                         recorder::EventBatch& out);
    void run_status(const boost::json::object& payload, const boost::json::object& data,
                    recorder::EventBatch& out);
    void chat_event(const boost::json::object& payload, Time now, recorder::EventBatch& out);
    void session_message(const boost::json::object& payload, recorder::EventBatch& out);
    void session_tool(const boost::json::object& payload, recorder::EventBatch& out);
    void session_changed(const boost::json::object& payload, recorder::EventBatch& out);
    void cron_event(const boost::json::object& payload, Time now, recorder::EventBatch& out);
    void approval(std::string_view event, const boost::json::object& payload, Time now,
                  recorder::EventBatch& out);
    void heartbeat(const boost::json::object& payload, Time now, recorder::EventBatch& out);
    void health(const boost::json::object& payload, Time now, recorder::EventBatch& out);

    void model_call(const MessageId& id, const boost::json::object& message, recorder::EventBatch& out);
    void nested_tools(const MessageId& id, const boost::json::object& message, recorder::EventBatch& out);
    void note_tool_calls(const MessageId& id, const boost::json::object& message);
    Tool& tool_started(std::string_view session, std::string_view call, std::string_view name,
                       const boost::json::value* arguments, int64_t start_ms);
    void tool_finished(const ToolResult& result, const boost::json::object& body, recorder::EventBatch& out);
    void retrying(Run& run, std::string_view run_id, std::string_view reason, int64_t ts_ms,
                  recorder::EventBatch& out);
    void session_state(std::string_view session, std::string_view agent, std::string_view state,
                       recorder::Status status, int64_t ts_ms, std::string_view session_id,
                       recorder::EventBatch& out);
    void settle_error(std::string_view run_id, int64_t end_ms, recorder::EventBatch& out);

    // An event with the fields that all of this gateway's have. Views may point to what lives until emit().
    recorder::Event fact(recorder::Kind kind, std::string_view session, std::string_view agent,
                         int64_t time_ms);
    // Copies it into the batch unless an event of that id came before.
    void emit(recorder::Event event, recorder::EventBatch& out);
    std::string event_id(std::string_view what, std::string_view rest) const;
    std::string agent_name(std::string_view agent, std::string_view session) const;
    std::string session_name(std::string_view session) const;
    std::string prose(std::string_view text) const;

    MapperOptions options_;
    std::string source_;
    std::string default_agent_ = "main";
    BoundedMap<Run> runs_{10'000};
    BoundedMap<Tool> tools_{20'000};
    BoundedMap<Session> sessions_{10'000};
    BoundedMap<Job> jobs_{10'000};
    BoundedMap<Heartbeat> heartbeats_{64};
    SeenIds seen_{200'000};
    // What fact() made and an event under construction points to.
    std::string agent_;
    std::string session_;
    std::string parent_;
};

}  // namespace nightshift::ingest::openclaw
