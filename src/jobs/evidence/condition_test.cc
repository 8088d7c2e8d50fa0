#include "jobs/evidence/condition.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace nightshift::jobs::evidence {
namespace {

Condition condition(const char* text) {
    boost::json::value value = boost::json::parse(text);
    Keys keys("sql", value, Condition::known_keys());
    Condition parsed = Condition::parse(keys);
    EXPECT_TRUE(keys.check()) << keys.check().error().message;
    return parsed;
}
Outcome judged(const char* rule, const char* value, const std::vector<double>& history = {}) {
    return condition(rule).judge("x", Datum::of(boost::json::parse(value)), history).outcome;
}
Finding judged_at(const char* rule, const char* path, const char* document) {
    auto parsed = JsonPath::parse(path);
    return condition(rule).judge(*parsed, boost::json::parse(document), {});
}

TEST(Condition, HoldsNumbersAgainstBounds) {
    EXPECT_EQ(judged(R"({"min":3,"max":5})", "3"), Outcome::kHolds);
    EXPECT_EQ(judged(R"({"min":3,"max":5})", "5"), Outcome::kHolds);
    EXPECT_EQ(judged(R"({"min":3,"max":5})", "2.999"), Outcome::kFails);
    EXPECT_EQ(judged(R"({"min":3,"max":5})", "6"), Outcome::kFails);
    EXPECT_EQ(judged(R"({"min":3})", "[1,2,3]"), Outcome::kHolds) << "a list counts by its elements";
    EXPECT_EQ(judged(R"({"min":3})", "[]"), Outcome::kFails);
    EXPECT_EQ(judged(R"({"min":3})", "\"12\""), Outcome::kHolds)
        << "APIs and databases answer numbers as text";
    EXPECT_EQ(judged(R"({"min":3})", "\"12 posts\""), Outcome::kFails);
    EXPECT_EQ(judged(R"({"min":0})", "true"), Outcome::kFails);
    EXPECT_EQ(judged(R"({"min":0})", "{}"), Outcome::kFails);
    EXPECT_EQ(judged(R"({"min":0})", "null"), Outcome::kFails);
}

TEST(Condition, ComparesWithoutGuessingMoreThanTextForm) {
    EXPECT_EQ(judged(R"({"equals":"done"})", "\"done\""), Outcome::kHolds);
    EXPECT_EQ(judged(R"({"equals":"done"})", "\"Done\""), Outcome::kFails);
    EXPECT_EQ(judged(R"({"equals":12})", "12.0"), Outcome::kHolds);
    EXPECT_EQ(judged(R"({"equals":12})", "\"12\""), Outcome::kHolds);
    EXPECT_EQ(judged(R"({"equals":2})", "[1,2]"), Outcome::kFails) << "a list is no number";
    EXPECT_EQ(judged(R"({"equals":true})", "true"), Outcome::kHolds);
    EXPECT_EQ(judged(R"({"equals":true})", "\"true\""), Outcome::kHolds);
    EXPECT_EQ(judged(R"({"equals":true})", "false"), Outcome::kFails);
    EXPECT_EQ(judged(R"({"equals":true})", "1"), Outcome::kFails);
    EXPECT_EQ(judged(R"({"equals":null})", "null"), Outcome::kHolds);
    EXPECT_EQ(judged(R"({"equals":null})", "0"), Outcome::kFails);
    EXPECT_EQ(judged(R"({"equals":""})", "\"\""), Outcome::kHolds);
}

TEST(Condition, LooksForPatternsInText) {
    EXPECT_EQ(judged(R"({"matches":"^post-[0-9]+$"})", "\"post-17\""), Outcome::kHolds);
    EXPECT_EQ(judged(R"({"matches":"^post-[0-9]+$"})", "\"post-\""), Outcome::kFails);
    EXPECT_EQ(judged(R"({"not_matches":"429|plan only"})", "\"done\""), Outcome::kHolds);
    EXPECT_EQ(judged(R"({"not_matches":"429|plan only"})", "\"Error 429\""), Outcome::kFails);
    EXPECT_EQ(judged(R"({"matches":"^42"})", "42"), Outcome::kHolds);
}

TEST(Condition, IsNotSatisfiedByNothing) {
    for (const char* blank : {"null", "\"\"", "\"  \\n\""}) {
        EXPECT_EQ(judged("{}", blank), Outcome::kFails) << blank;
        EXPECT_EQ(judged(R"({"not_matches":"error"})", blank), Outcome::kFails) << blank;
    }
    EXPECT_EQ(judged("{}", "false"), Outcome::kHolds) << "false is there";
    EXPECT_EQ(judged_at("{}", "$.a", R"({"b":1})").outcome, Outcome::kFails);
    EXPECT_EQ(judged_at(R"({"not_matches":"x"})", "$.a[*]", R"({"a":[]})").outcome, Outcome::kFails);
}

TEST(Condition, ComparesWithTheJobsOwnHistory) {
    const char* rule = R"({"within":{"factor":2,"least":3}})";
    EXPECT_EQ(judged(rule, "15", {10, 10, 10}), Outcome::kHolds);
    EXPECT_EQ(judged(rule, "21", {10, 10, 10}), Outcome::kFails);
    EXPECT_EQ(judged(rule, "4", {10, 10, 10}), Outcome::kFails);
    EXPECT_EQ(judged(rule, "4", {10, 10}), Outcome::kUnknown) << "nobody knows yet what is usual";
    Finding early = condition(rule).judge("x", Datum::of(4.0), {});
    EXPECT_EQ(early.value, 4) << "or the history would never grow";
    EXPECT_EQ(judged(R"({"min":5,"within":{"least":3}})", "4", {}), Outcome::kFails);
}

TEST(Condition, AsksEachOfSeveralValues) {
    EXPECT_EQ(judged_at(R"({"min":1})", "$[*].votes", R"([{"votes":2},{"votes":1}])").outcome,
              Outcome::kHolds);
    EXPECT_EQ(judged_at(R"({"min":1})", "$[*].votes", R"([{"votes":2},{"votes":0}])").outcome,
              Outcome::kFails);
    Finding length = judged_at(R"({"min":2})", "$.length()", "[1,2]");
    EXPECT_EQ(length.outcome, Outcome::kHolds);
    EXPECT_EQ(length.value, 2);
}

TEST(Condition, RefusesWhatCannotBe) {
    auto refused = [](const char* text) {
        boost::json::value value = boost::json::parse(text);
        Keys keys("sql", value, Condition::known_keys());
        std::ignore = Condition::parse(keys);
        auto good = keys.check();
        return good ? std::string() : good.error().message;
    };
    EXPECT_EQ(refused(R"({"mni":3})"),
              "'mni' is not a key of sql; did you mean 'min'? Allowed: min, max, equals, matches, "
              "not_matches, within");
    EXPECT_EQ(refused(R"({"min":"3"})"), "sql.min is \"3\"; it must be a number");
    EXPECT_NE(refused(R"({"min":5,"max":3})").find("min 5 is above max 3"), std::string::npos);
    EXPECT_NE(refused(R"({"matches":"(a"})").find("missing )"), std::string::npos);
    EXPECT_NE(refused(R"({"equals":[1]})"), "");
    EXPECT_NE(refused("[]"), "");
}

}  // namespace
}  // namespace nightshift::jobs::evidence
