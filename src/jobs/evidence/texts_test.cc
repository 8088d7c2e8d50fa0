// The small readers: variables, times, SQL parameters, hollow texts, errors in answers.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "jobs/evidence/api_error.h"
#include "jobs/evidence/hollow.h"
#include "jobs/evidence/keys.h"
#include "jobs/evidence/path_pattern.h"
#include "jobs/evidence/sql_text.h"
#include "jobs/evidence/time_text.h"
#include "jobs/evidence/variables.h"

namespace nightshift::jobs::evidence {
namespace {

TEST(Variables, ReplacesNamesAndHidesTheirValues) {
    Variables variables([](const std::string& name) -> std::optional<std::string> {
        if (name == "TOKEN") return "s3cr3t-value";
        if (name == "HOST") return "db";
        return std::nullopt;
    });
    EXPECT_EQ(variables.expand("Bearer ${TOKEN}!").value_or(""), "Bearer s3cr3t-value!");
    EXPECT_EQ(variables.expand("$TOKEN costs $5").value_or(""), "$TOKEN costs $5");
    EXPECT_EQ(variables.expand("${HOST}").value_or(""), "db");
    auto missing = variables.expand("${NOPE}");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().message, "the environment has no NOPE");
    EXPECT_EQ(variables.hide("you sent s3cr3t-value to db"), "you sent ${TOKEN} to db");
    EXPECT_FALSE(check_variables("${a b}"));
    EXPECT_FALSE(check_variables("${open"));
    EXPECT_FALSE(check_variables("${}"));
}

TEST(TimeText, IsWrittenInUtc) {
    constexpr int64_t kAt = 1'795'316'531'000;  // 2026-11-22 03:02:11 UTC
    EXPECT_EQ(time_text(from_unix_ms(kAt)), "2026-11-22 03:02:11Z");
    EXPECT_EQ(rfc3339_text(from_unix_us(kAt * 1000 + 42)), "2026-11-22T03:02:11.000042Z");
}

TEST(Duration, IsReadAndWrittenWithUnits) {
    EXPECT_EQ(parse_duration("1h30m"), milliseconds(5'400'000));
    EXPECT_EQ(parse_duration("0.5s"), milliseconds(500));
    EXPECT_EQ(duration_text(milliseconds(5'400'250)), "1h30m250ms");
    for (std::string_view bad : {"", "5", "s", "-5s", "5 s", "5x", "999999999d", "1e5s"})
        EXPECT_FALSE(parse_duration(bad)) << bad;
}

TEST(PathPattern, FollowsTheNominalTime) {
    auto pattern = PathPattern::parse("%Y/%j/a-%m%d-%H%M%S-100%%.md", "");
    ASSERT_TRUE(pattern);
    EXPECT_EQ(pattern->at(from_unix_ms(1'795'316'531'000)), "2026/326/a-1122-030211-100%.md");
    EXPECT_EQ(PathPattern::parse("a-%d", "")->at_any_time(), "a-[0-9][0-9]");
    EXPECT_EQ(PathPattern::parse("%d %H", "Europe/Berlin")->at(from_unix_ms(1'795'316'531'000)), "22 04");
}

TEST(SqlText, NumbersParameters) {
    auto numbered = [](std::string_view query, char mark) {
        auto text = number_parameters(query, mark);
        return text ? text->text : "refused: " + text.error().message;
    };
    EXPECT_EQ(
        numbered("select count(*) from posts where at > :started and at <= :ended_ms or at = :started", '$'),
        "select count(*) from posts where at > $1 and at <= $2 or at = $1");
    EXPECT_EQ(numbered("select ':started', \":ended\", x::text -- :nominal\n from t /* :x */ ;", '?'),
              "select ':started', \":ended\", x::text -- :nominal\n from t /* :x */ ");
    EXPECT_EQ(numbered("select 'it''s :started', :started", '?'), "select 'it''s :started', ?1");
    EXPECT_EQ(numbered("select $q$ :started $q$, E'\\' :ended', :ended", '$'),
              "select $q$ :started $q$, E'\\' :ended', $1");
    EXPECT_EQ(number_parameters("select :ended_s", '?')->parameters,
              (std::vector<SqlParameter>{{SqlParameter::Moment::kEnded, SqlParameter::Form::kSeconds}}));
}

TEST(SqlText, RefusesWhatIsNoSingleQuestion) {
    auto refused = [](std::string_view query) {
        auto text = number_parameters(query, '?');
        return text ? std::string() : text.error().message;
    };
    EXPECT_NE(refused("select :startd").find("did you mean :started?"), std::string::npos);
    EXPECT_NE(refused("select 1; drop table posts"), "");
    EXPECT_NE(refused("delete from posts"), "");
    EXPECT_NE(refused("attach 'x' as y"), "");
    EXPECT_NE(refused(""), "");
    EXPECT_EQ(refused("  WITH a AS (SELECT 1) SELECT * FROM a;  "), "");
    EXPECT_EQ(refused("select ';'"), "");
}

TEST(Hollow, KnowsWhatIsNoResult) {
    for (std::string_view text :
         {"", "  \n",
          "TO"
          "DO",
          "[placeholder]", "Lorem ipsum dolor sit amet", "n/a", "null", "[object Object]",
          "No reply from agent.", "Plan only: 1. read the feed 2. post it",
          "I will now read the feed and post it.", "Sure! Let me start by reading the feed.",
          "Error 429: Too Many Requests", "rate limit exceeded, try later", "{\"type\":\"overloaded_error\"}",
          "I'm sorry, but I cannot access the feed.", "Insert your summary here"}) {
        EXPECT_TRUE(hollow_reason(text)) << text;
    }
}

TEST(Hollow, LeavesResultsAlone) {
    for (std::string_view text :
         {"Posted 3 summaries to m/agents, newest id 8831.", "ok", "done", "42", "{\"items\":3}",
          "Let me know what you think of post 8831: https://example.com/p/8831",
          "Deployed. The rate limit was raised to 100 per minute.",
          "Voted on two comments, nothing to add."}) {
        EXPECT_FALSE(hollow_reason(text)) << text << ": " << hollow_reason(text).value_or("");
    }
    std::string report = "I will be thorough. " + std::string(kHollowBytesMax, 'x');
    EXPECT_FALSE(hollow_reason(report)) << "long texts are not judged";
}

TEST(ApiError, SeesErrorsInGoodAnswers) {
    auto said = [](const char* body, const char* path = "") {
        return error_in(boost::json::parse(body), path).value_or("");
    };
    EXPECT_EQ(said(R"({"error":"not found"})"), "error: \"not found\"");
    EXPECT_EQ(said(R"({"ok":false,"description":"x"})"), "ok: false");
    EXPECT_NE(said(R"({"errors":[{"message":"x"}],"data":null})"), "");
    EXPECT_NE(said(R"({"success":false})"), "");
    for (const char* good : {R"({"error":null})", R"({"errors":[]})", R"({"ok":true})", R"({"error":""})",
                             R"({"error":0})", R"([{"error":"x"}])", R"({"a":{"error":"x"}})"}) {
        EXPECT_EQ(said(good), "") << good;
    }
    EXPECT_EQ(said(R"({"errors":[1]})", "$.errors.length()"), "") << "that was the question";
    EXPECT_EQ(said(R"({"ok":false})", "$['ok']"), "");
    EXPECT_NE(said(R"({"error":"x"})", "$.errors"), "");
}

}  // namespace
}  // namespace nightshift::jobs::evidence
