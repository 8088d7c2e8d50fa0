#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "gateway/dialects/dialect.h"

namespace nightshift::gateway {
namespace {

namespace json = boost::json;

RequestFacts facts_of(Dialect dialect, std::string_view body) {
    const Result<RequestFacts> facts = read_request(dialect, body);
    EXPECT_TRUE(facts) << (facts ? "" : facts.error().message) << " in " << body;
    return facts.value_or(RequestFacts{});
}

std::string spliced(std::string_view body, UpstreamRequest to = {}) {
    const RequestFacts facts = facts_of(Dialect::kChat, body);
    if (to.model.empty()) to.model = "m2";
    const Result<std::string> out = prepare_request(facts, body, to);
    EXPECT_TRUE(out);
    return out.value_or("");
}

TEST(ReadRequest, FindsWhatAChatNeeds) {
    const std::string_view body =
        R"({"messages":[{"role":"system","content":"Be short."},{"role":"user","content":[{"type":"text","text":"What is this?"},)"
        R"({"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}],"model":"fast","stream":true,)"
        R"("stream_options":{"include_usage":true},"max_completion_tokens":50,"tools":[{"type":"function","function":{"name":"f"}}],)"
        R"("user":"u1","metadata":{"session_id":"s1"},"n":2,"unknown":{"a":[1,2]}})";
    const RequestFacts facts = facts_of(Dialect::kChat, body);
    EXPECT_EQ(facts.model, "fast");
    EXPECT_EQ(body.substr(facts.model_range.begin, facts.model_range.end - facts.model_range.begin),
              "\"fast\"");
    EXPECT_TRUE(facts.stream);
    EXPECT_TRUE(facts.wants_usage);
    EXPECT_EQ(facts.output_max, 50);
    EXPECT_EQ(facts.choices, 2);
    EXPECT_TRUE(facts.has_tools);
    EXPECT_TRUE(facts.has_images);
    EXPECT_EQ(facts.messages, 2u);
    EXPECT_EQ(facts.last_role, Role::kUser);
    EXPECT_EQ(facts.user, "u1");
    EXPECT_EQ(facts.session, "s1");
    EXPECT_GT(facts.input_estimate, 1000);
    EXPECT_LT(facts.input_estimate, 1050);
}

TEST(ReadRequest, KnowsEachDialectsOwnFieldsAndDefaults) {
    const RequestFacts messages = facts_of(
        Dialect::kMessages,
        R"({"model":"c","max_tokens":9,"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]},)"
        R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"42"}]}],"metadata":{"user_id":"user_ab_account_cd_session_ef"}})");
    EXPECT_FALSE(messages.stream);
    EXPECT_TRUE(messages.wants_usage);
    EXPECT_EQ(messages.last_role, Role::kTool);
    EXPECT_EQ(messages.session, "ef");

    const RequestFacts ollama = facts_of(
        Dialect::kOllamaChat,
        R"({"model":"q","messages":[{"role":"user","content":"x","images":["AAAA"]}],"options":{"num_predict":7}})");
    EXPECT_TRUE(ollama.stream);
    EXPECT_EQ(ollama.output_max, 7);
    EXPECT_TRUE(ollama.has_images);
    EXPECT_FALSE(
        facts_of(Dialect::kOllamaChat, R"({"model":"q","stream":false,"options":{"num_predict":-1}})")
            .output_max);

    const RequestFacts responses = facts_of(
        Dialect::kResponses,
        R"({"model":"o","input":[{"role":"user","content":[{"type":"input_text","text":"hey"}]},{"type":"function_call","name":"f","arguments":"{}","call_id":"c"},)"
        R"({"type":"function_call_output","call_id":"c","output":"done"}],"previous_response_id":"resp_1","max_output_tokens":3,"conversation":{"id":"conv"}})");
    EXPECT_EQ(responses.previous_response_id, "resp_1");
    EXPECT_EQ(responses.last_role, Role::kTool);
    EXPECT_EQ(responses.session, "conv");
    EXPECT_EQ(responses.output_max, 3);
    EXPECT_EQ(facts_of(Dialect::kResponses, R"({"model":"o","input":"hi"})").last_role, Role::kUser);

    const RequestFacts embeddings =
        facts_of(Dialect::kEmbeddings, R"({"input":["one two three four",[1,2,3]],"model":"e"})");
    EXPECT_EQ(embeddings.input_estimate, 5 + 3);
}

TEST(ReadRequest, RefusesWhatItCannotTrust) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"", "not JSON"},
        {"{\"model\":\"a\"", "not JSON"},
        {"[]", "must be a JSON object"},
        {"{}", "model is missing"},
        {R"({"model":7})", "model must be a text"},
        {R"({"model":""})", "model is not a name"},
        {R"({"model":"a","model":"b"})", "model is given twice"},
        {R"({"model":"a","mod\u0065l":"b"})", "model is given twice"},
        {R"({"model":"a","stream":"yes"})", "stream must be true or false"},
        {R"({"model":"a","n":0})", "n must be a positive number"},
        {R"({"model":"a","max_tokens":"many"})", "max_tokens must be a number"},
        {R"({"model":"a","messages":{}})", "messages must be an array"},
        {R"({"model":"a"} {"model":"b"})", "not JSON"},
        {R"({"model":"a","stream":true,"stream_options":{"include_usage":true,"include_usage":false}})",
         "given twice"},
    };
    for (const auto& [body, why] : cases) {
        const Result<RequestFacts> facts = read_request(Dialect::kChat, body);
        ASSERT_FALSE(facts) << body;
        EXPECT_EQ(facts.error().code, Code::kInvalid);
        EXPECT_NE(facts.error().message.find(why), std::string::npos)
            << facts.error().message << " for " << body;
    }
}

