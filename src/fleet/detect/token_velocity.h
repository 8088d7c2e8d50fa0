#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "fleet/detect/finding.h"
#include "fleet/detect/options.h"

namespace nightshift::fleet {

// What an agent's sessions use in a minute of work: the last 64 such minutes.
class VelocityBaseline {
public:
    static constexpr size_t kMinutes = 64;

    void add(float tokens);
    uint32_t count() const { return count_; }
    // Above this a minute is unusual; nothing while the history is too short.
    std::optional<double> threshold(const DetectOptions& options) const;
    double median() const;

private:
    friend struct SnapshotAccess;

    std::vector<float> minutes() const;  // oldest first

    std::array<float, kMinutes> minutes_{};
    uint32_t next_ = 0;
    uint32_t count_ = 0;
};

// The minutes of one session. Tokens read from a cache count a tenth: they cost a tenth, and their number
// grows with the length of a conversation, not with the speed of work.
class VelocityWatch {
public:
    // Adds a model call's tokens; minutes that are over are compared with `baseline`, and added to it.
    void add(int64_t end_us, double weighted_tokens, uint64_t tokens_before, int64_t cost_before_nano_usd,
             VelocityBaseline& baseline, const DetectOptions& options);
    std::optional<Finding> find(const DetectOptions& options) const;
    void reset() { hot_minutes_ = 0; }

private:
    friend struct SnapshotAccess;

    void close_minute(VelocityBaseline& baseline, const DetectOptions& options);

    int64_t minute_ = -1;
    double tokens_ = 0;
    uint64_t minute_tokens_before_ = 0;
    int64_t minute_cost_before_ = 0;
    uint32_t hot_minutes_ = 0;
    double usual_ = 0;
    double latest_ = 0;
    int64_t since_us_ = 0;
    uint64_t tokens_before_ = 0;
    int64_t cost_before_nano_usd_ = 0;
};

// What a model call weighs.
double weighted_tokens(uint64_t input, uint64_t cache_read, uint64_t output);

}  // namespace nightshift::fleet
