#include "health/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "health/limits.h"

namespace nightshift::health {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

const Time kNow = from_unix_ms(1'795'316'531'000);  // 2026-11-22 03:02:11 UTC

Answer answers(int status, std::string body) {
    Answer answer;
    answer.kind = Answer::Kind::kSpoke;
    answer.status = status;
    answer.body = std::move(body);
    return answer;
}

JsonCondition at(std::string_view path) {
    return JsonCondition{.path = *JsonPath::parse(path)};
}

JsonCondition equals(std::string_view path, std::string value) {
    JsonCondition condition = at(path);
    condition.equals = std::move(value);
    return condition;
}

Outcome outcome_of(const JsonCondition& condition, std::string body) {
    Expectation expected;
    expected.json = {condition};
    return judge(answers(200, std::move(body)), expected, kNow).outcome;
}

TEST(Judge, IsNotFooledByARightStatusWithAWrongAnswer) {
    Expectation expected;
    expected.json = {equals("$.database", R"("up")")};
    Judgement lied = judge(answers(200, R"({"status":"ok","database":"down"})"), expected, kNow);
    EXPECT_EQ(lied.outcome, Outcome::kBad);
    EXPECT_EQ(lied.says,
              R"(answers 200, but $.database is "down", not "up": {"status":"ok","database":"down"})");
    EXPECT_EQ(judge(answers(200, R"({"database":"up"})"), expected, kNow).outcome, Outcome::kGood);
}

TEST(Judge, TakesAnyOf2xxWhenNoStatusIsAskedFor) {
    EXPECT_EQ(judge(answers(204, ""), {}, kNow).outcome, Outcome::kGood);
    Judgement moved = judge(answers(302, "see there"), {}, kNow);
    EXPECT_EQ(moved.outcome, Outcome::kBad);
    EXPECT_EQ(moved.says, "answers 302, not 2xx: see there");
}

TEST(Judge, TakesTheStatusThatIsAskedFor) {
    Expectation expected;
    expected.status = {401, 403};
    EXPECT_EQ(judge(answers(401, ""), expected, kNow).outcome, Outcome::kGood);
    EXPECT_EQ(judge(answers(200, ""), expected, kNow).says, "answers 200, not 401 or 403");
}

TEST(Judge, WantsAllTextsInTheAnswer) {
    Expectation expected;
    expected.contains = {"ready", "workers"};
    EXPECT_EQ(judge(answers(200, "ready: 3 workers"), expected, kNow).says, R"(answers 200 with "ready")");
    Judgement missing = judge(answers(200, "ready"), expected, kNow);
    EXPECT_EQ(missing.outcome, Outcome::kBad);
    EXPECT_EQ(missing.says, R"(answers 200, but without "workers": ready)");
    EXPECT_THAT(judge(answers(200, ""), expected, kNow).says, EndsWith(": nothing"));
}

TEST(Judge, ComparesJsonValues) {
    EXPECT_EQ(outcome_of(equals("$.n", "1"), R"({"n":1.0})"), Outcome::kGood) << "a number is a number";
    EXPECT_EQ(outcome_of(equals("$.n", "1"), R"({"n":"1"})"), Outcome::kBad) << "a text is none";
    EXPECT_EQ(outcome_of(equals("$.a", "[1,2]"), R"({"a":[1,2]})"), Outcome::kGood);
    EXPECT_EQ(outcome_of(equals("$.ok", "true"), R"({"ok":false})"), Outcome::kBad);
    EXPECT_EQ(outcome_of(equals("$.gone", "null"), "{}"), Outcome::kBad) << "what is not there is not null";
    EXPECT_EQ(outcome_of(equals("$[*].up", "true"), R"([{"up":true},{"up":false}])"), Outcome::kBad) << "all";
    EXPECT_EQ(outcome_of(equals("$[*].up", "true"), "[]"), Outcome::kBad) << "none is not all";
    EXPECT_EQ(outcome_of(equals("$.a", "1"), "<html>log in</html>"), Outcome::kBad);
}

TEST(Judge, ComparesNumbersAndLengths) {
    JsonCondition some = at("$.data.length()");
    some.min = 1;
    EXPECT_EQ(outcome_of(some, R"({"data":[1]})"), Outcome::kGood);
    EXPECT_EQ(outcome_of(some, R"({"data":[]})"), Outcome::kBad);
    JsonCondition few = at("$.queue");
    few.max = 100;
    EXPECT_EQ(outcome_of(few, R"({"queue":100})"), Outcome::kGood);
    EXPECT_EQ(outcome_of(few, R"({"queue":101})"), Outcome::kBad);
    EXPECT_EQ(outcome_of(few, R"({"queue":"3"})"), Outcome::kBad);
}

TEST(Judge, WantsATimeThatIsNotTooLongAgo) {
    JsonCondition young = at("$.at");
    young.age_max = seconds(600);
    EXPECT_EQ(outcome_of(young, R"({"at":"2026-11-22T02:52:11Z"})"), Outcome::kGood);
    EXPECT_EQ(outcome_of(young, R"({"at":"2026-11-22T02:52:10Z"})"), Outcome::kBad);
    EXPECT_EQ(outcome_of(young, R"({"at":1795316531})"), Outcome::kGood);
    EXPECT_EQ(outcome_of(young, R"({"at":"lately"})"), Outcome::kBad);
    Expectation expected;
    expected.json = {young};
    EXPECT_THAT(judge(answers(200, R"({"at":1795313000})"), expected, kNow).says,
                HasSubstr("$.at is 3531 s old, more than 600 s"));
}

TEST(Judge, CallsSilenceBadAndOurOwnFaultUnknown) {
    Answer silent;
    silent.kind = Answer::Kind::kSilent;
    silent.why = "cannot connect";
    EXPECT_EQ(judge(silent, {}, kNow).outcome, Outcome::kBad);
    Answer not_asked;
    not_asked.why = "there is no such program";
    EXPECT_EQ(judge(not_asked, {}, kNow).outcome, Outcome::kUnknown);
    EXPECT_EQ(judge(not_asked, {}, kNow).says, "there is no such program");
}

TEST(Judge, ShowsNoSecretAndNoMoreThanALine) {
    Expectation expected;
    expected.contains = {"fine"};
    std::string key =
        "sk-" + std::string("ant-api03-R2D2c3poLeia9Han8Luke7Yoda6Chewie5Lando4Boba3Jabba2Wedge1Obi");
    std::string says = judge(answers(200, "key\n" + key), expected, kNow).says;
    EXPECT_THAT(says, Not(HasSubstr("R2D2")));
    EXPECT_THAT(says, HasSubstr("key [redacted"));
    std::string cut_inside = std::string(kQuotedBytesMax - 20, 'x') + " " + key;
    EXPECT_THAT(judge(answers(200, cut_inside), expected, kNow).says, Not(HasSubstr("sk-ant")));
    EXPECT_LE(quote(std::string(5'000, 'x')).size(), kQuotedBytesMax + 3);
    EXPECT_LE(judge(answers(200, std::string(5'000, 'x')), expected, kNow).says.size(), kSaysBytesMax);
}

TEST(Describe, ShowsNoQueryOfAUrl) {
    HttpQuestion http;
    http.url = "https://api.example/health?key=hunter2";
    EXPECT_EQ(describe(Question(http)), "GET https://api.example/health?…");
    EXPECT_EQ(describe(Question(TcpQuestion{"db", 5432})), "connect to db:5432");
    EXPECT_EQ(describe(Question(CommandQuestion{.argv = {"pg_isready", "-q"}})), "pg_isready -q");
}

TEST(Describe, SaysWhatIsExpected) {
    Expectation expected;
    EXPECT_EQ(describe(expected), "2xx");
    JsonCondition some = at("$.n");
    some.min = 1;
    expected = {{200, 204}, {"ok"}, {equals("$.a", "1"), some}};
    EXPECT_EQ(describe(expected), R"(200 or 204, with "ok", $.a is 1, $.n from 1)");
}

TEST(Weakness, IsToProveOnlyThatSomethingAnswers) {
    HttpQuestion http;
    EXPECT_EQ(weakness(http), "proves only that something answers");
    http.expect.status = {200};
    EXPECT_EQ(weakness(http), "proves only that something answers") << "a status proves no more";
    http.expect.contains = {"ok"};
    EXPECT_EQ(weakness(http), "");
    EXPECT_EQ(weakness(TcpQuestion{}), "proves only that something listens");
    EXPECT_EQ(weakness(CommandQuestion{}), "");
}

}  // namespace
}  // namespace nightshift::health
