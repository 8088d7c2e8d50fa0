#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/redact.h"
#include "ingest/mapper.h"
#include "ingest/otlp/view.h"
#include "ingest/pricing.h"
#include "ingest/series.h"
#include "io/task.h"
#include "net/http.h"
#include "recorder/counted_calls.h"
#include "recorder/recorder.h"

namespace nightshift::ingest {

using otlp::Signal;

struct ReceiverOptions {
    bool keep_content = false;  // prompts, answers, tool arguments and results
    bool redact_emails = false;
    bool count_openclaw_tokens = true;  // false when the OpenClaw bridge counts them
    std::vector<Price> prices;          // before the defaults
    // Calls that the gateway has counted; must outlive the receiver. Null: there are none.
    const recorder::CountedCalls* counted = nullptr;
};

// Counters since start.
struct ReceiverStats {
    uint64_t requests_total = 0;
    uint64_t bytes_total = 0;  // bodies as sent
    uint64_t spans_total = 0;  // records accepted, by signal
    uint64_t logs_total = 0;
    uint64_t points_total = 0;
    uint64_t events_total = 0;  // lines accepted by POST /api/v1/events
    uint64_t duplicates_total = 0;
    uint64_t rejected_total = 0;      // records that were wrong
    uint64_t filtered_total = 0;      // noise by the vendor's rules
    uint64_t bad_requests_total = 0;  // 4xx
    uint64_t refused_total = 0;       // 429 and 503: the sender comes back
    uint64_t in_flight = 0;           // waiting for the disk
    uint64_t series = 0;              // cumulative metric series remembered
    uint64_t series_refused_total = 0;
};

// Takes telemetry over HTTP: decodes, redacts, maps, writes, and answers once it is on disk. Its methods may
// run on any loop at the same time. `recorder` and `clock` must outlive it.
class Receiver {
public:
    using Options = ReceiverOptions;
    using Stats = ReceiverStats;

    Receiver(recorder::Recorder& recorder, Options options, const Clock& clock);
    ~Receiver();

    // POST /v1/traces, /v1/metrics and /v1/logs, with the answers of the OTLP specification.
    Task<net::Response> otlp(Signal signal, net::Request request, std::string tenant);
    // POST /api/v1/events, docs/api.md.
    Task<net::Response> events(net::Request request, std::string tenant);

    Stats stats() const;

private:
    struct Counters;

    Task<Result<recorder::Receipt>> write(std::shared_ptr<recorder::EventBatch> batch);
    void count(Signal signal, const MapperCounts& counts);

    recorder::Recorder& recorder_;
    const Options options_;
    const Clock& clock_;
    const Redactor redactor_;
    const Pricing pricing_;
    SeriesTable series_;
    const MapperParts parts_;
    std::unique_ptr<Counters> counters_;
};

}  // namespace nightshift::ingest
