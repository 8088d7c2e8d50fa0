#include "delivery/exchange.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "delivery/json_answer.h"

namespace nightshift::delivery {
namespace {

const Time kNow = from_unix_ms(1'790'000'000'000);  // Mon, 21 Sep 2026 14:13:20 GMT

TEST(RetryAfter, ReadsSecondsFractionsAndDates) {
    EXPECT_EQ(parse_retry_after("120", kNow), seconds(120));
    EXPECT_EQ(parse_retry_after(" 0.25 ", kNow), milliseconds(250));
    EXPECT_EQ(parse_retry_after("Mon, 21 Sep 2026 14:13:50 GMT", kNow), seconds(30));
    EXPECT_EQ(parse_retry_after("Mon, 21 Sep 2020 14:13:50 GMT", kNow), seconds(0));
    EXPECT_EQ(parse_retry_after("1e300", kNow), std::chrono::hours(30 * 24));
}

TEST(RetryAfter, IgnoresNonsense) {
    for (const char* text : {"", "-5", "nan", "soon", "Mon, 21 Foo 2026 14:13:50 GMT"}) {
        EXPECT_FALSE(parse_retry_after(text, kNow)) << text;
    }
}

TEST(JudgeStatus, TellsClassesApart) {
    auto kind_of = [](int status) {
        net::ClientResponse answer;
        answer.status = status;
        return judge_status(answer, kNow).value().kind;
    };
    for (int status : {400, 401, 403, 404, 410, 413, 422, 301, 307}) {
        EXPECT_EQ(kind_of(status), Outcome::Kind::kPermanent) << status;
    }
    for (int status : {500, 503, 507, 521, 408, 425})
        EXPECT_EQ(kind_of(status), Outcome::Kind::kTransient) << status;
    for (int status : {502, 504, 520, 524}) EXPECT_EQ(kind_of(status), Outcome::Kind::kAmbiguous) << status;
    EXPECT_EQ(kind_of(429), Outcome::Kind::kRateLimited);
    net::ClientResponse fine;
    fine.status = 202;
    EXPECT_FALSE(judge_status(fine, kNow));
}

TEST(Concealer, TakesOutSecretsAndPaths) {
    Concealer concealer;
    concealer.add(Secret("hunter2hunter2"));
    concealer.add_target(Secret("https://hooks.example.org/T1/B2/xyz"));
    EXPECT_EQ(concealer.conceal("POST https://hooks.example.org/T1/B2/xyz with hunter2hunter2 failed"),
              "POST [secret] with [secret] failed");
    EXPECT_EQ(concealer.conceal("no route /T1/B2/xyz"), "no route [secret]");
}

TEST(TextAt, FollowsPaths) {
    auto root = parse_answer(R"({"a":{"b":[{"id":"x"},{"id":7}]},"t":true})");
    ASSERT_TRUE(root);
    EXPECT_EQ(text_at(*root, "a.b.0.id"), "x");
    EXPECT_EQ(text_at(*root, "$.a.b.1.id"), "7");
    EXPECT_EQ(text_at(*root, "a.b.2.id"), "");
    EXPECT_EQ(text_at(*root, "t"), "");
    EXPECT_EQ(text_at(*root, "a.b"), "");
    EXPECT_EQ(text_at(*root, ""), "");
    EXPECT_EQ(text_at(*root, "a..b"), "");
    EXPECT_FALSE(parse_answer("{"));
    EXPECT_FALSE(parse_answer(std::string(1000, '[')));
}

}  // namespace
}  // namespace nightshift::delivery
