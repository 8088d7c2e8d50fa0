#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/system.h"
#include "app/config.h"
#include "base/clock.h"
#include "fleet/service.h"
#include "ingest/openclaw/client.h"
#include "io/loop.h"
#include "io/task_group.h"
#include "live/hub.h"
#include "recorder/counted_calls.h"
#include "recorder/recorder.h"

namespace nightshift::app {

// The gateways we follow: what they tell goes to the recorder, their state to the fleet and the live topic
// `fleet`. Lives on one loop; what other threads may call says so.
class Sources {
public:
    // What the sources work with. All must outlive them.
    struct Parts {
        io::Loop& loop;
        recorder::Recorder& recorder;
        fleet::Service& fleet;
        live::Hub& hub;
        const Clock& clock;
        const recorder::CountedCalls& counted;  // what the gateway has seen of their agents' calls
    };
    Sources(Parts parts, const Config& config);
    // stop() first.
    ~Sources();

    // Before start(): what is recorded already is not recorded again. Blocking, but bounded.
    void remember_recorded();
    // Any thread, once.
    void start();
    // Blocks until every connection is closed. From a thread that is not the loop.
    void stop();

    // On the loop, or before it runs. The bridge of that name (empty: the only one) of a tenant; kNotFound
    // says which there are.
    Result<ingest::openclaw::Source*> find(const std::string& tenant, const std::string& name) const;

    // On the loop. kConflict when the session's source cannot abort; the message says which can.
    void abort_session(fleet::AbortRequest request, std::function<void(Result<std::string>)> done);

    // Any thread. Each a `source` of docs/api.md.
    std::vector<std::string> to_json() const;
    std::vector<api::Failing> failing() const;

private:
    struct Entry {
        std::string tenant;
        std::unique_ptr<ingest::openclaw::Source> source;
    };
    void report(const std::string& tenant, const ingest::openclaw::SourceStatus& status);
    Task<> repeat_reports();

    Parts parts_;
    std::vector<Entry> entries_;
    io::TaskGroup tasks_;
    bool is_started_ = false;
};

// One `source` of docs/api.md.
std::string source_json(const ingest::openclaw::SourceStatus& status);

}  // namespace nightshift::app
