#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/mapping_for_test.h"

// Vendors and conventions by their documented shapes: one model call, its parents that repeat the sum, one
// tool call.
namespace nightshift::ingest {
namespace {

using otlp::Signal;
using recorder::CostSource;
using recorder::Event;
using recorder::Kind;
using recorder::Status;
using testing::HasSubstr;
using testing::Not;

TEST(OtelGenAi, CountsTheChatSpanAndNotTheAgentAroundIt) {
    MappingForTest mapping;
    const ShortAttributes usage = {{"gen_ai.usage.input_tokens", "1000"},
                                   {"gen_ai.usage.output_tokens", "50"},
                                   {"gen_ai.usage.cache_read.input_tokens", "600"},
                                   {"gen_ai.usage.reasoning.output_tokens", "20"}};
    ShortRecord chat = {"chat gpt-5", usage};
    chat.parent = "00000000000000a0";
    for (auto& [key, value] : ShortAttributes{{"gen_ai.operation.name", "\"chat\""},
                                              {"gen_ai.provider.name", "\"openai\""},
                                              {"gen_ai.request.model", "\"gpt-5\""},
                                              {"gen_ai.conversation.id", "\"c-1\""},
                                              {"gen_ai.agent.name", "\"planner\""},
                                              {"gen_ai.response.time_to_first_chunk", "0.25"}}) {
        chat.attributes.emplace_back(key, value);
    }
    ShortRecord agent = {"invoke_agent planner", usage};
    agent.span = "00000000000000a0";
    agent.attributes.emplace_back("gen_ai.operation.name", "\"invoke_agent\"");
    mapping.json(Signal::kTraces, span_request({chat, agent}));
    Totals totals = mapping.totals();
    EXPECT_EQ(totals.input, 1000u);
    EXPECT_EQ(totals.output, 50u);
    EXPECT_EQ(totals.cache_read, 600u);
    EXPECT_EQ(totals.reasoning, 20u);
    EXPECT_EQ(totals.turns, 1u);
    Event call = mapping.all(Kind::kModelCall).at(0);
    EXPECT_EQ(call.source, "otlp/otel-genai");
    EXPECT_EQ(call.agent, "planner");
    EXPECT_EQ(call.session, "c-1");
    EXPECT_EQ(call.ttft_us, 250'000);
    EXPECT_EQ(call.duration_us, 1'500'000);
    EXPECT_EQ(call.cost_source, CostSource::kPriced);
    EXPECT_THAT(std::string(call.attributes), Not(HasSubstr("gen_ai.usage")));
}

TEST(OtelGenAi, ReadsTheNamesUpTo136) {
    MappingForTest mapping;
    mapping.json(Signal::kTraces, span_request({{"chat gpt-4o",
                                                 {{"gen_ai.system", "\"openai\""},
                                                  {"gen_ai.request.model", "\"gpt-4o\""},
                                                  {"gen_ai.usage.prompt_tokens", "10"},
                                                  {"gen_ai.usage.completion_tokens", "4"}}}}));
    Event call = mapping.all(Kind::kModelCall).at(0);
    EXPECT_EQ(call.input_tokens, 10u);
    EXPECT_EQ(call.output_tokens, 4u);
    EXPECT_EQ(call.provider, "openai");
    EXPECT_EQ(call.session, "5b8efff798038103d269b633813fc60c");  // no conversation: the trace groups
}

TEST(OtelGenAi, MapsMetricsToSamplesWithoutTokens) {
    MappingForTest mapping;
    const std::string body =
        R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"gen_ai.client.inference.tokens","unit":"{token}","sum":{"aggregationTemporality":1,"isMonotonic":true,"dataPoints":[{"timeUnixNano":"1795314000000000000","asInt":"7","attributes":[{"key":"gen_ai.token.type","value":{"stringValue":"input"}}]}]}}]}]}]})";
    const auto& events = mapping.json(Signal::kMetrics, body);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].kind, Kind::kSample);
    EXPECT_EQ(events[0].value, 7);
    EXPECT_EQ(events[0].input_tokens, 0u);
    EXPECT_THAT(std::string(events[0].attributes), HasSubstr(R"("gen_ai.token.type":"input")"));
}

