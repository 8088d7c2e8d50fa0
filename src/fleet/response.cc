#include "fleet/response.h"

#include <fmt/core.h>

#include <algorithm>

namespace nightshift::fleet {

Ladder response_for(DetectionKind kind, const ResponseOptions& options) {
    return is_loop(kind) ? options.ladder : std::min(options.ladder, Ladder::kTell);
}

std::optional<AbortRequest> decide_abort(const Session& session, const Detection& detection, int64_t now_us,
                                         const ResponseOptions& options) {
    if (response_for(detection.kind, options) != Ladder::kAbort || detection.acted) return std::nullopt;
    if (session.abort_source.empty() || session.activity.is_ended()) return std::nullopt;
    if (session.aborted_us >= 0 && now_us - session.aborted_us < options.cooldown_us) return std::nullopt;
    AbortRequest request;
    request.tenant = session.tenant;
    request.session = session.id;
    request.agent = session.agent;
    request.source = session.abort_source;
    request.detection_id = detection.id;
    request.reason = fmt::format("{}: {}", to_string(detection.kind), detection.explanation);
    return request;
}

}  // namespace nightshift::fleet
