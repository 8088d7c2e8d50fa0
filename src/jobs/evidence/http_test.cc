#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/evidence/bench_for_test.h"
#include "jobs/evidence/text_file.h"
#include "net/server_for_test.h"

namespace nightshift::jobs::evidence {
namespace {

using testing::Bench;
using ::testing::HasSubstr;
using ::testing::Not;

// An API that answers what the test says.
class Http : public ::testing::Test {
protected:
    void SetUp() override {
        handler_.answer = [this](net::Request request) { return answer_with(std::move(request)); };
        server_.emplace(handler_);
    }
    Task<net::Response> answer_with(net::Request request) {
        asked_ = std::move(request);
        co_return answer_;
    }
    void answers(int status, std::string body, std::string last_modified = "") {
        answer_ = net::Response::json(status, std::move(body));
        if (!last_modified.empty()) answer_.headers.set("Last-Modified", last_modified);
    }
    Observation collect(const std::string& conditions) {
        return bench_.collect(R"({"http":{"url":")" + server_->url("/v1/posts/8831") + "\"," + conditions +
                              "}}");
    }

    Bench bench_;
    net::FunctionHandler handler_;
    net::Response answer_;
    net::Request asked_;
    std::optional<net::ServerForTest> server_;
};

TEST_F(Http, ReadsTheWorkBack) {
    answers(200, R"({"status":"done","items":[1,2,3]})");
    Observation seen = collect(R"("path":"$.status","equals":"done")");
    EXPECT_EQ(seen.outcome, Outcome::kHolds) << seen.observed;
    EXPECT_EQ(seen.observer, "127.0.0.1");
    EXPECT_FALSE(seen.is_claimants_word);
    EXPECT_EQ(asked_.target, "/v1/posts/8831");
    Observation few = collect(R"("path":"$.items","min":4)");
    EXPECT_EQ(few.outcome, Outcome::kFails);
    EXPECT_EQ(few.value, 3);
    EXPECT_EQ(collect(R"("path":"$.gone")").outcome, Outcome::kFails);
    EXPECT_EQ(collect(R"("matches":"\"done\"")").outcome, Outcome::kHolds);
    EXPECT_EQ(collect(R"("not_matches":"done")").outcome, Outcome::kFails);
}

TEST_F(Http, KnowsNothingWhenTheEndpointIsGone) {
    answers(404, R"({"status":"done"})");
    Observation seen = collect(R"("path":"$.status","equals":"done")");
    EXPECT_EQ(seen.outcome, Outcome::kUnknown);
    EXPECT_THAT(seen.observed, HasSubstr("answers 404, which says nothing about the work"));
    EXPECT_EQ(collect(R"("status":200)").outcome, Outcome::kFails) << "here the status is the question";
    EXPECT_EQ(collect(R"("status":200,"path":"$.status","equals":"done")").outcome, Outcome::kFails);
    EXPECT_EQ(collect(R"("status":[404,410])").outcome, Outcome::kHolds);
}

TEST_F(Http, KnowsNothingWhenTheServerRefusesToSay) {
    for (int status : {401, 403, 429, 502, 503, 504}) {
        answers(status, "{}");
        EXPECT_EQ(collect(R"("status":200)").outcome, Outcome::kUnknown) << status;
        EXPECT_EQ(collect(R"("path":"$.a")").outcome, Outcome::kUnknown) << status;
        EXPECT_EQ(collect(R"("status":)" + std::to_string(status)).outcome, Outcome::kHolds) << status;
    }
    answers(500, "{}");
    EXPECT_EQ(collect(R"("status":200)").outcome, Outcome::kFails);
    EXPECT_EQ(collect(R"("path":"$.a")").outcome, Outcome::kUnknown);
    answers(302, "");
    EXPECT_EQ(collect(R"("path":"$.a")").outcome, Outcome::kUnknown);
}

TEST_F(Http, KnowsNothingWhenNobodyAnswers) {
    std::string url = server_->url("/");
    server_->server().stop();
    server_.reset();
    Observation seen = bench_.collect(R"({"http":{"url":")" + url + R"(","status":200}})");
    EXPECT_EQ(seen.outcome, Outcome::kUnknown);
    EXPECT_THAT(seen.observed, HasSubstr("no answer"));
}

TEST_F(Http, IsNotFooledByAGoodStatusWithAnErrorInside) {
    answers(200, R"({"ok":false,"error":"rate limited"})");
    EXPECT_EQ(collect(R"("status":200)").outcome, Outcome::kUnknown);
    EXPECT_EQ(collect(R"("path":"$.message_id")").outcome, Outcome::kUnknown);
    answers(200, R"({"ok":false})");
    EXPECT_EQ(collect(R"("path":"$.ok","equals":true)").outcome, Outcome::kFails)
        << "this asks for that member";
    answers(200, "<html>please log in</html>");
    EXPECT_EQ(collect(R"("path":"$.status","equals":"done")").outcome, Outcome::kUnknown);
    answers(200, "");
    EXPECT_EQ(collect(R"("not_matches":"error")").outcome, Outcome::kFails) << "an empty body is nothing";
}

TEST_F(Http, ComparesTimesWithTheStart) {
    answers(200, R"({"at":"2026-11-22T02:59:59Z","ms":1795316460000})", "Sun, 22 Nov 2026 03:00:00 GMT");
    EXPECT_EQ(collect(R"("newer_than_start":true)").outcome, Outcome::kHolds) << "in the second of the start";
    EXPECT_EQ(collect(R"("newer_than_start":"$.ms")").outcome, Outcome::kHolds);
    EXPECT_EQ(collect(R"("newer_than_start":"$.at")").outcome, Outcome::kFails);
    EXPECT_EQ(collect(R"("newer_than_start":"$.gone")").outcome, Outcome::kFails);
    answers(200, "{}", "Sun, 22 Nov 2026 02:59:59 GMT");
    EXPECT_EQ(collect(R"("newer_than_start":true)").outcome, Outcome::kFails);
    answers(200, "{}");
    EXPECT_EQ(collect(R"("newer_than_start":true)").outcome, Outcome::kUnknown);
}

TEST_F(Http, ComparesTheBodysHash) {
    answers(200, "abc");
    EXPECT_EQ(collect(R"("body_sha256":")" + sha256_of("abc") + "\"").outcome, Outcome::kHolds);
    EXPECT_EQ(collect(R"("body_sha256":")" + sha256_of("abd") + "\"").outcome, Outcome::kFails);
}

