#pragma once

#include <string>
#include <string_view>

namespace nightshift::ingest::openclaw {

// A session key taken apart: agent:<agent>:<rest>, where rest may be main, cron:<job>[:run:<session id>],
// subagent:<uuid>, explicit:<id> and more to come. Views into the key.
struct SessionKey {
    std::string_view agent;       // "" for a bare key
    std::string_view kind;        // the first word of the rest: main, cron, subagent, explicit ...
    std::string_view job;         // of cron keys
    std::string_view session_id;  // of the runs of cron keys
};
SessionKey parse_session_key(std::string_view key);

// One name for one session. An isolated cron run is known under three keys (cron:<job>, agent:<a>:cron:<job>
// and agent:<a>:cron:<job>:run:<id>); the last one is its name. `session_id` and `agent` may be empty when
// not known.
std::string canonical_session_key(std::string_view key, std::string_view session_id, std::string_view agent);

}  // namespace nightshift::ingest::openclaw
