#include "recorder/event_json.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <limits>

#include "recorder/event_fixture.h"

namespace nightshift::recorder {
namespace {

TEST(EventJson, LeavesOutWhatIsEmptyOrZero) {
    Event event;
    event.id = "a";
    event.time_us = 5;
    event.tenant = "default";
    std::string out;
    append_event_json(out, event);
    EXPECT_EQ(
        out,
        R"({"id":"a","time_us":5,"kind":"log","status":"unset","name":"","tenant":"default","source":"","attributes":{}})");
}

TEST(EventJson, WritesMoneyInDollarsAndKeepsAttributes) {
    EventBatch batch;
    Event event = testing::model_call(batch, 2, 1'790'000'000'000'000);
    event.cost_nano_usd = 1'500'000'000;
    event.attributes = "{\"a\":\n1}";
    std::string out;
    append_event_json(out, event);
    EXPECT_NE(out.find(R"("cost_usd":1.5,)"), out.npos);
    EXPECT_NE(out.find(R"("attributes":{"a": 1}})"), out.npos);
    EXPECT_EQ(out.find('\n'), out.npos);
}

TEST(EventJson, IsValidForAnyEvent) {
    EventBatch batch;
    Random random(9);
    simdjson::dom::parser parser;
    for (int i = 0; i < 300; ++i) {
        std::string out;
        append_event_json(out, testing::hostile_event(batch, random));
        EXPECT_EQ(parser.parse(out).error(), simdjson::SUCCESS) << out.substr(0, 200);
    }
}

TEST(EventCsv, QuotesAndDisarmsFormulas) {
    Event event;
    event.id = "x";
    event.name = "=cmd()";
    event.agent = "a \"b\", c";
    std::string out;
    append_event_csv(out, event);
    EXPECT_NE(out.find("\"'=cmd()\""), out.npos);
    EXPECT_NE(out.find("\"a \"\"b\"\", c\""), out.npos);
    std::string_view header = event_csv_header();
    EXPECT_EQ(std::count(header.begin(), header.end(), ','), 30);
}

TEST(ValueJson, WritesEachKindAndNullForTheRest) {
    std::string out;
    for (const Value& value : {Value(), Value(int64_t{-3}), Value(0.5), Value(std::string("q\"")),
                               Value(std::numeric_limits<double>::infinity())}) {
        append_value_json(out, value);
        out += ' ';
    }
    EXPECT_EQ(out, "null -3 0.5 \"q\\\"\" null ");
}

}  // namespace
}  // namespace nightshift::recorder
