#include "cli/drills/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "cli/drills/drills.h"

namespace nightshift::cli::drills {
namespace {

using testing::HasSubstr;
using testing::Not;

Report report_of(std::string name, std::initializer_list<bool> checks) {
    Report report;
    report.name = std::move(name);
    for (bool is_good : checks) report.check(is_good, "messages", "1", is_good ? "1" : "7");
    return report;
}

TEST(DrillReport, CountsWhatWasReached) {
    Score score = score_of({report_of("a", {true, true}), report_of("b", {true, false})});
    EXPECT_EQ(score.good, 3u);
    EXPECT_EQ(score.total, 4u);
    EXPECT_FALSE(score.is_full());
    EXPECT_TRUE(score_of({report_of("a", {true, true})}).is_full());
}

TEST(DrillReport, HasNotPassedWithoutAnyCheck) {
    EXPECT_FALSE(report_of("a", {}).has_passed());
    EXPECT_FALSE(score_of({report_of("a", {})}).is_full());
    EXPECT_FALSE(score_of({}).is_full());
}

TEST(DrillReport, HasNotPassedWhereItIsNotPossible) {
    Report report = report_of("a", {true});
    report.not_possible = "no room";
    EXPECT_FALSE(report.has_passed());
    Score score = score_of({report, report_of("b", {true})});
    EXPECT_EQ(score.good, 1u);
    EXPECT_EQ(score.total, 2u);
    EXPECT_THAT(summary_text({report}), HasSubstr("not possible here: no room"));
}

TEST(DrillReport, SaysWhatWasExpectedAndSeenWhereItFailed) {
    std::string text = summary_text({report_of("good", {true}), report_of("bad", {true, false})});
    EXPECT_THAT(text, HasSubstr("Score: 2/3"));
    EXPECT_THAT(text, HasSubstr("bad\n  FAIL  messages: expected 1, seen 7\n"));
    EXPECT_THAT(summary_text({report_of("good", {true})}), Not(HasSubstr("What failed")));
}

TEST(DrillReport, IsJsonForPrograms) {
    std::string text = summary_json({report_of("a", {false})});
    EXPECT_THAT(text, HasSubstr(R"("good":0,"total":1)"));
    EXPECT_THAT(text, HasSubstr(R"("has_passed":false,"not_possible":null)"));
    EXPECT_THAT(text, HasSubstr(R"("told_ms":null)"));
}

TEST(Drills, HaveNamesOfTheirOwn) {
    std::set<std::string_view> names;
    for (const Drill& each : kDrills) EXPECT_TRUE(names.insert(each.name).second) << each.name;
}

}  // namespace
}  // namespace nightshift::cli::drills