TEST(OtelGenAi, MergesAnMcpCallWithTheToolCallAroundIt) {
    MappingForTest mapping;
    ShortRecord outer = {"execute_tool search",
                         {{"gen_ai.operation.name", "\"execute_tool\""}, {"gen_ai.tool.name", "\"search\""}}};
    ShortRecord inner = {"tools/call search",
                         {{"mcp.method.name", "\"tools/call\""}, {"gen_ai.tool.name", "\"search\""}}};
    inner.span = "00000000000000a2";
    inner.parent = outer.span;
    inner.kind = 3;
    ShortRecord alone = inner;
    alone.span = "00000000000000a3";
    alone.parent = "00000000000000ff";
    mapping.json(Signal::kTraces, span_request({inner, outer, alone}));
    EXPECT_EQ(mapping.totals().tool_calls, 2u);
    EXPECT_EQ(mapping.all(Kind::kWorkflow).at(0).span, "00000000000000a2");
}

TEST(OtelGenAi, KeepsArgumentsOutOfAttributesButShowsTheCall) {
    MappingForTest mapping;
    ShortRecord tool = {"execute_tool Bash",
                        {{"gen_ai.operation.name", "\"execute_tool\""},
                         {"gen_ai.tool.name", "\"Bash\""},
                         {"gen_ai.tool.call.arguments",
                          R"("{\"command\":\"curl -H 'Authorization: Bearer abcdef123456'\"}")"},
                         {"gen_ai.tool.call.result", "\"a private answer\""}}};
    Event plain = mapping.json(Signal::kTraces, span_request({tool})).at(0);
    EXPECT_THAT(std::string(plain.attributes), HasSubstr("\"call\":\"Bash {"));
    EXPECT_THAT(std::string(plain.attributes), HasSubstr("[redacted:"));
    EXPECT_THAT(std::string(plain.attributes), Not(HasSubstr("abcdef123456")));
    EXPECT_THAT(std::string(plain.attributes), Not(HasSubstr("private answer")));
    EXPECT_EQ(plain.content, "");
    mapping.keep_content = true;
    Event kept = mapping.json(Signal::kTraces, span_request({tool})).at(0);
    EXPECT_THAT(std::string(kept.content), HasSubstr("a private answer"));
    EXPECT_THAT(std::string(kept.content), Not(HasSubstr("abcdef123456")));
    EXPECT_EQ(kept.signature, plain.signature);
}

TEST(OpenInference, CountsLlmSpansOnly) {
    MappingForTest mapping;
    ShortRecord llm = {"ChatCompletion",
                       {{"openinference.span.kind", "\"LLM\""},
                        {"llm.model_name", "\"gpt-4o-mini\""},
                        {"llm.provider", "\"openai\""},
                        {"llm.token_count.prompt", "100"},
                        {"llm.token_count.completion", "30"},
                        {"llm.token_count.prompt_details.cache_read", "40"},
                        {"llm.token_count.completion_details.reasoning", "10"},
                        {"llm.cost.total", "0.002"},
                        {"llm.input_messages.0.message.content", "\"hello\""},
                        {"session.id", "\"s-1\""}}};
    ShortRecord chain = {"chain",
                         {{"openinference.span.kind", "\"CHAIN\""}, {"llm.token_count.prompt", "100"}}};
    ShortRecord tool = {
        "run",
        {{"openinference.span.kind", "\"TOOL\""}, {"tool.name", "\"search\""}, {"input.value", "\"{}\""}}};
    mapping.json(Signal::kTraces, span_request({llm, chain, tool}));
    Totals totals = mapping.totals();
    EXPECT_EQ(totals.input, 100u);
    EXPECT_EQ(totals.output, 30u);
    EXPECT_EQ(totals.cache_read, 40u);
    EXPECT_EQ(totals.reasoning, 10u);
    EXPECT_NEAR(totals.cost_usd, 0.002, 1e-9);
    EXPECT_EQ(totals.tool_calls, 1u);
    Event call = mapping.all(Kind::kModelCall).at(0);
    EXPECT_EQ(call.session, "s-1");
    EXPECT_THAT(std::string(call.attributes), Not(HasSubstr("hello")));
    EXPECT_EQ(mapping.all(Kind::kToolCall).at(0).name, "search");
}

TEST(OpenLlmetry, ReadsWorkflowsAgentsToolsAndLegacyCalls) {
    MappingForTest mapping;
    ShortRecord llm = {"openai.chat",
                       {{"traceloop.workflow.name", "\"w\""},
                        {"traceloop.span.kind", "\"task\""},
                        {"llm.request.type", "\"chat\""},
                        {"gen_ai.system", "\"OpenAI\""},
                        {"gen_ai.request.model", "\"gpt-4o\""},
                        {"gen_ai.usage.prompt_tokens", "12"},
                        {"gen_ai.usage.completion_tokens", "5"},
                        {"gen_ai.usage.cache_read_input_tokens", "3"},
                        {"llm.usage.total_tokens", "17"},
                        {"gen_ai.prompt.0.content", "\"hello\""},
                        {"traceloop.association.properties.session_id", "\"s-2\""}}};
    ShortRecord agent = {"planner.agent",
                         {{"traceloop.span.kind", "\"agent\""}, {"traceloop.entity.name", "\"planner\""}}};
    ShortRecord tool = {"search.tool",
                        {{"traceloop.span.kind", "\"tool\""},
                         {"traceloop.entity.name", "\"search\""},
                         {"traceloop.entity.input", R"("{\"q\":1}")"}}};
    mapping.json(Signal::kTraces, span_request({llm, agent, tool}));
    Totals totals = mapping.totals();
    EXPECT_EQ(totals.model_calls, 1u);
    EXPECT_EQ(totals.input, 12u);
    EXPECT_EQ(totals.output, 5u);
    EXPECT_EQ(totals.cache_read, 3u);
    EXPECT_EQ(totals.turns, 1u);
    EXPECT_EQ(mapping.all(Kind::kToolCall).at(0).name, "search");
    Event call = mapping.all(Kind::kModelCall).at(0);
    EXPECT_EQ(call.source, "otlp/openllmetry");
    EXPECT_EQ(call.session, "s-2");
    EXPECT_THAT(std::string(call.attributes), Not(HasSubstr("hello")));
}

TEST(VercelAi, CountsInnerCallsAndNotTheirSum) {
    MappingForTest mapping;
    const ShortAttributes usage = {
        {"ai.usage.inputTokens", "100"},      {"ai.usage.outputTokens", "20"},
        {"ai.usage.cachedInputTokens", "30"}, {"ai.usage.reasoningTokens", "5"},
        {"ai.model.id", "\"gpt-4.1\""},       {"ai.model.provider", "\"openai.responses\""}};
    ShortRecord inner = {"ai.generateText.doGenerate", usage};
    inner.attributes.emplace_back("ai.operationId", "\"ai.generateText.doGenerate\"");
    inner.attributes.emplace_back("gen_ai.usage.input_tokens", "100");
    inner.attributes.emplace_back("gen_ai.system", "\"openai.responses\"");
    inner.attributes.emplace_back("ai.telemetry.metadata.sessionId", "\"s-3\"");
    ShortRecord outer = {"ai.generateText", usage};
    outer.attributes.emplace_back("ai.operationId", "\"ai.generateText\"");
    ShortRecord tool = {"ai.toolCall",
                        {{"ai.operationId", "\"ai.toolCall\""},
                         {"ai.toolCall.name", "\"weather\""},
                         {"ai.toolCall.args", R"("{\"city\":\"x\"}")"}}};
    mapping.json(Signal::kTraces, span_request({inner, outer, tool}));
    Totals totals = mapping.totals();
    EXPECT_EQ(totals.model_calls, 1u);
    EXPECT_EQ(totals.input, 100u);
    EXPECT_EQ(totals.output, 20u);
    EXPECT_EQ(totals.cache_read, 30u);
    EXPECT_EQ(totals.reasoning, 5u);
    EXPECT_EQ(totals.turns, 1u);
    EXPECT_EQ(mapping.all(Kind::kToolCall).at(0).name, "weather");
    EXPECT_EQ(mapping.all(Kind::kModelCall).at(0).session, "s-3");
}

TEST(Langfuse, ReadsItsOwnUsageAndCost) {
    MappingForTest mapping;
    ShortRecord generation = {
        "answer",
        {{"langfuse.observation.type", "\"generation\""},
         {"langfuse.observation.model.name", "\"claude-sonnet-4-5\""},
         {"langfuse.observation.usage_details",
          R"("{\"input\":100,\"output\":40,\"input_cached_tokens\":60,\"output_reasoning_tokens\":10,\"total\":210}")"},
         {"langfuse.observation.cost_details", R"("{\"input\":0.001,\"output\":0.002}")"},
         {"langfuse.observation.input", "\"secret prompt\""},
         {"session.id", "\"s-4\""}}};
    mapping.json(Signal::kTraces, span_request({generation}));
    Event call = mapping.all(Kind::kModelCall).at(0);
    EXPECT_EQ(call.source, "otlp/langfuse");
    EXPECT_EQ(call.input_tokens, 160u);
    EXPECT_EQ(call.output_tokens, 50u);
    EXPECT_EQ(call.input_tokens + call.output_tokens, 210u);  // its own total
    EXPECT_EQ(call.cost_nano_usd, 3'000'000);
    EXPECT_EQ(call.cost_source, CostSource::kReported);
    EXPECT_THAT(std::string(call.attributes), Not(HasSubstr("secret prompt")));
}

TEST(Langfuse, ReadsOpenAiUsageWithItsDetailsInside) {
    MappingForTest mapping;
    ShortRecord generation = {
        "answer",
        {{"langfuse.observation.type", "\"generation\""},
         {"langfuse.observation.usage_details",
          R"("{\"prompt_tokens\":100,\"completion_tokens\":40,\"prompt_tokens_details\":{\"cached_tokens\":60},\"completion_tokens_details\":{\"reasoning_tokens\":10}}")"}}};
    Event call = mapping.json(Signal::kTraces, span_request({generation})).at(0);
    EXPECT_EQ(call.input_tokens, 100u);
    EXPECT_EQ(call.cache_read_tokens, 60u);
    EXPECT_EQ(call.output_tokens, 40u);
    EXPECT_EQ(call.reasoning_tokens, 10u);
}

TEST(Langfuse, DecidesInItsDocumentedOrder) {
    MappingForTest mapping;
    const ShortRecord both = {"x",
                              {{"langfuse.observation.type", "\"tool\""},
                               {"openinference.span.kind", "\"LLM\""},
                               {"gen_ai.operation.name", "\"chat\""}}};
    const ShortRecord second = {
        "x", {{"openinference.span.kind", "\"TOOL\""}, {"gen_ai.operation.name", "\"chat\""}}};
    EXPECT_EQ(mapping.json(Signal::kTraces, span_request({both})).at(0).kind, Kind::kToolCall);
    EXPECT_EQ(mapping.json(Signal::kTraces, span_request({second})).at(0).kind, Kind::kToolCall);
}

TEST(GeminiCli, CountsThoughtsAndToolPrompts) {
    MappingForTest mapping;
    const ShortAttributes resource = {{"service.name", "\"gemini-cli\""}};
    ShortRecord response = {"",
                            {{"event.name", "\"gemini_cli.api_response\""},
                             {"session.id", "\"s-5\""},
                             {"model", "\"gemini-2.5-pro\""},
                             {"duration_ms", "1200"},
                             {"input_token_count", "1000"},
                             {"output_token_count", "100"},
                             {"cached_content_token_count", "400"},
                             {"thoughts_token_count", "30"},
                             {"tool_token_count", "7"},
                             {"total_token_count", "1137"},
                             {"response_text", "\"the answer\""},
                             {"prompt_id", "\"p-1\""}},
                            "gemini-cli",
                            resource};
    ShortRecord details = response;
    details.attributes[0].second = "\"gen_ai.client.inference.operation.details\"";
    details.attributes.emplace_back("gen_ai.usage.input_tokens", "1000");
    ShortRecord tool = {"",
                        {{"event.name", "\"gemini_cli.tool_call\""},
                         {"function_name", "\"read_file\""},
                         {"function_args", R"("{\"path\":\"a\"}")"},
                         {"success", "false"},
                         {"duration_ms", "3"}},
                        "gemini-cli",
                        resource};
    mapping.json(Signal::kLogs, log_request(response, "API response"));
    mapping.json(Signal::kLogs, log_request(details));
    mapping.json(Signal::kLogs, log_request(tool));
    Totals totals = mapping.totals();
    EXPECT_EQ(totals.model_calls, 1u);
    EXPECT_EQ(totals.input + totals.output, 1137u);  // its own total
    EXPECT_EQ(totals.cache_read, 400u);
    EXPECT_EQ(totals.reasoning, 30u);
    EXPECT_EQ(totals.tool_calls, 1u);
    EXPECT_EQ(totals.errors, 1u);
    Event call = mapping.all(Kind::kModelCall).at(0);
    EXPECT_EQ(call.turn, "p-1");
    EXPECT_EQ(call.duration_us, 1'200'000);
    EXPECT_THAT(std::string(call.attributes), Not(HasSubstr("the answer")));
}

TEST(OpenClawMetrics, CountEachKindOfTokenOnce) {
    auto body = [](int seconds, int input) {
        std::string points;
        for (auto [token, count] : {std::pair{"input", input},
                                    {"output", 20},
                                    {"cache_read", 300},
                                    {"prompt", 400},
                                    {"total", 420}}) {
            if (!points.empty()) points += ',';
            points += R"({"startTimeUnixNano":"1795313000000000000","timeUnixNano":")" +
                      std::to_string(1795314000 + seconds) + R"(000000000","asDouble":)" +
                      std::to_string(count) +
                      R"(.0,"attributes":[{"key":"openclaw.token","value":{"stringValue":")" + token +
                      R"("}},{"key":"openclaw.agent","value":{"stringValue":"main"}}]})";
        }
        return R"({"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"openclaw-gateway"}}]},"scopeMetrics":[{"scope":{"name":"openclaw"},"metrics":[{"name":"openclaw.tokens","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[)" +
               points + "]}}]}]}]}";
    };
    MappingForTest mapping;
    mapping.json(Signal::kMetrics, body(0, 100));
    mapping.json(Signal::kMetrics, body(10, 150));
    mapping.json(Signal::kMetrics, body(10, 150));
    EXPECT_EQ(mapping.totals().input, 150u + 300u);
    EXPECT_EQ(mapping.totals().output, 20u);
    EXPECT_EQ(mapping.totals().cache_read, 300u);
    EXPECT_EQ(mapping.all(Kind::kSample).at(0).agent, "main");
    mapping.count_openclaw_tokens = false;
    mapping.json(Signal::kMetrics, body(20, 1000));
    EXPECT_EQ(mapping.totals().input, 450u);
}

TEST(Generic, TakesAnythingElseAsAWorkflowStep) {
    MappingForTest mapping;
    Event span =
        mapping.json(Signal::kTraces, span_request({{"GET /", {{"http.status_code", "200"}}}})).at(0);
    EXPECT_EQ(span.kind, Kind::kWorkflow);
    EXPECT_EQ(span.source, "otlp/generic");
    EXPECT_EQ(span.agent, "");
    ShortRecord log = {"", {{"http.status_code", "200"}}};
    EXPECT_EQ(mapping.json(Signal::kLogs, log_request(log, "it happened again")).at(0).kind, Kind::kLog);
}

}  // namespace
}  // namespace nightshift::ingest
