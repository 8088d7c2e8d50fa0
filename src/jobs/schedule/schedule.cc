#include "jobs/schedule/schedule.h"

#include <fmt/chrono.h>
#include <xxhash.h>

#include <algorithm>
#include <variant>

#include "base/text.h"
#include "jobs/schedule/cron.h"
#include "jobs/schedule/cron_plan.h"
#include "jobs/schedule/describe.h"
#include "jobs/schedule/every_plan.h"

namespace nightshift::jobs {
namespace {

constexpr std::chrono::seconds kSpreadMax = std::chrono::hours(24);
constexpr size_t kFilterBytesMax = 4096;
constexpr int64_t kDay = 86'400;

int64_t seconds_of(Time time) {
    return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}
Time time_of(int64_t seconds) {
    return Time(std::chrono::seconds(seconds));
}

bool is_plannable(Time time) {
    return time >= Time() && seconds_of(time) < kPlanEnd;
}

std::chrono::sys_days local_day(const Zone& zone, Time time) {
    return std::chrono::floor<std::chrono::days>(time_of(zone.wall_of(seconds_of(time))));
}

// "02:30", or "02:30:15" when there are seconds.
std::string clock_text(int64_t wall) {
    const int64_t time = ((wall % kDay) + kDay) % kDay;
    std::string text = fmt::format("{:02}:{:02}", time / 3600, time / 60 % 60);
    if (time % 60 != 0) text += fmt::format(":{:02}", time % 60);
    return text;
}
std::string date_text(int64_t wall) {
    return fmt::format("{:%F}", fmt::gmtime(static_cast<std::time_t>(wall)));
}

std::string note_of(const Due& due, const Zone& zone) {
    switch (due.shift) {
        case Shift::kNone:
            return "";
        case Shift::kMissing:
            return fmt::format("clocks went forward over {} of {}: runs at {}, the first valid time",
                               clock_text(due.wall), date_text(due.wall), clock_text(zone.wall_of(due.utc)));
        case Shift::kFirst:
            return fmt::format("clocks go back and {} comes twice: runs the first time only",
                               clock_text(due.wall));
        case Shift::kRepeat:
            return fmt::format("clocks went back: {} for the second time", clock_text(due.wall));
    }
    return "";
}

// For kinds that plan nothing ahead.
struct OnEvent {};
struct Once {
    Time at;
};

Result<void> check_kind(const ScheduleSpec& spec) {
    std::vector<std::string_view> set;
    if (!spec.cron.empty()) set.emplace_back("cron");
    if (spec.every != std::chrono::seconds(0)) set.emplace_back("every");
    if (spec.at) set.emplace_back("at");
    if (!spec.on_event.empty()) set.emplace_back("on_event");
    if (set.empty()) return fail(Code::kInvalid, "a schedule needs one of cron, every, at and on_event");
    if (set.size() > 1)
        return fail(Code::kInvalid, "a schedule has both {} and {}; only one is allowed", set[0], set[1]);
    return {};
}

Result<void> check_spread(const ScheduleSpec& spec) {
    if (spec.spread < std::chrono::seconds(0) || spec.spread > kSpreadMax)
        return fail(Code::kInvalid, "spread of {} s is out of range; allowed is 0 to {} s",
                    spec.spread.count(), kSpreadMax.count());
    return {};
}

// `every` itself or the one in "@every 5m"; nothing: the schedule is of another kind.
Result<std::optional<std::chrono::seconds>> period_of(const ScheduleSpec& spec) {
    if (spec.every != std::chrono::seconds(0)) return spec.every;
    const std::string_view cron = trim(spec.cron);
    constexpr std::string_view kEvery = "@every";
    if (!equals_ignore_case(cron.substr(0, kEvery.size()), kEvery)) return std::nullopt;
    NS_TRY(const std::chrono::seconds period, parse_period(trim(cron.substr(kEvery.size()))));
    return period;
}

// Bytes of a configuration may be anything; a message quotes them readably.
std::string quote(std::string_view text) {
    std::string quoted;
    append_json_string(quoted, truncate_utf8(text, 120));
    return quoted;
}

}  // namespace

struct Schedule::Plan {
    std::variant<OnEvent, Once, EveryPlan, CronPlan> when;
    std::shared_ptr<const Zone> zone;
    Calendar calendar;
    std::chrono::seconds spread{0};
    std::string description;
};

Result<Schedule> Schedule::parse(const ScheduleSpec& spec) {
    Zones zones;
    return parse(spec, zones);
}

Result<Schedule> Schedule::parse(const ScheduleSpec& spec, Zones& zones) {
    if (Result<void> kind = check_kind(spec); !kind) return Failure(std::move(kind).error());
    if (Result<void> spread = check_spread(spec); !spread) return Failure(std::move(spread).error());
    auto plan = std::make_shared<Plan>();
    plan->spread = spec.spread;
    NS_TRY(plan->zone, zones.find(spec.zone));
    NS_TRY(plan->calendar, Calendar::parse(spec.calendar));
    NS_TRY(const auto period, period_of(spec));
    if (spec.anchor && !period) return fail(Code::kInvalid, "anchor is for every only");
    if (period) {
        NS_TRY(plan->when, EveryPlan::make(*period, spec.anchor, plan->zone, plan->calendar));
        if (spec.spread > *period) return fail(Code::kInvalid, "spread is longer than every");
        plan->description = "every " + describe_period(period->count());
        if (spec.anchor)
            plan->description += fmt::format(" from {:%FT%TZ} on", fmt::gmtime(seconds_of(*spec.anchor)));
    } else if (spec.at) {
        if (!is_plannable(*spec.at))
            return fail(Code::kInvalid, "at is out of range; allowed is 1970 to 2199");
        if (!plan->calendar.allows(local_day(*plan->zone, *spec.at)))
            return fail(Code::kInvalid, "at is on a day that the calendar excludes, so it would never run");
        plan->when = Once{*spec.at};
        plan->description = fmt::format("once at {:%FT%TZ}", fmt::gmtime(seconds_of(*spec.at)));
    } else if (!spec.on_event.empty()) {
        if (spec.on_event.size() > kFilterBytesMax)
            return fail(Code::kInvalid, "on_event has more than {} bytes", kFilterBytesMax);
        plan->when = OnEvent{};
        plan->description = "on each event where " + spec.on_event;
    } else {
        const Result<CronExpression> cron = parse_cron(spec.cron);
        if (!cron) return fail(cron.error().code, "cron {}: {}", quote(spec.cron), cron.error().message);
        CronPlan cron_plan(*cron, plan->zone, plan->calendar);
        if (!plan->calendar.is_empty() && !cron_plan.can_happen())
            return fail(Code::kInvalid,
                        "cron {}: the calendar excludes every day of it, so it would never run",
                        quote(spec.cron));
        plan->when = std::move(cron_plan);
        plan->description = describe_cron(*cron) + ", " + plan->zone->name();
    }
    if (!spec.calendar.empty()) plan->description += fmt::format(", {} calendar rules", spec.calendar.size());
    if (spec.spread > std::chrono::seconds(0))
        plan->description += ", spread over " + describe_period(spec.spread.count());
    return Schedule(std::move(plan));
}

std::optional<Planned> Schedule::next(Time after) const {
    after = std::max(after, Time() - microseconds(1));
    if (seconds_of(after) >= kPlanEnd) return std::nullopt;
    if (const auto* cron = std::get_if<CronPlan>(&plan_->when)) {
        const std::optional<Due> due = cron->next(seconds_of(after) + 1);
        if (!due) return std::nullopt;
        return Planned{time_of(due->utc), note_of(*due, *plan_->zone)};
    }
    if (const auto* every = std::get_if<EveryPlan>(&plan_->when)) {
        const std::optional<Time> time = every->next(after);
        if (!time) return std::nullopt;
        return Planned{*time, ""};
    }
    const auto* once = std::get_if<Once>(&plan_->when);
    if (once == nullptr || once->at <= after) return std::nullopt;
    return Planned{once->at, ""};
}

std::vector<Planned> Schedule::preview(Time after, size_t count) const {
    std::vector<Planned> planned;
    count = std::min(count, kPreviewMax);
    while (planned.size() < count) {
        std::optional<Planned> found = next(after);
        if (!found) break;
        after = found->nominal;
        planned.push_back(std::move(*found));
    }
    return planned;
}

Time Schedule::start_of(Time nominal, std::string_view job_id) const {
    const auto spread_us = static_cast<uint64_t>(microseconds(plan_->spread).count());
    if (spread_us == 0) return nominal;
    const uint64_t hash =
        XXH3_64bits_withSeed(job_id.data(), job_id.size(), static_cast<uint64_t>(unix_us(nominal)));
    // The hash as a fraction of the spread.
    const auto share = static_cast<uint64_t>((static_cast<unsigned __int128>(hash) * spread_us) >> 64);
    return nominal + microseconds(static_cast<int64_t>(share));
}

bool Schedule::allows(Time time) const {
    return plan_->calendar.allows(local_day(*plan_->zone, time));
}

bool Schedule::is_planned_ahead() const {
    return !std::holds_alternative<OnEvent>(plan_->when);
}

std::string Schedule::describe() const {
    return plan_->description;
}

const std::string& Schedule::zone() const {
    return plan_->zone->name();
}

const std::string& Schedule::tzdata_version() const {
    return plan_->zone->version();
}

}  // namespace nightshift::jobs