TEST_F(Http, SendsSecretsAndNeverShowsThem) {
    bench_.variables["API_TOKEN"] = "hunter2-token";
    answers(200, R"({"echo":"Bearer hunter2-token"})");
    std::string conditions =
        R"("method":"POST","body":"{\"q\":1}","headers":{"Authorization":"Bearer ${API_TOKEN}"},)";
    Observation seen = collect(conditions + R"("path":"$.echo","equals":"x")");
    EXPECT_EQ(asked_.headers.get("Authorization"), "Bearer hunter2-token");
    EXPECT_EQ(asked_.body, R"({"q":1})");
    EXPECT_EQ(seen.outcome, Outcome::kFails);
    EXPECT_THAT(seen.observed, Not(HasSubstr("hunter2")));
    auto refused = bench_.collect(R"({"http":{"url":"http://127.0.0.1:1/?key=${API_TOKEN}","status":200}})");
    EXPECT_THAT(refused.observed, Not(HasSubstr("hunter2")));
    bench_.variables.clear();
    Observation unset = collect(conditions + R"("path":"$.echo")");
    EXPECT_EQ(unset.outcome, Outcome::kUnknown);
    EXPECT_THAT(unset.observed, HasSubstr("API_TOKEN"));
}

// A listener that never answers.
TEST_F(Http, GivesUpOnAServerThatHangs) {
    int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(::listen(listener, 4), 0);
    ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
    std::string url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
    Observation seen = bench_.collect(R"({"http":{"url":")" + url + R"(","status":200,"timeout":"50ms"}})");
    EXPECT_EQ(seen.outcome, Outcome::kUnknown);
    EXPECT_THAT(seen.observed, HasSubstr("did not answer within 50 ms"));
    ::close(listener);
}

TEST_F(Http, RefusesWhatCannotBeAsked) {
    auto refused = [](const std::string& rest) { return Bench::error_of(R"({"http":{)" + rest + "}}"); };
    EXPECT_THAT(refused(R"("url":"http://a/")"), HasSubstr("needs a condition"));
    EXPECT_THAT(refused(R"("status":200)"), HasSubstr("needs the key 'url'"));
    EXPECT_THAT(refused(R"("url":"ftp://a/","status":200)"), HasSubstr("http.url"));
    EXPECT_THAT(refused(R"("url":"http://a/","method":"DELETE","status":200)"),
                HasSubstr("evidence only reads"));
    EXPECT_THAT(refused(R"("url":"http://a/","stats":200)"), HasSubstr("did you mean 'status'?"));
    EXPECT_THAT(refused(R"("url":"http://a/","min":3)"), HasSubstr("needs the key 'path'"));
    EXPECT_THAT(refused(R"("url":"http://a/${","status":200)"), HasSubstr("${NAME}"));
    EXPECT_THAT(refused(R"("url":"http://a/","status":99)"), HasSubstr("from 100 to 599"));
    EXPECT_EQ(refused(R"("url":"${BASE}/x","status":200)"), "");
}

}  // namespace
}  // namespace nightshift::jobs::evidence
