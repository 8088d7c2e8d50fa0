#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "fleet/calls.h"
#include "fleet/detect/finding.h"
#include "fleet/detect/options.h"
#include "fleet/detect/same_error.h"
#include "fleet/detect/token_velocity.h"
#include "fleet/types.h"

namespace nightshift::fleet {

// Runs the detectors over one session's events and keeps what they found until the behaviour changes. At most
// one loop is held at a time (the most specific), besides token velocity and a stall. Pure; times by the
// events' clock.
class Watch {
public:
    // What the session had used before this event, and when its last activity ended.
    using Counters = CallHistory::Counters;

    // Looks at a finished call, a message or anything else. True when detections() changed.
    bool observe(const recorder::Event& event, int64_t end_us, Counters before, VelocityBaseline& baseline,
                 const DetectOptions& options);
    // Ends what has not repeated for long enough. True when detections() changed.
    bool expire(int64_t now_us, const DetectOptions& options);
    // The session is stalled since then, or not (0). True when detections() changed.
    bool set_stalled(int64_t since_us, int64_t now_us, std::string_view why);
    void clear();

    // `session` goes into ids of detections found from now on.
    void set_session(std::string_view session) { session_ = session; }
    const std::vector<Detection>& detections() const { return detections_; }
    std::vector<Detection>& detections() { return detections_; }
    bool is_looping() const;

private:
    friend struct SnapshotAccess;

    bool observe_call(const recorder::Event& event, int64_t end_us, const Counters& before,
                      const DetectOptions& options);
    std::optional<Finding> find_loop(const recorder::Event& event, const Counters& before,
                                     const DetectOptions& options) const;
    bool hold(const Finding& finding, const Counters& now);
    bool holds(DetectionKind kind) const;
    bool drop(DetectionKind kind);
    bool drop_loops();

    CallHistory calls_;
    ErrorStreak errors_;
    VelocityWatch velocity_;
    std::vector<Detection> detections_;
    std::string session_;
    uint64_t loop_key_ = 0;
    int64_t loop_interval_us_ = 0;
    int64_t rest_us_ = 0;  // for how long, all in all, nothing has run
    uint32_t novel_in_row_ = 0;
};

}  // namespace nightshift::fleet
