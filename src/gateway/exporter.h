#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/secret.h"
#include "gateway/genai_metrics.h"
#include "gateway/settings.h"
#include "io/loop.h"
#include "io/task_group.h"

namespace nightshift::gateway {

// Sends model calls as spans and metrics to an OTLP/HTTP collector, every `every`. What the collector does
// not take is not kept for long: at most kCallsMax calls wait, then the oldest are dropped and counted;
// metrics are cumulative and lose nothing.
class Exporter {
public:
    static constexpr size_t kCallsMax = 20'000;

    // `loop` and `clock` must outlive it. Not from the loop.
    Exporter(io::Loop& loop, const Clock& clock, ExportSpec spec);
    ~Exporter();

    // What was recorded; only the gateway's own calls are sent. Any thread; never blocks for long.
    void add(std::shared_ptr<const recorder::EventBatch> batch);
    // Sends what waits, once, and ends. Blocking, not from the loop.
    void stop();

    uint64_t dropped() const;

private:
    Task<> begin();
    Task<> end();
    Task<> send_all();
    Task<bool> post(std::string path, std::string body);

    io::Loop& loop_;
    const Clock& clock_;
    const ExportSpec spec_;
    std::unique_ptr<io::TaskGroup> tasks_;
    mutable std::mutex mutex_;
    std::deque<std::shared_ptr<const recorder::EventBatch>> waiting_;
    size_t calls_waiting_ = 0;
    uint64_t dropped_ = 0;
    GenAiMetrics metrics_;  // on the loop
    bool is_failing_ = false;
    bool is_stopped_ = false;
};

}  // namespace nightshift::gateway
