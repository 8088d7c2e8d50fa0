#include "gateway/error_table.h"

#include <gtest/gtest.h>

namespace nightshift::gateway {
namespace {

struct Row {
    ErrorClass error_class;
    bool retries;
    bool next_key;
    Fallback fallback;
    bool counts;
    Cooldown cooldown;
    int status;
};

class ErrorTable : public testing::TestWithParam<Row> {};

TEST_P(ErrorTable, RulesBeforeTheCommit) {
    const Row& row = GetParam();
    const Ruling ruling = rule(row.error_class, Phase::kBeforeCommit);
    EXPECT_EQ(ruling.retries_same, row.retries);
    EXPECT_EQ(ruling.tries_next_key, row.next_key);
    EXPECT_EQ(ruling.fallback, row.fallback);
    EXPECT_EQ(ruling.counts_for_breaker, row.counts);
    EXPECT_EQ(ruling.cooldown, row.cooldown);
    EXPECT_EQ(ruling.client_status, row.status);
}

TEST_P(ErrorTable, TriesNothingAgainAfterTheCommit) {
    const Row& row = GetParam();
    const Ruling ruling = rule(row.error_class, Phase::kAfterCommit);
    EXPECT_FALSE(ruling.retries_same);
    EXPECT_FALSE(ruling.tries_next_key);
    EXPECT_EQ(ruling.fallback, Fallback::kNo);
    EXPECT_EQ(ruling.counts_for_breaker, row.counts);
    EXPECT_EQ(ruling.cooldown, row.cooldown);
}

constexpr auto kNo = Fallback::kNo;
constexpr auto kYes = Fallback::kYes;
using enum ErrorClass;

INSTANTIATE_TEST_SUITE_P(Classes, ErrorTable,
                         testing::Values(  // retries, next key, fallback, counts, cooldown, status
                             Row{kCallerError, false, false, kNo, false, Cooldown::kNone, 0},
                             Row{kModelMissing, false, false, kYes, false, Cooldown::kNone, 502},
                             Row{kContextTooLong, false, false, Fallback::kLargerWindow, false,
                                 Cooldown::kNone, 400},
                             Row{kContentPolicy, false, false, Fallback::kOptIn, false, Cooldown::kNone, 0},
                             Row{kCredential, false, true, kYes, false, Cooldown::kKey, 502},
                             Row{kRateLimit, false, true, kYes, false, Cooldown::kRetryAfter, 429},
                             Row{kOverloaded, false, false, kYes, false, Cooldown::kRetryAfter, 503},
                             Row{kQuotaExhausted, false, true, kYes, false, Cooldown::kQuota, 429},
                             Row{kTransient, true, false, kYes, true, Cooldown::kNone, 502},
                             Row{kConnectTimeout, false, false, kYes, true, Cooldown::kNone, 504},
                             Row{kFirstTokenTimeout, false, false, kYes, true, Cooldown::kNone, 504},
                             Row{kIdleTimeout, false, false, kYes, true, Cooldown::kNone, 504},
                             Row{kTotalTimeout, false, false, kYes, true, Cooldown::kNone, 504},
                             Row{kBadAnswer, false, false, kYes, true, Cooldown::kNone, 502},
                             Row{kStreamBroken, false, false, kYes, true, Cooldown::kNone, 502},
                             Row{kClientGone, false, false, kNo, false, Cooldown::kNone, 499},
                             Row{kOwnLimit, false, false, kNo, false, Cooldown::kNone, 429}),
                         [](const auto& info) { return std::string(to_string(info.param.error_class)); });

}  // namespace
}  // namespace nightshift::gateway
