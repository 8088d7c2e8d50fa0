// tests/data/jobs/cron_cases.tsv: what other programs and their published tests say; its head explains the
// rulings.
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/text.h"
#include "jobs/schedule/schedule.h"
#include "jobs/schedule/test_times.h"

namespace nightshift::jobs {
namespace {

struct Case {
    std::string expression;
    std::string zone;
    std::string after;
    std::string times;
};

std::vector<Case> read_cases() {
    std::vector<Case> cases;
    const std::string text = read_file(NS_TEST_DATA "/jobs/cron_cases.tsv").value();
    for (const std::string_view line : split(text, '\n')) {
        if (line.empty() || line.starts_with('#')) continue;
        const std::vector<std::string_view> cells = split(line, '\t');
        if (cells.size() != 6)
            ADD_FAILURE() << "six cells are wanted: " << line;
        else
            cases.push_back(
                {std::string(cells[0]), std::string(cells[1]), std::string(cells[2]), std::string(cells[3])});
    }
    return cases;
}

TEST(CronCases, AgreeWithTheTable) {
    Zones zones;
    const std::vector<Case> cases = read_cases();
    EXPECT_GT(cases.size(), 800u);
    for (const Case& one : cases) {
        ScheduleSpec spec;
        spec.cron = one.expression;
        spec.zone = one.zone;
        const Result<Schedule> schedule = Schedule::parse(spec, zones);
        ASSERT_TRUE(schedule.has_value()) << schedule.error().message;
        std::string times;
        for (const Planned& planned : schedule->preview(at(one.after), split(one.times, ' ').size())) {
            if (!times.empty()) times += ' ';
            times += text_of(planned.nominal);
        }
        EXPECT_EQ(times, one.times) << one.expression << " in " << one.zone << " after " << one.after;
    }
}

// The answer does not depend on where between two planned times one asks.
TEST(CronCases, AnswerTheSameFromAnyTimeBetween) {
    Zones zones;
    for (const Case& one : read_cases()) {
        ScheduleSpec spec;
        spec.cron = one.expression;
        spec.zone = one.zone;
        const Schedule schedule = Schedule::parse(spec, zones).value();
        Time last = at(one.after);
        for (const Planned& planned : schedule.preview(last, 5)) {
            for (int step = 0; step < 8; ++step) {
                const Time between = last + (planned.nominal - last) * step / 8;
                EXPECT_EQ(schedule.next(between), planned) << one.expression << " in " << one.zone;
            }
            EXPECT_EQ(schedule.next(planned.nominal - microseconds(1)), planned);
            last = planned.nominal;
        }
    }
}

}  // namespace
}  // namespace nightshift::jobs
