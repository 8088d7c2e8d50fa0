#include "app/part_options.h"

#include <algorithm>
#include <thread>

namespace nightshift::app {

size_t loop_count(const Config& config) {
    if (config.server.threads > 0) return static_cast<size_t>(config.server.threads);
    return std::clamp<size_t>(std::thread::hardware_concurrency(), 1, 8);
}

recorder::Options recorder_options(const Config& config, const std::filesystem::path& data) {
    recorder::Options options;
    options.directory = data / "recorder";
    options.retain = std::chrono::duration_cast<std::chrono::hours>(config.recorder.retain);
    options.retain_bytes = config.recorder.retain_size;
    options.keep_free_bytes = config.recorder.keep_free;
    options.keep_content = config.recorder.keep_content;
    options.retain_content = std::chrono::duration_cast<std::chrono::hours>(config.recorder.retain_content);
    return options;
}

ingest::Receiver::Options receiver_options(const Config& config, const recorder::CountedCalls& counted) {
    ingest::Receiver::Options options;
    options.counted = &counted;
    options.keep_content = config.recorder.keep_content;
    options.redact_emails = config.redact.email;
    options.count_openclaw_tokens = config.sources.openclaw.empty();
    for (const PriceConfig& price : config.prices) {
        options.prices.push_back(
            {price.model, price.input, price.output, price.cache_read, price.cache_write});
    }
    return options;
}

fleet::Options fleet_options(const Config& config, const std::filesystem::path& data) {
    fleet::Options options;
    options.snapshot_file = data / "fleet.snapshot";
    fleet::StateOptions& state = options.state;
    if (config.fleet.response == "observe") state.response.ladder = fleet::Ladder::kObserve;
    if (config.fleet.response == "abort") state.response.ladder = fleet::Ladder::kAbort;
    state.detect.same_call_min = static_cast<uint32_t>(config.fleet.loop_repeats);
    state.detect.same_error_min = static_cast<uint32_t>(config.fleet.loop_repeats);
    state.detect.stalled_after_us = microseconds(config.fleet.stalled_after).count();
    return options;
}

api::GateOptions gate_options(const Config& config) {
    return {.anonymous_ingest = config.auth.anonymous_ingest, .allowed_hosts = config.server.allowed_hosts};
}

}  // namespace nightshift::app
