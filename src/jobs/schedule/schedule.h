#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "jobs/schedule/calendar.h"
#include "jobs/schedule/zone.h"

namespace nightshift::jobs {

// When a job is due, as the configuration says it. Exactly one of cron, every, at and on_event is set.
struct ScheduleSpec {
    std::string cron;  // "*/15 9-17 * * mon-fri", six fields with the second first, "@daily", "@every 5m"
    std::chrono::seconds every{0};  // elapsed time, whatever the clocks do
    std::optional<Time>
        anchor;              // the first time of `every`; without one its times are multiples since the epoch
    std::optional<Time> at;  // once
    std::string on_event;    // a filter over recorder events; not planned ahead
    std::string zone = "UTC";        // an IANA name: whose clocks cron and the days of `calendar` follow
    std::chrono::seconds spread{0};  // the start is delayed by a share of this, fixed for each (job, time)
    std::vector<CalendarRule>
        calendar;  // days on which nothing, or the only ones on which anything, is planned
};

// One planned time.
struct Planned {
    Time nominal;  // what the ledger keys by; where clocks change it is the time at which the job really runs
    std::string note;  // for people, where clocks change: why it runs then; else ""
    bool operator==(const Planned&) const = default;
};

// A schedule, read and checked. Immutable and cheap to copy; threads may share it. Every answer is a pure
// function of the spec, the arguments and tzdata. docs/schedules.md says what each expression means.
class Schedule {
public:
    // kInvalid names the field, its value and what is allowed: also for dates that never come and zones that
    // do not exist (with the nearest that does). kUnavailable: tzdata is not installed. `zones` is shared by
    // all schedules of a program.
    static Result<Schedule> parse(const ScheduleSpec& spec, Zones& zones);
    // The same for a single schedule, which then keeps its zone for itself.
    static Result<Schedule> parse(const ScheduleSpec& spec);

    // The first planned time strictly after `after`; nothing: never again, or not within 50 years, or after
    // 2199.
    std::optional<Planned> next(Time after) const;
    // Up to `count` (at most kPreviewMax) of them.
    std::vector<Planned> preview(Time after, size_t count) const;
    static constexpr size_t kPreviewMax = 1000;

    // When the occurrence starts: `nominal` and its share of the spread, the same on every node and after
    // every restart.
    Time start_of(Time nominal, std::string_view job_id) const;
    // Whether the calendar lets anything happen on the day of `time`: for events, which are not planned
    // ahead.
    bool allows(Time time) const;

    bool is_planned_ahead() const;  // false: on_event
    // One line, such as "at 02:30 on Monday to Friday, Europe/Berlin".
    std::string describe() const;
    const std::string& zone() const;
    // The tzdata release behind the answers, such as "2025b"; "" for UTC.
    const std::string& tzdata_version() const;

private:
    struct Plan;
    explicit Schedule(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}

    std::shared_ptr<const Plan> plan_;
};

}  // namespace nightshift::jobs
