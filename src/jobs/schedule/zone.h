#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace nightshift::jobs {

// Schedules plan from 1970 to the end of 2199; the zones' rules are known for no other time.
inline constexpr int64_t kPlanEnd = 7'258'118'400;  // 2200-01-01T00:00Z, seconds since the epoch

// A stretch of time with one offset from UTC. All in seconds.
struct ZoneSpan {
    int64_t begin = 0;   // since the epoch
    int64_t end = 0;     // the next one's begin
    int64_t offset = 0;  // wall time = UTC + offset
    int64_t before = 0;  // the offset that held until `begin`

    bool skips() const { return offset > before; }    // clocks went forward: wall times between are missing
    bool repeats() const { return offset < before; }  // clocks went back: wall times between come twice
};

// One time zone's offsets from 1970 to 2199. Immutable.
class Zone {
public:
    static Zone utc();
    // `spans` follow each other without a hole.
    Zone(std::string name, std::string version, std::vector<ZoneSpan> spans);

    const std::string& name() const { return name_; }
    // The tzdata release it was read from, such as "2025b"; "" for UTC, which needs none.
    const std::string& version() const { return version_; }
    const std::vector<ZoneSpan>& spans() const { return spans_; }
    // The index of the span that holds the time.
    size_t span_at(int64_t utc) const;
    int64_t wall_of(int64_t utc) const { return utc + spans_[span_at(utc)].offset; }
    // The first time, from `from` on, at which clocks show `wall` or later.
    int64_t when_shown(int64_t wall, int64_t from) const;

private:
    std::string name_;
    std::string version_;
    std::vector<ZoneSpan> spans_;
};

// The zones read so far, so that all schedules of a zone share one. Threads may share it.
class Zones {
public:
    // By IANA name, from the system's tzdata. kInvalid: no such zone, with the nearest name that exists.
    // kUnavailable: tzdata is not installed.
    Result<std::shared_ptr<const Zone>> find(std::string_view name);

private:
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<const Zone>, std::less<>> zones_;
};

}  // namespace nightshift::jobs
