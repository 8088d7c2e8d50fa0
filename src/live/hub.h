#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "io/loop.h"
#include "net/http.h"
#include "net/stream.h"
#include "net/websocket.h"

namespace nightshift::live {

struct Options {
    std::chrono::milliseconds interval{100};  // deltas are gathered for so long
    size_t ring_bytes_max = 8u << 20;         // per topic, for those who resume
    std::chrono::seconds ring_age_max{60};
    size_t client_queue_bytes_max = 256u << 10;  // beyond it a client gets a fresh snapshot instead
    std::chrono::seconds stalled_after{10};      // a client that takes nothing for so long is closed
    size_t clients_max = 10'000;
    size_t topics_max = 10'000;                // logs, which clients make by following them
    size_t ring_bytes_total_max = 256u << 20;  // of all topics; the longest rings give way first
    uint32_t admissions_per_second = 20'000;   // beyond it: 503 with a jittered retry chosen by us
    std::string version = "0.1.0";             // for hello
};

struct Stats {
    uint64_t clients = 0;
    uint64_t clients_total = 0;
    uint64_t refused_total = 0;  // admission said "later"
    uint64_t resumed_total = 0;
    uint64_t snapshots_total = 0;
    uint64_t fell_behind_total = 0;  // slow readers put back to a snapshot
    uint64_t stalled_total = 0;      // closed
    uint64_t frames_total = 0;       // sent to clients
    uint64_t topics = 0;
    uint64_t ring_bytes = 0;
    uint64_t queued_bytes = 0;         // of all clients
    uint64_t dropped_items_total = 0;  // did not fit a tick's limit; told to clients
};

// What is happening now, to every screen (docs/formats/live.md). Two kinds of topic:
//   a state topic ("fleet") has keyed items; a newer value replaces an older one not yet sent;
//   a log topic ("events", "session:<id>") has items in order, none replaced.
// Publishing is safe from any thread, never waits for a client and never grows memory past the options.
class Hub {
public:
    // `loops` are the server's: a client is served on the loop that took its connection.
    Hub(std::vector<io::Loop*> loops, Options options, const Clock& clock);
    // Calls stop().
    ~Hub();
    // Tells clients when to come back, closes them and joins. Call before the server stops, from none of the
    // loops. Publishing afterwards is allowed, and reaches nobody.
    void stop();

    // Topics belong to a tenant; a client sees only its own tenant's.
    // `item` is one JSON value. It must carry its own key where readers need it. put() and remove() take a
    // state topic, append() a log topic of docs/formats/live.md; any other name is a bug.
    void put(std::string_view tenant, std::string_view topic, std::string_view key, std::string item);
    void remove(std::string_view tenant, std::string_view topic, std::string_view key);
    void append(std::string_view tenant, std::string_view topic, std::string item);

    // Whether anybody listens to the log topic, or may still resume it: nobody pays for encoding events that
    // no one watches. Cheap enough to ask for each event; one load while there is no log topic at all.
    bool has_readers(std::string_view tenant, std::string_view topic) const;

    // Answers GET /api/v1/live for an authenticated tenant: a WebSocket when asked to upgrade, else
    // Server-Sent Events. 503 with Retry-After and retry_ms when admission says "later".
    net::Response connect(const net::Request& request, std::string_view tenant);

    Stats stats() const;

private:
    struct State;
    std::shared_ptr<State> state_;  // connections may end a little after the hub
};

}  // namespace nightshift::live
