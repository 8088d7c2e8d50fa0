#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "ingest/openclaw/client.h"

namespace nightshift::app {

// What an attempt asked of an OpenClaw gateway. On disk before the gateway is asked, and again when it
// answered: after a restart it says what to wait for.
struct OpenclawNote {
    std::string
        run_id;  // of a turn: ours, and the key by which asking twice is asking once; of a cron job: its own
    std::string session;     // of a turn: its key at the gateway
    std::string boot_id;     // of the gateway's process that answered; may be empty
    int64_t started_ms = 0;  // of that process; 0: none answered yet
    int64_t asked_ms = 0;

    // Nothing when there is none that can be read.
    static std::optional<OpenclawNote> read(const std::filesystem::path& path);
    Result<void> write(const std::filesystem::path& path) const;

    bool was_answered() const { return started_ms != 0; }
    void answered_by(const ingest::openclaw::CallAnswer& answer);
    // Whether another process of the gateway answers now than the one that was asked.
    bool is_other_process(const ingest::openclaw::CallAnswer& answer) const;
};

}  // namespace nightshift::app
