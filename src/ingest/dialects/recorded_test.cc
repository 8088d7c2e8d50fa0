#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/mapping_for_test.h"

// What real agents sent (tests/data/ingest), counted once although they say it up to three times.
namespace nightshift::ingest {
namespace {

using otlp::Signal;
using recorder::CostSource;
using recorder::Event;
using recorder::Kind;
using recorder::Status;
using testing::HasSubstr;
using testing::Not;

TEST(ClaudeCode, CountsItsTokensOnceOverThreeSignals) {
    MappingForTest mapping;
    mapping.json(Signal::kLogs, test_data("claude_code_logs.json"));
    mapping.json(Signal::kTraces, test_data("claude_code_traces.json"));
    mapping.json(Signal::kMetrics, test_data("claude_code_metrics.json"));
    Totals totals = mapping.totals();
    EXPECT_EQ(totals.model_calls, 2u);
    EXPECT_EQ(totals.input, 2u * (1200 + 9000 + 300));  // its input_tokens leave the caches out
    EXPECT_EQ(totals.output, 84u);
    EXPECT_EQ(totals.cache_read, 18000u);
    EXPECT_EQ(totals.cache_write, 600u);
    EXPECT_NEAR(totals.cost_usd, 2 * 0.008055, 1e-8);
    EXPECT_EQ(totals.tool_calls, 1u);
    EXPECT_EQ(totals.turns, 1u);
    EXPECT_EQ(totals.approvals, 1u);
    EXPECT_EQ(totals.errors, 0u);
}

TEST(ClaudeCode, FillsTheColumnsOfAModelCall) {
    MappingForTest mapping;
    mapping.json(Signal::kLogs, test_data("claude_code_logs.json"));
    Event call = mapping.all(Kind::kModelCall).at(0);
    EXPECT_EQ(call.source, "otlp/claude-code");
    EXPECT_EQ(call.agent, "a-1");
    EXPECT_EQ(call.session, "f79dbcd7-7525-4485-b9ca-741a608cc092");
    EXPECT_EQ(call.turn, "eb5dd93f3d403c9631b7f4aa921cc21e");
    EXPECT_EQ(call.provider, "anthropic");
    EXPECT_EQ(call.model, "claude-sonnet-4-5");
    EXPECT_EQ(call.status, Status::kOk);
    EXPECT_EQ(call.duration_us, 386'000);
    EXPECT_EQ(call.ttft_us, 167'000);
    EXPECT_EQ(call.time_us, 1'795'314'631'066'000 - 386'000);
    EXPECT_EQ(call.sequence, 6u);
    EXPECT_EQ(call.cost_source, CostSource::kReported);
    EXPECT_THAT(std::string(call.attributes), HasSubstr(R"("request_id":"req_2")"));
}

TEST(ClaudeCode, ShowsToolCallsAndWaitingForAPerson) {
    MappingForTest mapping;
    mapping.json(Signal::kLogs, test_data("claude_code_logs.json"));
    mapping.json(Signal::kTraces, test_data("claude_code_traces.json"));
    Event call = mapping.all(Kind::kToolCall).at(0);
    EXPECT_EQ(call.name, "Bash");
    EXPECT_EQ(call.signature.size(), 16u);
    EXPECT_EQ(call.result_signature.size(), 16u);
    EXPECT_THAT(std::string(call.attributes), HasSubstr(R"("call":"Bash {\"command\":\"echo hi\")"));
    EXPECT_THAT(std::string(call.attributes), Not(HasSubstr("tool_input\"")));
    Event wait = mapping.all(Kind::kApproval).at(0);
    EXPECT_EQ(wait.duration_us, 70'000);
    EXPECT_EQ(wait.status, Status::kOk);
    EXPECT_EQ(wait.turn, call.turn);
}

TEST(Codex, CountsItsTokensOnceAndAgreesWithItsTurn) {
    MappingForTest mapping;
    mapping.json(Signal::kLogs, test_data("codex_logs.json"));
    const uint64_t filtered_logs = mapping.counts.filtered;
    mapping.json(Signal::kTraces, test_data("codex_traces.json"));
    Totals totals = mapping.totals();
    EXPECT_EQ(totals.model_calls, 2u);
    EXPECT_EQ(totals.input, 2000u);  // codex.turn.token_usage.* of its session_task.turn
    EXPECT_EQ(totals.cache_read, 1200u);
    EXPECT_EQ(totals.output, 100u);
    EXPECT_EQ(totals.reasoning, 40u);
    EXPECT_EQ(totals.tool_calls, 1u);
    EXPECT_EQ(totals.turns, 1u);
    EXPECT_EQ(filtered_logs, 6u);
    EXPECT_EQ(mapping.counts.filtered, 40u);
    EXPECT_EQ(mapping.counts.accepted, 7u);
    EXPECT_EQ(mapping.counts.rejected, 0u);
}

TEST(Codex, PricesCallsThatItDoesNotPrice) {
    MappingForTest mapping;
    mapping.json(Signal::kLogs, test_data("codex_logs.json"));
    Event call = mapping.all(Kind::kModelCall).at(0);
    EXPECT_EQ(call.cost_source, CostSource::kPriced);
    // gpt-5: 400 uncached at 1.25, 600 cached at 0.125, 50 out at 10 dollars a million.
    EXPECT_EQ(call.cost_nano_usd, 400 * 1250 + 600 * 125 + 50 * 10000);
    EXPECT_EQ(call.session, "01a20117-d750-7370-bb0e-90540bf69eab");
    EXPECT_EQ(call.agent, "codex_exec");
    Event tool = mapping.all(Kind::kToolCall).at(0);
    EXPECT_EQ(tool.name, "exec_command");
    EXPECT_THAT(std::string(tool.attributes), HasSubstr(R"("call":"exec_command {\"cmd\":\"echo hi\"}")"));
    EXPECT_THAT(std::string(tool.attributes), Not(HasSubstr("Chunk ID")));
}

TEST(OpenClaw, MapsRunsModelCallsAndTools) {
    MappingForTest mapping;
    mapping.protobuf(Signal::kTraces, test_data("openclaw/0097_traces.pb"));
    Totals totals = mapping.totals();
    EXPECT_EQ(totals.turns, 1u);
    EXPECT_EQ(totals.model_calls, 2u);
    EXPECT_EQ(totals.tool_calls, 1u);
    EXPECT_EQ(totals.errors, 0u);
    EXPECT_EQ(totals.input + totals.output, 0u);
    Event call = mapping.all(Kind::kModelCall).at(0);
    EXPECT_EQ(call.model, "fake-ok");
    EXPECT_EQ(call.provider, "fake");
    EXPECT_EQ(call.host, "vm");
    EXPECT_EQ(call.agent, "openclaw-gateway@vm");
    EXPECT_GT(call.ttft_us, 0);
    EXPECT_EQ(mapping.all(Kind::kToolCall).at(0).name, "exec");
}

TEST(OpenClaw, ReportsFailedRunsAsErrors) {
    MappingForTest mapping;
    mapping.protobuf(Signal::kTraces, test_data("openclaw/0156_traces.pb"));
    uint64_t failed = 0;
    for (const Event& turn : mapping.all(Kind::kTurn)) {
        failed += turn.status == Status::kError ? 1u : 0u;
    }
    EXPECT_EQ(mapping.totals().turns, 2u);
    EXPECT_EQ(failed, 0u);
}

TEST(OpenClaw, CountsCumulativeMetricsOnlyWhenTheyGrow) {
    MappingForTest mapping;
    const size_t first = mapping.protobuf(Signal::kMetrics, test_data("openclaw/0088_metrics.pb")).size();
    EXPECT_GT(first, 20u);
    EXPECT_EQ(mapping.protobuf(Signal::kMetrics, test_data("openclaw/0088_metrics.pb")).size(), 0u);
    const size_t later = mapping.protobuf(Signal::kMetrics, test_data("openclaw/0159_metrics.pb")).size();
    EXPECT_GT(later, 0u);
    for (const Event& sample : mapping.all(Kind::kSample)) EXPECT_EQ(sample.input_tokens, 0u);
}

TEST(OpenClaw, KeepsItsLogMessages) {
    MappingForTest mapping;
    const auto& events = mapping.protobuf(Signal::kLogs, test_data("openclaw/0102_logs.pb"));
    ASSERT_FALSE(events.empty());
    EXPECT_EQ(events[0].kind, Kind::kLog);
    uint64_t messages = 0;
    for (const Event& log : events)
        messages += log.attributes.find("\"message\":") == std::string_view::npos ? 0u : 1u;
    EXPECT_GT(messages, events.size() / 2);
}

TEST(VercelAi, CountsARealGenerateTextOnce) {
    MappingForTest mapping;
    mapping.json(Signal::kTraces, test_data("vercel_ai_inner_traces.json"));
    mapping.json(Signal::kTraces, test_data("vercel_ai_outer_traces.json"));
    Totals totals = mapping.totals();
    EXPECT_EQ(totals.model_calls, 1u);
    EXPECT_EQ(totals.turns, 1u);
    EXPECT_EQ(totals.input, 120u);
    EXPECT_EQ(totals.output, 30u);
    Event call = mapping.all(Kind::kModelCall).at(0);
    EXPECT_EQ(call.session, "s-vercel");
    EXPECT_EQ(call.model, "mock-model-id");
    EXPECT_THAT(std::string(call.attributes), Not(HasSubstr("say done")));
}

TEST(Langfuse, CountsARealGenerationLikeItsOwnTotal) {
    MappingForTest mapping;
    mapping.json(Signal::kTraces, test_data("langfuse_traces.json"));
    Event call = mapping.all(Kind::kModelCall).at(0);
    EXPECT_EQ(call.input_tokens + call.output_tokens, 200u);
    EXPECT_EQ(call.cache_read_tokens, 60u);
    EXPECT_EQ(call.cost_nano_usd, 2'000'000);
    EXPECT_EQ(call.session, "s-langfuse");
    EXPECT_THAT(std::string(call.attributes), Not(HasSubstr("hello")));
}

TEST(AgentSpans, AddUpWhenInputLeavesCachesOut) {
    MappingForTest mapping;
    mapping.protobuf(Signal::kTraces, test_data("agent_spans_64.pb"));
    Totals totals = mapping.totals();
    EXPECT_EQ(totals.model_calls, 25u);
    EXPECT_EQ(totals.tool_calls, 39u);
    EXPECT_EQ(totals.input, 300'807u + 2'250'000u + 20'000u);
    EXPECT_EQ(totals.output, 10'807u);
    EXPECT_EQ(totals.cache_read, 2'250'000u);
    EXPECT_EQ(totals.cache_write, 20'000u);
    EXPECT_NEAR(totals.cost_usd, 0.3075, 1e-9);
}

}  // namespace
}  // namespace nightshift::ingest
