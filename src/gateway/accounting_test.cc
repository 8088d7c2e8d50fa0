#include "gateway/accounting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nightshift::gateway {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

// A stream of 101 tokens: the first after 500 ms, the last after 2.5 s.
AttemptRecord stream_record() {
    AttemptRecord record;
    record.route = "fast";
    record.asked_model = "fast";
    record.provider = "groq";
    record.model = "llama-3.3-70b-versatile";
    record.is_stream = true;
    record.is_committed = true;
    record.usage = {.input = 900, .output = 101};
    record.first_token = milliseconds(500);
    record.took = milliseconds(2'500);
    return record;
}

std::string attributes_of(const AttemptRecord& record) {
    recorder::EventBatch batch;
    Caller caller;
    caller.tenant = "default";
    caller.agent = "molt";
    append_event(batch, caller, record);
    return std::string(batch.events.front().attributes);
}

TEST(Accounting, TellsHowFastTheTokensOfAStreamCame) {
    EXPECT_THAT(attributes_of(stream_record()), HasSubstr(R"("tokens_per_s":50})"));
    AttemptRecord without_content = stream_record();
    without_content.first_token = milliseconds(-1);
    EXPECT_THAT(attributes_of(without_content), Not(HasSubstr("tokens_per_s")));
    AttemptRecord at_once = stream_record();
    at_once.took = at_once.first_token;
    EXPECT_THAT(attributes_of(at_once), Not(HasSubstr("tokens_per_s")));
}

TEST(Accounting, TellsHowFastAWholeAnswerCame) {
    AttemptRecord whole = stream_record();
    whole.is_stream = false;
    whole.first_token = milliseconds(-1);
    EXPECT_THAT(attributes_of(whole), HasSubstr(R"("tokens_per_s":40.4})"));
}

TEST(Accounting, NamesThePricesThatACostIsBy) {
    AttemptRecord record = stream_record();
    record.price_version = "list-2026-11";
    EXPECT_THAT(attributes_of(record), Not(HasSubstr("price_version"))) << "nothing was priced";
    record.is_priced = true;
    EXPECT_THAT(attributes_of(record), HasSubstr(R"("price_version":"list-2026-11")"));
}

TEST(Accounting, SaysWhichCallsWereOurOwn) {
    AttemptRecord record = stream_record();
    EXPECT_THAT(attributes_of(record), Not(HasSubstr("probe")));
    record.is_probe = true;
    EXPECT_THAT(attributes_of(record), HasSubstr(R"("probe":true)"));
}

TEST(Accounting, PricesCachedAndReasoningTokensApart) {
    const PriceSpec price{.input = 3, .output = 15, .cache_read = 0.3, .cache_write = 3.75, .reasoning = 20};
    const Usage usage{.input = 1'000, .output = 100, .cache_read = 400, .cache_write = 100, .reasoning = 40};
    EXPECT_EQ(cost_nano_usd(price, usage), 500 * 3'000 + 400 * 300 + 100 * 3'750 + 60 * 15'000 + 40 * 20'000);
}

}  // namespace
}  // namespace nightshift::gateway
