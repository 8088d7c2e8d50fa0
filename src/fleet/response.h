#pragma once

#include <optional>
#include <string>

#include "fleet/options.h"
#include "fleet/record.h"

namespace nightshift::fleet {

// What the source of a session is asked to do.
struct AbortRequest {
    std::string tenant;
    std::string session;
    std::string agent;
    std::string source;        // who can do it
    std::string detection_id;  // empty: a person asked
    std::string reason;
};

// The step of the ladder for one kind of detection. Only going in circles is ever aborted: a stall or a high
// rate may be honest work.
Ladder response_for(DetectionKind kind, const ResponseOptions& options);

// The abort that a detection calls for now, or nothing: at most one for a detection, one in a cooldown for a
// session.
std::optional<AbortRequest> decide_abort(const Session& session, const Detection& detection, int64_t now_us,
                                         const ResponseOptions& options);

}  // namespace nightshift::fleet