TEST(ReadRequest, TakesNullForAbsent) {
    const RequestFacts facts = facts_of(
        Dialect::kChat,
        R"({"model":"a","stream":null,"max_tokens":null,"n":null,"user":null,"tools":null,"messages":[]})");
    EXPECT_FALSE(facts.stream);
    EXPECT_FALSE(facts.output_max);
    EXPECT_FALSE(facts.has_tools);
}

TEST(PrepareRequest, ReplacesTheModelAndNothingElse) {
    EXPECT_EQ(spliced(R"( { "x" : 1e3 , "model" : "fast\u0031" , "é":"\ud83d\ude00" } )"),
              R"( { "x" : 1e3 , "model" : "m2" , "é":"\ud83d\ude00" } )");
    EXPECT_EQ(spliced(R"({"model":"a"})", {.model = "say \"hi\""}), R"({"model":"say \"hi\""})");
}

TEST(PrepareRequest, AsksForUsageWhereTheClientDidNot) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {R"({"model":"a","stream":true})",
         R"({"stream_options":{"include_usage":true},"model":"m2","stream":true})"},
        {R"({"model":"a","stream":true,"stream_options":{}})",
         R"({"model":"m2","stream":true,"stream_options":{"include_usage":true}})"},
        {R"({"stream_options":null,"model":"a","stream":true})",
         R"({"stream_options":{"include_usage":true},"model":"m2","stream":true})"},
        {R"({"model":"a","stream":true,"stream_options":{"include_obfuscation":false}})",
         R"({"model":"m2","stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false}})"},
        {R"({"model":"a","stream":true,"stream_options":{"include_usage":false}})",
         R"({"model":"m2","stream":true,"stream_options":{"include_usage":true}})"},
        {R"({"model":"a","stream":true,"stream_options":{"include_usage":true}})",
         R"({"model":"m2","stream":true,"stream_options":{"include_usage":true}})"},
        {R"({"model":"a","stream":false})", R"({"model":"m2","stream":false})"},
    };
    for (const auto& [body, expected] : cases) EXPECT_EQ(spliced(body), expected);
    EXPECT_EQ(spliced(R"({"model":"a","stream":true})", {.ask_usage = false}),
              R"({"model":"m2","stream":true})");
}

TEST(PrepareRequest, AddsALimitOnlyWhereThereIsNone) {
    const UpstreamRequest to{.kind = ProviderKind::kCerebras, .model = "m2", .output_max_default = 100};
    EXPECT_EQ(spliced(R"({"model":"a"})", to), R"({"max_completion_tokens":100,"model":"m2"})");
    EXPECT_EQ(spliced(R"({"model":"a","max_tokens":5})", to), R"({"model":"m2","max_tokens":5})");
}

TEST(PrepareRequest, StaysJsonWhereverTheModelStands) {
    for (std::string_view body :
         {R"({"model":"a","stream":true,"stream_options":{"include_usage":false},"z":1})",
          R"({"stream_options":{"x":1},"z":1,"stream":true,"model":"a"})",
          R"({"stream":true,"model":"a"})"}) {
        const json::value out = json::parse(spliced(body));
        EXPECT_EQ(out.at("model").as_string(), "m2");
        EXPECT_TRUE(out.at("stream_options").at("include_usage").as_bool());
    }
}

TEST(Dialects, KnowTheirPathsAndPartners) {
    EXPECT_EQ(dialect_of_path("/v1/chat/completions"), Dialect::kChat);
    EXPECT_EQ(dialect_of_path("/openai/v1/chat/completions"), Dialect::kChat);
    EXPECT_FALSE(dialect_of_path("/v1/chat"));
    EXPECT_FALSE(dialect_of_path("/openai/openai/x"));
    EXPECT_EQ(upstream_dialect(ProviderKind::kGroq, Dialect::kMessages), Dialect::kChat);
    EXPECT_EQ(upstream_dialect(ProviderKind::kAnthropic, Dialect::kChat), Dialect::kMessages);
    EXPECT_EQ(upstream_dialect(ProviderKind::kOllama, Dialect::kChat), Dialect::kOllamaChat);
    EXPECT_EQ(upstream_dialect(ProviderKind::kOpenAi, Dialect::kResponses), Dialect::kResponses);
    EXPECT_FALSE(upstream_dialect(ProviderKind::kAnthropic, Dialect::kEmbeddings));
    EXPECT_FALSE(upstream_dialect(ProviderKind::kCerebras, Dialect::kResponses));
    EXPECT_EQ(upstream_path(ProviderKind::kOpenAi, Dialect::kChat), "/chat/completions");
    EXPECT_EQ(upstream_path(ProviderKind::kAnthropic, Dialect::kMessages), "/v1/messages");
    EXPECT_EQ(upstream_path(ProviderKind::kOllama, Dialect::kEmbeddings), "/v1/embeddings");
    EXPECT_EQ(upstream_path(ProviderKind::kOllama, Dialect::kOllamaChat), "/api/chat");
}

TEST(Dialects, JudgeContentTypes) {
    EXPECT_TRUE(is_expected_content_type(Dialect::kChat, false, "application/json; charset=utf-8"));
    EXPECT_FALSE(is_expected_content_type(Dialect::kChat, false, "text/html"));
    EXPECT_TRUE(is_expected_content_type(Dialect::kChat, true, "Text/Event-Stream"));
    EXPECT_FALSE(is_expected_content_type(Dialect::kChat, true, "application/json"));
    EXPECT_TRUE(is_expected_content_type(Dialect::kOllamaChat, true, "application/x-ndjson"));
}

}  // namespace
}  // namespace nightshift::gateway
