#include "jobs/job_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/test_jobs.h"

namespace nightshift::jobs {
namespace {

using ::testing::HasSubstr;
using testing::job;

std::string problems_of(std::string_view definition) {
    std::string why;
    EXPECT_EQ(job(definition, &why), nullptr) << definition;
    return why;
}

TEST(JobJson, ReadsWhatAUserWrites) {
    std::string why;
    auto read = job(R"({"name":"molt-morning","schedule":{"cron":"0 7 * * *","zone":"Europe/Berlin"},
        "command":["./molt.sh"],"folder":"/srv","timeout":"30m","retries":{"max":2,"backoff":"10s"},
        "overlap":"queue","catch_up":{"policy":"all","max_lateness":"6h"},
        "expect":[{"name":"posted","any_of":[{"file":{"path":"/srv/out"}},{"exit_code":0}],"wait":"5m"}],
        "deliver":{"channel":"telegram"},"silent_when":"NO_REPLY"})",
                    &why);
    ASSERT_NE(read, nullptr) << why;
    EXPECT_EQ(read->timeout, std::chrono::minutes(30));
    EXPECT_EQ(read->retries.max, 2u);
    EXPECT_EQ(read->overlap, Overlap::kQueue);
    EXPECT_EQ(read->catch_up, CatchUp::kAll);
    EXPECT_EQ(read->expectations.at(0).any_of.size(), 2u);
    EXPECT_EQ(read->expectations.at(0).within, std::chrono::minutes(5));
    EXPECT_EQ(std::get<Command>(read->action).argv, std::vector<std::string>{"./molt.sh"});
}

TEST(JobJson, RefusesWhatCouldNeverRun) {
    EXPECT_THAT(problems_of(R"({"name":"j","http":{"url":"ftp//x"}})"), HasSubstr("url"));
    EXPECT_THAT(problems_of(R"({"name":"j","http":{"url":"http://h/","method":"TAKE"}})"),
                HasSubstr("method"));
    EXPECT_NE(job(R"({"name":"j","http":{"url":"${BASE}/x"}})"), nullptr);
    EXPECT_THAT(problems_of(R"({"name":"j","command":"true","schedule":{"on_event":"status is bad"}})"),
                HasSubstr("on_event"));
    EXPECT_THAT(problems_of(R"({"name":"j","watch":{},"schedule":{"on_event":"status = error"}})"),
                HasSubstr("runs elsewhere"));
    EXPECT_THAT(problems_of(R"({"name":"j","command":"true","schedule":{"cron":"* * * * *","window":"5m"}})"),
                HasSubstr("window"));
}

TEST(JobJson, ExpectsReceiptOfWhatItDelivers) {
    auto read = job(R"({"name":"j","command":"true","deliver":{"channel":"telegram"}})");
    ASSERT_EQ(read->expectations.size(), 1u);
    EXPECT_EQ(read->expectations[0].impact, Impact::kDegraded);
    EXPECT_EQ(read->expectations[0].any_of.at(0)->kind(), "delivery");
}

TEST(JobJson, NamesWhatIsWrong) {
    EXPECT_THAT(problems_of(R"({"name":"a b","command":"x"})"), HasSubstr("letters, digits"));
    EXPECT_THAT(problems_of(R"({"name":"j"})"), HasSubstr("exactly one of"));
    EXPECT_THAT(problems_of(R"({"name":"j","command":"x","http":{"url":"http://h"}})"),
                HasSubstr("exactly one of"));
    EXPECT_THAT(problems_of(R"({"name":"j","command":"x","tiemout":"5s"})"),
                HasSubstr("did you mean timeout"));
    EXPECT_THAT(problems_of(R"({"name":"j","command":"x","timeout":5})"), HasSubstr("a duration like"));
    EXPECT_THAT(problems_of(R"({"name":"j","command":"x","schedule":{"cron":"0 0 30 2 *"}})"),
                HasSubstr("schedule"));
    EXPECT_THAT(
        problems_of(R"({"name":"j","command":"x","schedule":{"cron":"0 0 * * *","zone":"Mars/Base"}})"),
        HasSubstr("Mars/Base"));
    EXPECT_THAT(problems_of(R"({"name":"j","command":"x","expect":[{"name":"n"}]})"),
                HasSubstr("names no evidence"));
    EXPECT_THAT(problems_of(R"({"name":"j","command":"x","silent_when":"(["})"), HasSubstr("silent_when"));
}

TEST(JobJson, NeverCrashesOnWrongTypes) {
    for (const char* value : {"null", "1", "[]", "{}", "true", "\"x\"", "[1]", "{\"a\":{}}"}) {
        for (const char* key : {"name", "schedule", "command", "http", "expect", "deliver", "retries",
                                "catch_up", "watch", "environment", "limits", "concurrency", "overlap"}) {
            std::string definition = fmt::format(R"({{"name":"j","command":"x","{}":{}}})", key, value);
            if (std::string_view(key) == "name" || std::string_view(key) == "command")
                definition = fmt::format(R"({{"{}":{}}})", key, value);
            job(definition);
        }
    }
}

}  // namespace
}  // namespace nightshift::jobs
