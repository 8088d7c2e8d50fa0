#pragma once

#include <array>
#include <optional>

#include "fleet/calls.h"
#include "fleet/detect/finding.h"
#include "fleet/detect/options.h"
#include "recorder/event.h"

namespace nightshift::fleet {

// The failures of one class that came one after the other. A success of the same kind of work, or a new call
// that worked, ends the streak.
class ErrorStreak {
public:
    void note(const recorder::Event& event, int64_t end_us, const CallHistory::Counters& counters);
    // A tool call worked; `is_novel`: it was not made before.
    void note_success(const recorder::Event& event, bool is_novel);
    void reset() { count_ = 0; }

    uint32_t count() const { return count_; }
    std::optional<Finding> find(const DetectOptions& options) const;

private:
    friend struct SnapshotAccess;

    uint64_t key_ = 0;  // name and error class
    uint64_t name_ = 0;
    bool is_model_ = false;
    bool is_rate_limit_ = false;
    uint32_t count_ = 0;
    uint32_t same_arguments_ = 0;
    uint64_t arguments_ = 0;
    int64_t first_us_ = 0;
    int64_t last_us_ = 0;
    std::array<uint32_t, 4> rest_ms_{};  // between the last failures, the newest last
    int64_t rest_us_ = 0;
    uint64_t tokens_before_ = 0;
    int64_t cost_before_nano_usd_ = 0;
    std::string text_;
};

}  // namespace nightshift::fleet
