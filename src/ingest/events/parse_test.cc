#include "ingest/events/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/events/names.h"
#include "ingest/limits.h"

namespace nightshift::ingest::events {
namespace {

using recorder::CostSource;
using recorder::Event;
using recorder::Kind;
using recorder::Status;
using testing::HasSubstr;
using testing::Not;

constexpr int64_t kNow = 1'795'320'000'000'000;

struct Lines {
    explicit Lines(std::string_view body, bool keep_content = false) {
        parsed = parse_lines(body, "acme", from_unix_us(kNow), redactor, keep_content, batch);
    }
    Redactor redactor;
    recorder::EventBatch batch;
    Parsed parsed;
};

TEST(EventLines, ReadEveryMember) {
    Lines lines(
        R"({"id":"e1","time_us":1795314000000001,"duration_us":1500,"ttft_us":20,"kind":"model_call","status":"error","name":"chat","source":"my-sdk","host":"h","simulated":true,"agent":"a","session":"s","parent_session":"p","turn":"t","trace":"5B8EFFF798038103D269B633813FC60C","span":"00000000000000a1","parent_span":"00000000000000a0","provider":"openai","model":"gpt-5","error_type":"rate_limit","input_tokens":10,"cache_read_tokens":4,"cache_write_tokens":1,"output_tokens":5,"reasoning_tokens":2,"cost_usd":0.25,"value":1.5,"sequence":9,"attributes":{"x":[1,{"y":null}]},"extra":"kept"})");
    ASSERT_EQ(lines.parsed.rejected, 0u) << lines.parsed.errors.at(0).message;
    const Event& event = lines.batch.events.at(0);
    EXPECT_EQ(event.tenant, "acme");
    EXPECT_EQ(event.id, "e1");
    EXPECT_EQ(event.time_us, 1'795'314'000'000'001);
    EXPECT_EQ(event.duration_us, 1500);
    EXPECT_EQ(event.ttft_us, 20);
    EXPECT_EQ(event.kind, Kind::kModelCall);
    EXPECT_EQ(event.status, Status::kError);
    EXPECT_EQ(event.source, "my-sdk");
    EXPECT_TRUE(event.simulated);
    EXPECT_EQ(event.trace, "5b8efff798038103d269b633813fc60c");
    EXPECT_EQ(event.input_tokens, 10u);
    EXPECT_EQ(event.reasoning_tokens, 2u);
    EXPECT_EQ(event.cost_nano_usd, 250'000'000);
    EXPECT_EQ(event.cost_source, CostSource::kReported);
    EXPECT_EQ(event.value, 1.5);
    EXPECT_EQ(event.sequence, 9u);
    EXPECT_EQ(event.attributes, R"({"x":[1,{"y":null}],"extra":"kept"})");
}

TEST(EventLines, DefaultToNowAndLog) {
    Lines lines("{\"name\":\"x\"}\n\n  \n{\"time\":\"2026-11-22T02:20:00.5Z\"}\r\n");
    ASSERT_EQ(lines.batch.events.size(), 2u);
    EXPECT_EQ(lines.batch.events[0].time_us, kNow);
    EXPECT_EQ(lines.batch.events[0].kind, Kind::kLog);
    EXPECT_EQ(lines.batch.events[0].source, "api");
    EXPECT_EQ(lines.batch.events[1].time_us, 1'795'314'000'500'000);
}

TEST(EventLines, ReportEachBadLineAndKeepTheRest) {
    Lines lines(
        "{\"name\":\"ok\"}\nnot "
        "json\n{\"kind\":\"nonsense\"}\n{\"input_tokens\":-1}\n{\"trace\":\"xyz\"}\n[1]\n{\"name\":5}\n{"
        "\"cost_usd\":-2}\n{\"duration_us\":1e300}\n{\"name\":\"ok2\"}");
    EXPECT_EQ(lines.batch.events.size(), 2u);
    EXPECT_EQ(lines.parsed.rejected, 8u);
    ASSERT_EQ(lines.parsed.errors.size(), 8u);
    EXPECT_EQ(lines.parsed.errors[0].line, 2u);
    EXPECT_THAT(lines.parsed.errors[1].message, HasSubstr("\"nonsense\" is no kind"));
    EXPECT_THAT(lines.parsed.errors[2].message, HasSubstr("input_tokens"));
    EXPECT_EQ(lines.parsed.errors[7].line, 9u);
}

TEST(EventLines, LimitSizeDepthAndTheListOfErrors) {
    Lines large("{\"name\":\"" + std::string(limits::kLineBytesMax, 'x') + "\"}");
    EXPECT_EQ(large.parsed.rejected, 1u);
    Lines deep("{\"attributes\":{\"a\":" + std::string(100, '[') + std::string(100, ']') + "}}");
    EXPECT_EQ(deep.parsed.rejected, 1u);
    std::string many;
    for (size_t i = 0; i < limits::kLineErrorsMax + 50; ++i) many += "x\n";
    Lines errors(many);
    EXPECT_EQ(errors.parsed.rejected, limits::kLineErrorsMax + 50);
    EXPECT_EQ(errors.parsed.errors.size(), limits::kLineErrorsMax);
}

TEST(EventLines, ClampClocksAndRedact) {
    Lines lines(
        "{\"time_us\":5,\"name\":\"x\"}\n"
        R"({"kind":"tool_call","status":"ok","name":"Bash","arguments":{"command":"export API_KEY=abcdefgh1234"},"attributes":{"password":"hunter2"},"content":{"output":"private"}})");
    ASSERT_EQ(lines.batch.events.size(), 2u);
    EXPECT_EQ(lines.batch.events[0].time_us, kNow);
    EXPECT_THAT(std::string(lines.batch.events[0].attributes), HasSubstr("\"clock\":\"clamped\""));
    const Event& call = lines.batch.events[1];
    EXPECT_EQ(call.signature.size(), 16u);
    EXPECT_EQ(call.result_signature.size(), 16u);
    EXPECT_THAT(std::string(call.attributes), HasSubstr("\"call\":\"Bash {"));
    EXPECT_THAT(std::string(call.attributes), Not(HasSubstr("abcdefgh1234")));
    EXPECT_THAT(std::string(call.attributes), Not(HasSubstr("hunter2")));
    EXPECT_EQ(call.content, "");
    Lines kept(R"({"content":{"output":"private"}})", true);
    EXPECT_EQ(kept.batch.events.at(0).content, R"({"output":"private"})");
}

TEST(ParseTime, KnowsZonesAndRefusesNonsense) {
    EXPECT_EQ(parse_time("1970-01-01T00:00:00Z"), 0);
    EXPECT_EQ(parse_time("1970-01-01T01:00:00.000001+01:00"), 1);
    EXPECT_EQ(parse_time("2026-11-22T02:31:09.397Z"), 1'795'314'669'397'000);
    for (const char* text :
         {"", "2026-11-22", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-22T25:00:00Z",
          "2026-11-22T02:31:09", "2026-11-22T02:31:09+9:00", "2026-11-22x02:31:09Z"}) {
        EXPECT_FALSE(parse_time(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace nightshift::ingest::events
