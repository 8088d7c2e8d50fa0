// Schedules from any text, and what they plan: in order, after what was asked for, and the same when asked
// again.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "jobs/schedule/schedule.h"

using namespace nightshift;
using namespace nightshift::jobs;

namespace {

void check(bool claim) {
    if (!claim) std::abort();
}

void check_plan(const Schedule& schedule, Time after) {
    Time last = after;
    for (const Planned& planned : schedule.preview(after, 5)) {
        check(planned.nominal > last);
        check(schedule.next(planned.nominal - microseconds(1)) == planned);
        check(schedule.next(last) == planned);
        const Time start = schedule.start_of(planned.nominal, "job");
        check(start >= planned.nominal && start < planned.nominal + std::chrono::hours(24));
        last = planned.nominal;
    }
    check(!schedule.describe().empty());
}

}  // namespace

// Lines: a cron expression, a zone, seconds since the epoch, then one calendar rule a line ('+' in front:
// only).
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static Zones zones;
    const std::vector<std::string_view> lines = split({reinterpret_cast<const char*>(data), size}, '\n');
    ScheduleSpec spec;
    spec.cron = std::string(lines[0]);
    if (lines.size() > 1) spec.zone = std::string(lines[1]);
    const int64_t after = lines.size() > 2 ? parse_int(lines[2]).value_or(0) % 20'000'000'000 : 0;
    for (size_t i = 3; i < lines.size() && i < 10; ++i) {
        const bool is_only = lines[i].starts_with('+');
        spec.calendar.push_back({std::string(lines[i].substr(is_only ? 1 : 0)), is_only});
    }
    spec.spread = std::chrono::seconds(1);
    const Result<Schedule> schedule = Schedule::parse(spec, zones);
    if (!schedule) {
        check(schedule.error().code != Code::kInternal && is_valid_utf8(schedule.error().message));
        check(schedule.error().message.size() < 2000);
        return 0;
    }
    check_plan(*schedule, from_unix_us(after * 1'000'000));
    return 0;
}
