#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/client.h"
#include "cli/demo_roles.h"
#include "cli/table.h"

namespace nightshift::cli {
namespace {

TEST(Table, AlignsByCharactersNotBytes) {
    Table table({"NAME", "X"});
    table.add({"grüße", "1"});
    table.add({"a", "2"});
    EXPECT_EQ(table.text(), "NAME   X\ngrüße  1\na      2\n");
}

TEST(Age, ChoosesTheUnitAPersonWouldUse) {
    int64_t now = 1'795'000'000'000;
    EXPECT_EQ(age(now - 3'900, now), "3 s");
    EXPECT_EQ(age(now - 300'000, now), "5 min");
    EXPECT_EQ(age(now - 7'200'000, now), "2 h");
    EXPECT_EQ(age(now - 4 * 86'400'000ll, now), "4 d");
    EXPECT_EQ(age(0, now), "-");
    EXPECT_EQ(age(now + 5'000, now), "0 s");
}

TEST(ShortCount, KeepsThreeOrFourDigits) {
    EXPECT_EQ(short_count(950), "950");
    EXPECT_EQ(short_count(12'345), "12.3k");
    EXPECT_EQ(short_count(4'500'000), "4.5M");
    EXPECT_EQ(dollars(0.0042), "$0.0042");
    EXPECT_EQ(dollars(12.5), "$12.50");
}

TEST(Report, GivesEachKindOfErrorItsExitCode) {
    EXPECT_EQ(report({Code::kUnauthorized, "x"}), kAuth);
    EXPECT_EQ(report({Code::kForbidden, "x"}), kAuth);
    EXPECT_EQ(report({Code::kUnavailable, "x"}), kUnreachable);
    EXPECT_EQ(report({Code::kInvalid, "x"}), kUsage);
    EXPECT_EQ(report({Code::kNotFound, "x"}), kBad);
}

TEST(Call, SaysUnavailableWhenNobodyListens) {
    Connection connection;
    connection.url = "http://127.0.0.1:1";
    auto answer = call(connection, net::Method::kGet, "/healthz");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Code::kUnavailable);
}

TEST(Demo, HasAgentsThatLoopErrAndGoSilent) {
    for (std::string_view wanted : {"looper", "stumbler", "silent"}) {
        bool found = false;
        for (const DemoRole& role : kDemoRoles) found |= role.name == wanted;
        EXPECT_TRUE(found) << wanted;
    }
}

}  // namespace
}  // namespace nightshift::cli
