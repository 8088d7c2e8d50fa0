#include "jobs/schedule/cron.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/schedule/describe.h"

namespace nightshift::jobs {
namespace {

using testing::AllOf;
using testing::HasSubstr;

CronExpression parsed(std::string_view text) {
    const Result<CronExpression> cron = parse_cron(text);
    EXPECT_TRUE(cron.has_value()) << text << ": " << cron.error().message;
    return cron.value_or(CronExpression{});
}

std::string error_of(std::string_view text) {
    const Result<CronExpression> cron = parse_cron(text);
    if (cron) return "it was accepted";
    EXPECT_EQ(cron.error().code, Code::kInvalid);
    return cron.error().message;
}

uint64_t bits(std::initializer_list<int> values) {
    uint64_t set = 0;
    for (const int value : values) set |= uint64_t{1} << value;
    return set;
}

// A month of 31 days that starts on a Saturday, as August 2026 does.
uint64_t days_of_august(std::string_view fields) {
    return parsed("0 0 " + std::string(fields)).days.in_month(31, 6);
}

TEST(Cron, ReadsListsRangesStepsAndNames) {
    const CronExpression cron = parsed("5,10-12,50/4 */6 1 JAN,mar-may/2 0");
    EXPECT_EQ(cron.time.minutes, bits({5, 10, 11, 12, 50, 54, 58}));
    EXPECT_EQ(cron.time.hours, bits({0, 6, 12, 18}));
    EXPECT_EQ(cron.months, bits({1, 3, 5}));
    EXPECT_EQ(cron.time.seconds, bits({0}));
    EXPECT_FALSE(cron.has_seconds);
}

TEST(Cron, TakesASixthFieldInFrontAsSeconds) {
    const CronExpression cron = parsed("  15,45\t30 2 *  * *  ");
    EXPECT_TRUE(cron.has_seconds);
    EXPECT_EQ(cron.time.seconds, bits({15, 45}));
    EXPECT_EQ(cron.time.minutes, bits({30}));
}

TEST(Cron, CountsSundayAsZeroAndSeven) {
    for (const char* sunday : {"0", "7", "sun", "SUN", "0,7", "7-7"})
        EXPECT_EQ(parsed("0 0 * * " + std::string(sunday)).days.weekdays, bits({0})) << sunday;
    for (const char* weekend : {"fri-sun", "5-7", "5-0", "fri-7"})
        EXPECT_EQ(parsed("0 0 * * " + std::string(weekend)).days.weekdays, bits({5, 6, 0})) << weekend;
    EXPECT_EQ(parsed("0 0 * * 0-7").days.weekdays, bits({0, 1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(parsed("0 0 * * 1-7/2").days.weekdays, bits({1, 3, 5, 0}));
}

TEST(Cron, JoinsDateAndWeekdayByTheStar) {
    EXPECT_EQ(days_of_august("13 * fri"), bits({13, 7, 14, 21, 28}));  // either
    EXPECT_EQ(days_of_august("*/2 * fri"), bits({7, 21}));             // both: the date starts with a star
    EXPECT_EQ(days_of_august("1-31/2 * fri") & bits({1, 7, 14}), bits({1, 7, 14}));  // either
    EXPECT_EQ(days_of_august("13 * */5"), bits({}));  // both: no Sunday or Friday the 13th
    EXPECT_EQ(days_of_august("? * fri"), bits({7, 14, 21, 28}));
    EXPECT_EQ(days_of_august("13 * ?"), bits({13}));
}

TEST(Cron, FindsTheLastDays) {
    EXPECT_EQ(days_of_august("L * *"), bits({31}));
    EXPECT_EQ(days_of_august("l-3,L * *"), bits({28, 31}));
    EXPECT_EQ(days_of_august("L-30 * *"), bits({1}));
    EXPECT_EQ(days_of_august("LW * *"), bits({31}));
    EXPECT_EQ(parsed("0 0 LW * *").days.in_month(29, 6), bits({28}));  // the 29th is a Saturday
    EXPECT_EQ(days_of_august("* * 5L,sunl"), bits({28, 30}));
}

TEST(Cron, FindsTheNearestWorkdayInTheMonth) {
    EXPECT_EQ(days_of_august("15W * *"), bits({14}));  // a Saturday: the Friday before
    EXPECT_EQ(days_of_august("16w * *"), bits({17}));  // a Sunday: the Monday after
    EXPECT_EQ(days_of_august("1W * *"), bits({3}));    // the first, a Saturday: not in July
    EXPECT_EQ(days_of_august("5W,15W * *"), bits({5, 14}));
    EXPECT_EQ(parsed("0 0 30W * *").days.in_month(30, 6),
              bits({28}));  // the last, a Sunday: not in the next month
    EXPECT_EQ(parsed("0 0 31W * *").days.in_month(30, 6), bits({}));
}

TEST(Cron, FindsTheNthWeekday) {
    EXPECT_EQ(days_of_august("* * fri#2"), bits({14}));
    EXPECT_EQ(days_of_august("* * sat#5,7#1"), bits({29, 2}));
    EXPECT_EQ(days_of_august("* * tue#5"), bits({}));
    EXPECT_EQ(days_of_august("13 * fri#1"), bits({7, 13}));
}

TEST(Cron, KnowsIntervalsByTheirStar) {
    for (const char* interval :
         {"* 2 * * *", "*/20 2 * * *", "0 * * * *", "0 */2 * * *", "*,5 2 * * *", "*/5 0 2 * * *"})
        EXPECT_TRUE(parsed(interval).is_interval) << interval;
    for (const char* fixed :
         {"0 2 * * *", "0-59 2 * * *", "0 0-23 * * *", "5,* 2 * * *", "0 0 2 * * *", "@daily"})
        EXPECT_FALSE(parsed(fixed).is_interval) << fixed;
    EXPECT_TRUE(parsed("@hourly").is_interval);
}

TEST(Cron, FindsTheNextTimeOfTheDay) {
    const TimeOfDay time = parsed("10,50 15,45 8,20 * * *").time;
    EXPECT_EQ(time.first(), 8 * 3600 + 15 * 60 + 10);
    EXPECT_EQ(time.last(), 20 * 3600 + 45 * 60 + 50);
    EXPECT_EQ(time.next(0), time.first());
    EXPECT_EQ(time.next(time.first() + 1), time.first() + 40);
    EXPECT_EQ(time.next(8 * 3600 + 15 * 60 + 51), 8 * 3600 + 45 * 60 + 10);
    EXPECT_EQ(time.next(8 * 3600 + 59 * 60), 20 * 3600 + 15 * 60 + 10);
    EXPECT_EQ(time.next(time.last()), time.last());
    EXPECT_EQ(time.next(time.last() + 1), std::nullopt);
    EXPECT_EQ(parsed("59 59 23 * * *").time.next(86'399), 86'399);
}

TEST(Cron, NamesTheFieldItsValueAndWhatIsAllowed) {
    EXPECT_THAT(error_of("60 * * * *"), AllOf(HasSubstr("minute \"60\""), HasSubstr("0 to 59")));
    EXPECT_THAT(error_of("* 24 * * *"), AllOf(HasSubstr("hour \"24\""), HasSubstr("0 to 23")));
    EXPECT_THAT(error_of("* * 0 * *"), AllOf(HasSubstr("day of month \"0\""), HasSubstr("1 to 31")));
    EXPECT_THAT(error_of("* * * 13 *"), AllOf(HasSubstr("month \"13\""), HasSubstr("jan to dec")));
    EXPECT_THAT(error_of("* * * * 8"),
                AllOf(HasSubstr("day of week \"8\""), HasSubstr("0 to 7 or sun to sat")));
    EXPECT_THAT(error_of("60 * * * * *"), AllOf(HasSubstr("second \"60\""), HasSubstr("0 to 59")));
    EXPECT_THAT(error_of("0 22-2 * * *"), HasSubstr("hour \"22-2\" runs backwards; write 22-23,0-2"));
    EXPECT_THAT(error_of("0 0 * * sat-mon"), HasSubstr("write 6-6,0-1"));
    EXPECT_THAT(error_of("*/0 * * * *"), HasSubstr("allowed is 1 to 60"));
    EXPECT_THAT(error_of("0 */25 * * *"), HasSubstr("allowed is 1 to 24"));
    EXPECT_THAT(error_of("0 0 * * friday"), HasSubstr("\"friday\""));
    EXPECT_THAT(error_of("0 0 * * L"), HasSubstr("such as friL"));
    EXPECT_THAT(error_of("0 0 * * fri#6"), HasSubstr("1 to 5"));
    EXPECT_THAT(error_of("? * * * *"), HasSubstr("day of month and the day of week only"));
    EXPECT_THAT(error_of("@reboot"), HasSubstr("on an event"));
    EXPECT_THAT(error_of("@fortnightly"), HasSubstr("@weekly"));
}

TEST(Cron, RefusesWhatIsNoExpression) {
    for (const char* bad : {"",
                            " ",
                            "*",
                            "* * * *",
                            "* * * * * * *",
                            "1,,2 * * * *",
                            ",1 * * * *",
                            "1, * * * *",
                            "- * * * *",
                            "1- * * * *",
                            "-1 * * * *",
                            "1-2-3 * * * *",
                            "1/ * * * *",
                            "/5 * * * *",
                            "*/-5 * * * *",
                            "*/5/5 * * * *",
                            "** * * * *",
                            "*5 * * * *",
                            "1.5 * * * *",
                            "0x5 * * * *",
                            "99999999999999999999 * * * *",
                            "a * * * *",
                            "* * jan * *",
                            "* * * mon *",
                            "* * * L *",
                            "* * W * *",
                            "* * LL * *",
                            "* * L- * *",
                            "* * L-31 * *",
                            "* * L3 * *",
                            "* * 1-5W * *",
                            "* * 32W * *",
                            "* * L-3W * *",
                            "* * * * 1-5L",
                            "* * * * fri#",
                            "* * * * #2",
                            "* * * * fri#0",
                            "* * * * fri#22",
                            "* * ?/2 * *",
                            "* * *,? * *",
                            "*/99999 * * * *",
                            "@",
                            "@daily @daily",
                            "* * * * *\n",
                            "* * * * *\v",
                            "\xc3\xbc * * * *",
                            "* * * * m\xc3\xb6n",
                            "0 2 * * * /usr/bin/backup"})
        EXPECT_THAT(error_of(bad), testing::Not("it was accepted")) << bad;
    EXPECT_THAT(error_of(std::string_view("* * * *\0*", 9)), HasSubstr("ASCII"));
    EXPECT_THAT(error_of(std::string(300, '*')), HasSubstr("300 bytes"));
    EXPECT_THAT(error_of(std::string(1 << 20, '1')), HasSubstr("more than 256"));
}

TEST(DescribeCron, SaysItInWords) {
    const std::pair<const char*, const char*> cases[] = {
        {"* * * * *", "every minute"},
        {"@hourly", "every hour"},
        {"@daily", "at 00:00"},
        {"*/15 9-17 * * mon-fri", "every 15 minutes from 09:00 to 17:59 on Monday to Friday"},
        {"30 2,14 * * *", "at 02:30 and 14:30"},
        {"5,35 * * * *", "at minutes 5 and 35 of every hour"},
        {"5 */2 * * *",
         "at minute 5 in the hours 00h, 02h, 04h, 06h, 08h, 10h, 12h, 14h, 16h, 18h, 20h and 22h"},
        {"*/10 * * * * *", "every 10 seconds"},
        {"30 0 8 * * *", "at second 30, at 08:00"},
        {"0 0 1,15 1-3 *", "at 00:00 on day 1 and 15 of the month in January to March"},
        {"0 0 L * ?", "at 00:00 on the last day of the month"},
        {"0 0 LW,15W,L-2 * *",
         "at 00:00 on the day 2 days before the last of the month, the working day nearest to day 15 of the "
         "month and the "
         "last working day of the month"},
        {"0 0 * * fri#2,monL", "at 00:00 on the second Friday of the month and the last Monday of the month"},
        {"0 0 13 * fri", "at 00:00 on day 13 of the month and also on Friday"},
        {"0 0 */2 * sat,sun",
         "at 00:00 on day 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29 and 31 of the month if it is "
         "Saturday or "
         "Sunday"},
    };
    for (const auto& [text, words] : cases) EXPECT_EQ(describe_cron(parsed(text)), words) << text;
}

TEST(DescribePeriod, UsesTheUnitsThatFit) {
    EXPECT_EQ(describe_period(1), "second");
    EXPECT_EQ(describe_period(3600), "hour");
    EXPECT_EQ(describe_period(90), "1 minute and 30 seconds");
    EXPECT_EQ(describe_period(2 * 86'400 + 3600), "2 days and 1 hour");
}

}  // namespace
}  // namespace nightshift::jobs
