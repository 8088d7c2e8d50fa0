#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "live/batch.h"
#include "live/topic.h"
#include "live/types.h"

namespace nightshift::live {

// How far a reader has come in one topic.
struct Cursor {
    enum class Start {
        kNew,      // has nothing yet: gets a snapshot
        kToken,    // came back with a token: gets the deltas since, all of them, or a snapshot
        kReading,  // got something on this connection
    };

    std::shared_ptr<Topic> topic;
    Start start = Start::kNew;
    uint64_t seq = 0;
    std::optional<uint64_t> items_end;  // log: how many items the topic had got by then, if we know
};

struct AdvanceLimits {
    size_t missed_bytes_max = SIZE_MAX;  // who missed more gets a snapshot
    size_t chunk_bytes_max = SIZE_MAX;   // deltas of one batch
};

struct Advanced {
    bool is_complete = true;  // otherwise the chunk was full: call again
    bool is_changed = false;
    uint32_t snapshots = 0;
    uint32_t put_back = 0;  // of the snapshots: for a cursor that was kReading
    uint32_t resumed = 0;
};

// Moves the cursors to the heads of their topics and adds what is between to the batch, then the token: the
// one decision between deltas and snapshot, for those who connect, come back, fell behind or just follow.
Advanced advance(std::vector<Cursor>& cursors, std::string_view epoch, AdvanceLimits limits, Instant now,
                 Batch& batch);

// The resume token for where the cursors stand. Those that have nothing yet are left out.
std::string token_for(const std::vector<Cursor>& cursors, std::string_view epoch);

}  // namespace nightshift::live
