#pragma once

#include <filesystem>
#include <memory>

#include "agent_events.h"
#include "base/clock.h"
#include "engine.h"
#include "recorder/recorder.h"

namespace nightshift::bench {

// The event as an agent would have sent it; its text is kept in `batch`.
recorder::Event to_event(recorder::EventBatch& batch, const AgentEvent& from);

// The flight recorder under the bench's data. All rows belong to one tenant; the generator's team is kept as
// the source.
class RecorderSide {
public:
    explicit RecorderSide(const std::filesystem::path& directory);

    bool is_loaded() const;
    recorder::Position position() const { return recorder_->position(); }
    // In batches of 512 events, each durable before 64 later ones are sent. `generator_cpu_s` is subtracted.
    Load load(const AgentEvents& events);
    // `reads_rows`: with a condition that no rollup can answer, so that rows are read.
    Measured query(int number, const AgentEvents& events, bool reads_rows);

private:
    ManualClock clock_{from_unix_us(kEndUs)};
    std::unique_ptr<recorder::Recorder> recorder_;
};

}  // namespace nightshift::bench
