#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "gateway/dialects/stream.h"

namespace nightshift::gateway {
namespace {

namespace json = boost::json;

Result<std::string> translate(Dialect from, Dialect to, std::string_view body, UpstreamRequest target = {}) {
    const Result<RequestFacts> facts = read_request(from, body);
    if (!facts) return Failure(facts.error());
    target.dialect = to;
    target.model = "target";
    return prepare_request(*facts, body, target);
}

// The request as `to` gets it, compared as JSON.
void expect_request(Dialect from, Dialect to, std::string_view body, std::string_view expected,
                    UpstreamRequest target = {}) {
    const Result<std::string> out = translate(from, to, body, target);
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_EQ(json::serialize(json::parse(*out)),
              json::serialize(json::parse(json::string_view(expected.data(), expected.size()))));
}

constexpr std::string_view kChatWithTools = R"({"model":"fast","messages":[
    {"role":"system","content":"Be short."},
    {"role":"user","content":[{"type":"text","text":"What is in it?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}}]},
    {"role":"assistant","content":null,"tool_calls":[
        {"id":"c1","type":"function","function":{"name":"look","arguments":"{\"at\": \"sky\"}"}},
        {"id":"c2","type":"function","function":{"name":"ask","arguments":""}}]},
    {"role":"tool","tool_call_id":"c1","content":"blue"},
    {"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"yes"}]},
    {"role":"user","content":"And now?"}],
    "tools":[{"type":"function","function":{"name":"look","description":"Looks.","parameters":{"type":"object","properties":{"at":{"type":"string"}}},"strict":true}}],
    "tool_choice":"required","parallel_tool_calls":false,"max_tokens":100,"temperature":0.5,"stop":"END","user":"u1","n":1,"stream":true})";

TEST(TranslateRequest, BringsAChatWithToolsToAnthropic) {
    expect_request(Dialect::kChat, Dialect::kMessages, kChatWithTools,
                   R"({"model":"target","max_tokens":100,"system":"Be short.","messages":[
        {"role":"user","content":[{"type":"text","text":"What is in it?"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]},
        {"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"look","input":{"at":"sky"}},{"type":"tool_use","id":"c2","name":"ask","input":{}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"blue"},{"type":"tool_result","tool_use_id":"c2","content":"yes"},{"type":"text","text":"And now?"}]}],
        "tools":[{"name":"look","description":"Looks.","input_schema":{"type":"object","properties":{"at":{"type":"string"}}}}],
        "tool_choice":{"type":"any","disable_parallel_tool_use":true},"temperature":5E-1,"stop_sequences":["END"],"metadata":{"user_id":"u1"},"stream":true})");
}

TEST(TranslateRequest, BringsAChatWithToolsToOllama) {
    std::string body(kChatWithTools);
    body.replace(body.find("\"required\""), 10, "\"auto\"");
    expect_request(Dialect::kChat, Dialect::kOllamaChat, body, R"({"model":"target","messages":[
        {"role":"system","content":"Be short."},
        {"role":"user","content":"What is in it?","images":["AAAA"]},
        {"role":"assistant","content":"","tool_calls":[{"function":{"name":"look","arguments":{"at":"sky"}}},{"function":{"name":"ask","arguments":{}}}]},
        {"role":"tool","content":"blue","tool_name":"look"},{"role":"tool","content":"yes","tool_name":"ask"},
        {"role":"user","content":"And now?"}],
        "tools":[{"type":"function","function":{"name":"look","description":"Looks.","parameters":{"type":"object","properties":{"at":{"type":"string"}}}}}],
        "options":{"num_predict":100,"temperature":5E-1,"stop":["END"]},"stream":true})");
}

constexpr std::string_view kMessagesWithTools =
    R"({"model":"fast","max_tokens":50,"system":[{"type":"text","text":"Be kind.","cache_control":{"type":"ephemeral"}}],"messages":[
    {"role":"user","content":"Hi"},
    {"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"Let me look."},{"type":"tool_use","id":"t1","name":"look","input":{"at":"sky"}}]},
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"dark"}],"is_error":true},{"type":"text","text":"Hurry."}]}],
    "tools":[{"name":"look","input_schema":{"type":"object"}}],"tool_choice":{"type":"tool","name":"look"},"stop_sequences":["X"],"top_k":3,"metadata":{"user_id":"u"}})";

TEST(TranslateRequest, BringsMessagesToAChatServer) {
    expect_request(Dialect::kMessages, Dialect::kChat, kMessagesWithTools, R"({"model":"target","messages":[
        {"role":"system","content":"Be kind."},{"role":"user","content":"Hi"},
        {"role":"assistant","content":"Let me look.","tool_calls":[{"id":"t1","type":"function","function":{"name":"look","arguments":"{\"at\":\"sky\"}"}}]},
        {"role":"tool","tool_call_id":"t1","content":"Error: dark"},{"role":"user","content":"Hurry."}],
        "tools":[{"type":"function","function":{"name":"look","parameters":{"type":"object"}}}],
        "tool_choice":{"type":"function","function":{"name":"look"}},"max_completion_tokens":50,"top_k":3,"stop":["X"],"user":"u"})");
}

TEST(TranslateRequest, BringsOllamaToAChatServerAndStreamsByDefault) {
    expect_request(
        Dialect::kOllamaChat, Dialect::kChat,
        R"({"model":"fast","messages":[{"role":"user","content":"see","images":["/9j/AA"]},
            {"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]},{"role":"tool","content":"ok","tool_name":"f"}],
            "options":{"num_ctx":8192,"num_predict":9,"seed":3},"format":"json","keep_alive":"5m","think":false})",
        R"({"model":"target","messages":[{"role":"user","content":[{"type":"text","text":"see"},{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,/9j/AA"}}]},
            {"role":"assistant","content":null,"tool_calls":[{"id":"call_0","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
            {"role":"tool","tool_call_id":"call_0","content":"ok"}],
            "max_completion_tokens":9,"seed":3,"response_format":{"type":"json_object"},"stream":true,"stream_options":{"include_usage":true}})");
}

TEST(TranslateRequest, SetsALimitWhereAnthropicDemandsOne) {
    expect_request(
        Dialect::kChat, Dialect::kMessages, R"({"model":"a","messages":[{"role":"user","content":"x"}]})",
        R"({"model":"target","max_tokens":4096,"messages":[{"role":"user","content":[{"type":"text","text":"x"}]}]})");
    expect_request(
        Dialect::kChat, Dialect::kMessages, R"({"model":"a","messages":[{"role":"user","content":"x"}]})",
        R"({"model":"target","max_tokens":77,"messages":[{"role":"user","content":[{"type":"text","text":"x"}]}]})",
        {.output_max_default = 77});
}

TEST(TranslateRequest, FitsThinkingIntoTheLimit) {
    expect_request(
        Dialect::kChat, Dialect::kMessages,
        R"({"model":"a","messages":[{"role":"user","content":"x"}],"max_tokens":4000,"reasoning_effort":"high"})",
        R"({"model":"target","thinking":{"type":"enabled","budget_tokens":2000},"max_tokens":4000,"messages":[{"role":"user","content":[{"type":"text","text":"x"}]}]})");
    expect_request(
        Dialect::kMessages, Dialect::kChat,
        R"({"model":"a","max_tokens":9000,"messages":[{"role":"user","content":"x"}],"thinking":{"type":"enabled","budget_tokens":8000}})",
        R"({"model":"target","messages":[{"role":"user","content":"x"}],"max_completion_tokens":9000,"reasoning_effort":"medium"})");
}

TEST(TranslateRequest, NamesTheFieldThatCannotBeTranslated) {
    struct Case {
        Dialect from;
        Dialect to;
        std::string_view body;
        std::string_view named;
    };
    const Case cases[] = {
        {Dialect::kChat, Dialect::kMessages, R"({"model":"a","messages":[],"logit_bias":{"1":2}})",
         "logit_bias"},
        {Dialect::kChat, Dialect::kMessages, R"({"model":"a","messages":[],"n":2})", "n "},
        {Dialect::kChat, Dialect::kMessages, R"({"model":"a","messages":[],"logprobs":true})", "logprobs"},
        {Dialect::kChat, Dialect::kMessages, R"({"model":"a","messages":[],"seed":1})", "seed"},
        {Dialect::kChat, Dialect::kMessages, R"({"model":"a","messages":[],"temperature":1.5})",
         "temperature"},
        {Dialect::kChat, Dialect::kMessages,
         R"({"model":"a","messages":[],"response_format":{"type":"json_object"}})", "response_format"},
        {Dialect::kChat, Dialect::kMessages,
         R"({"model":"a","messages":[{"role":"user","name":"bob","content":"x"}]})", "messages[0].name"},
        {Dialect::kChat, Dialect::kMessages,
         R"({"model":"a","messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}]})",
         "messages[0].content[0]"},
        {Dialect::kChat, Dialect::kMessages,
         R"({"model":"a","messages":[{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":"[1]"}}]}]})",
         "messages[0].tool_calls[0].function.arguments"},
        {Dialect::kChat, Dialect::kMessages,
         R"({"model":"a","messages":[],"tools":[{"type":"custom","custom":{"name":"x"}}]})", "tools[0]"},
        {Dialect::kChat, Dialect::kMessages, R"({"model":"a"})", "messages"},
        {Dialect::kChat, Dialect::kOllamaChat, R"({"model":"a","messages":[],"tool_choice":"required"})",
         "tool_choice"},
        {Dialect::kChat, Dialect::kOllamaChat,
         R"({"model":"a","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://example.org/a.png"}}]}]})",
         "messages[0]"},
        {Dialect::kMessages, Dialect::kChat,
         R"({"model":"a","max_tokens":1,"messages":[],"tools":[{"type":"web_search_20250305","name":"web_search"}]})",
         "tools[0]"},
        {Dialect::kMessages, Dialect::kChat,
         R"({"model":"a","max_tokens":1,"messages":[{"role":"user","content":[{"type":"document","source":{}}]}]})",
         "messages[0].content[0]"},
        {Dialect::kMessages, Dialect::kChat,
         R"({"model":"a","max_tokens":1,"messages":[],"mcp_servers":[{}]})", "mcp_servers"},
        {Dialect::kOllamaChat, Dialect::kChat, R"({"model":"a","messages":[],"options":{"mirostat":1}})",
         "options.mirostat"},
        {Dialect::kResponses, Dialect::kMessages, R"({"model":"a","input":"x"})", "responses"},
    };
    for (const Case& row : cases) {
        const Result<std::string> out = translate(row.from, row.to, row.body);
        ASSERT_FALSE(out) << row.body;
        EXPECT_EQ(out.error().code, Code::kInvalid);
        EXPECT_TRUE(out.error().message.starts_with(row.named)) << out.error().message;
    }
}

TEST(TranslateRequest, IgnoresNullsAndDefaults) {
    EXPECT_TRUE(translate(
        Dialect::kChat, Dialect::kMessages,
        R"({"model":"a","messages":[{"role":"user","content":"x","name":null}],"logit_bias":null,"n":1,"logprobs":false,"presence_penalty":0,"functions":null})"));
}

// ---- answers

void expect_answer(Dialect from, Dialect to, std::string_view body, std::string_view expected) {
    const Result<std::string> out = translate_answer(from, to, std::string(body), {"", true, 7});
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_EQ(json::serialize(json::parse(*out)),
              json::serialize(json::parse(json::string_view(expected.data(), expected.size()))));
}

constexpr std::string_view kMessagesAnswer =
    R"({"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[
    {"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"Let me look."},{"type":"tool_use","id":"t1","name":"look","input":{"at":"sky"}}],
    "stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":20}})";

TEST(TranslateAnswer, TurnsAMessageIntoACompletion) {
    expect_answer(Dialect::kMessages, Dialect::kChat, kMessagesAnswer,
                  R"({"id":"msg_1","object":"chat.completion","created":7,"model":"claude","choices":[
        {"index":0,"message":{"role":"assistant","content":"Let me look.","refusal":null,"reasoning_content":"hm",
            "tool_calls":[{"id":"t1","type":"function","function":{"name":"look","arguments":"{\"at\":\"sky\"}"}}]},"logprobs":null,"finish_reason":"tool_calls"}],
        "usage":{"prompt_tokens":15,"completion_tokens":20,"total_tokens":35,"prompt_tokens_details":{"cached_tokens":5},"completion_tokens_details":{"reasoning_tokens":0}}})");
}

TEST(TranslateAnswer, TurnsACompletionIntoAMessage) {
    expect_answer(
        Dialect::kChat, Dialect::kMessages,
        R"({"id":"c1","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hello","tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},"finish_reason":"tool_calls"}],
            "usage":{"prompt_tokens":9,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4}}})",
        R"({"id":"c1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Hello"},{"type":"tool_use","id":"x","name":"f","input":{"a":1}}],
            "stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":5,"cache_creation_input_tokens":0,"cache_read_input_tokens":4,"output_tokens":3}})");
}

TEST(TranslateAnswer, TurnsOllamasIntoACompletionAndBack) {
    expect_answer(
        Dialect::kOllamaChat, Dialect::kChat,
        R"({"model":"q","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]},"done":true,"done_reason":"stop","prompt_eval_count":3,"eval_count":4})",
        R"({"id":"chatcmpl-7","object":"chat.completion","created":7,"model":"q","choices":[{"index":0,"message":{"role":"assistant","content":null,"refusal":null,
            "tool_calls":[{"id":"call_0","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},"logprobs":null,"finish_reason":"tool_calls"}],
            "usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}})");
    expect_answer(
        Dialect::kChat, Dialect::kOllamaChat,
        R"({"id":"c","model":"m","choices":[{"message":{"role":"assistant","content":"Hi"},"finish_reason":"length"}],"usage":{"prompt_tokens":1,"completion_tokens":2}})",
        R"({"model":"m","created_at":"1970-01-01T00:00:07Z","message":{"role":"assistant","content":"Hi"},"done":true,"done_reason":"length",
            "total_duration":1,"load_duration":1,"prompt_eval_count":1,"prompt_eval_duration":1,"eval_count":2,"eval_duration":1})");
}

TEST(TranslateAnswer, RefusesWhatItCannotRead) {
    EXPECT_EQ(translate_answer(Dialect::kChat, Dialect::kMessages, "{\"choi", {}).error().code,
              Code::kCorrupt);
    EXPECT_FALSE(translate_answer(Dialect::kMessages, Dialect::kChat,
                                  R"({"content":[{"type":"server_tool_use"}]})", {}));
    EXPECT_FALSE(translate_answer(
        Dialect::kChat, Dialect::kMessages,
        R"({"choices":[{"message":{"tool_calls":[{"id":"x","function":{"name":"f","arguments":"{\"a\":"}}]}}]})",
        {}));
    EXPECT_EQ(translate_answer(Dialect::kChat, Dialect::kChat, "as it is", {}), "as it is");
}

// ---- streams: what is translated is read again as the client reads it

struct Heard {
    std::vector<PieceKind> kinds;
    Usage usage;
    Finish finish = Finish::kNone;
    std::string id;
    bool is_whole = false;
    std::string bytes;
};

Heard translated(Dialect upstream, Dialect client, std::string_view bytes, bool wants_usage = true) {
    RequestFacts facts;
    facts.dialect = client;
    facts.wants_usage = wants_usage;
    StreamReader reader(ProviderKind::kOpenAi, upstream);
    StreamWriter writer(facts, upstream, {"", wants_usage, 7});
    Heard heard;
    reader.feed(bytes);
    while (const std::optional<Piece> piece = reader.next()) {
        const Result<void> written = writer.write(*piece, heard.bytes);
        EXPECT_TRUE(written) << (written ? "" : written.error().message);
    }
    if (reader.ended_properly()) writer.end(heard.bytes);
    StreamReader again(ProviderKind::kOpenAi, client);
    again.feed(heard.bytes);
    while (const std::optional<Piece> piece = again.next()) heard.kinds.push_back(piece->kind);
    heard.usage = again.usage();
    heard.finish = again.finish();
    heard.id = again.response_id();
    heard.is_whole = again.ended_properly();
    return heard;
}

constexpr std::string_view kChatTools =
    "data: "
    "{\"id\":\"c1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":"
    "\"\"}}]}\n\n"
    "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Let me\"}}]}\n\n"
    "data: "
    "{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"t0\",\"type\":"
    "\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}}]}\n\n"
    "data: "
    "{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{"
    "\"arguments\":\"{\\\"a\\\":\"}}]}}]}\n\n"
    "data: "
    "{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{"
    "\"arguments\":\"1}\"}}]}}]}\n\n"
    "data: "
    "{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"t1\",\"type\":"
    "\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]}}]}\n\n"
    "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n"
    "data: "
    "{\"id\":\"c1\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":5,\"total_tokens\":"
    "14}}\n\n"
    "data: [DONE]\n\n";

TEST(TranslateStream, BringsToolCallsFromAChatToMessages) {
    const Heard heard = translated(Dialect::kChat, Dialect::kMessages, kChatTools);
    EXPECT_TRUE(heard.is_whole);
    EXPECT_EQ(heard.finish, Finish::kToolCalls);
    EXPECT_EQ(heard.usage, (Usage{9, 5, 0, 0, 0, true, false}));
    EXPECT_EQ(heard.id, "c1");
    const std::string& out = heard.bytes;
    const std::string_view parts[] = {
        "event: message_start\n",
        R"("index":0,"content_block":{"type":"text","text":""})",
        R"({"type":"text_delta","text":"Let me"})",
        R"({"type":"content_block_stop","index":0})",
        R"("index":1,"content_block":{"type":"tool_use","id":"t0","name":"f","input":{}})",
        R"({"type":"input_json_delta","partial_json":"{\"a\":"})",
        R"({"type":"input_json_delta","partial_json":"1}"})",
        R"({"type":"content_block_stop","index":1})",
        R"("index":2,"content_block":{"type":"tool_use","id":"t1","name":"g","input":{}})",
        R"({"type":"content_block_stop","index":2})",
        R"("stop_reason":"tool_use")",
        "event: message_stop\n"};
    size_t at = 0;
    for (std::string_view part : parts) {
        const size_t found = out.find(part, at);
        ASSERT_NE(found, std::string::npos) << part << " in " << out;
        at = found + part.size();
    }
}

TEST(TranslateStream, GathersToolCallsForOllama) {
    const Heard heard = translated(Dialect::kChat, Dialect::kOllamaChat, kChatTools);
    EXPECT_TRUE(heard.is_whole);
    EXPECT_EQ(heard.usage, (Usage{9, 5, 0, 0, 0, true, false}));
    EXPECT_NE(
        heard.bytes.find(
            R"("tool_calls":[{"function":{"name":"f","arguments":{"a":1}}},{"function":{"name":"g","arguments":{}}}])"),
        std::string::npos)
        << heard.bytes;
}

constexpr std::string_view kMessagesTools =
    "event: message_start\ndata: "
    "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"claude\",\"usage\":{\"input_"
    "tokens\":10,\"output_tokens\":1}}}\n\n"
    "event: content_block_start\ndata: "
    "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":"
    "\"\"}}\n\n"
    "event: content_block_delta\ndata: "
    "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":"
    "\"hm\"}}\n\n"
    "event: content_block_delta\ndata: "
    "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":"
    "\"abc\"}}\n\n"
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
    "event: content_block_start\ndata: "
    "{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t0\","
    "\"name\":\"f\",\"input\":{}}}\n\n"
    "event: content_block_delta\ndata: "
    "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":"
    "\"{\\\"a\\\":1}\"}}\n\n"
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":1}\n\n"
    "event: message_delta\ndata: "
    "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"},\"usage\":{\"output_tokens\":7}}"
    "\n\n"
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

TEST(TranslateStream, BringsMessagesToAChatClient) {
    const Heard heard = translated(Dialect::kMessages, Dialect::kChat, kMessagesTools);
    EXPECT_TRUE(heard.is_whole);
    EXPECT_EQ(heard.finish, Finish::kToolCalls);
    EXPECT_EQ(heard.usage, (Usage{10, 7, 0, 0, 0, true, false}));
    EXPECT_NE(heard.bytes.find(R"("delta":{"reasoning_content":"hm"})"), std::string::npos) << heard.bytes;
    EXPECT_NE(
        heard.bytes.find(R"({"index":0,"id":"t0","type":"function","function":{"name":"f","arguments":""}})"),
        std::string::npos);
    EXPECT_TRUE(heard.bytes.ends_with("data: [DONE]\n\n"));
    // Usage only for those who asked.
    EXPECT_EQ(
        translated(Dialect::kMessages, Dialect::kChat, kMessagesTools, false).bytes.find("prompt_tokens"),
        std::string::npos);
}

TEST(TranslateStream, BringsOllamasLinesToBoth) {
    const std::string_view lines =
        "{\"model\":\"q\",\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},\"done\":false}\n"
        "{\"model\":\"q\",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"function\":"
        "{\"name\":\"f\",\"arguments\":{\"a\":1}}}]},\"done\":false}\n"
        "{\"model\":\"q\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_"
        "reason\":\"stop\",\"prompt_eval_count\":9,\"eval_count\":2}\n";
    for (Dialect client : {Dialect::kChat, Dialect::kMessages}) {
        const Heard heard = translated(Dialect::kOllamaChat, client, lines);
        EXPECT_TRUE(heard.is_whole) << heard.bytes;
        EXPECT_EQ(heard.finish, Finish::kToolCalls);
        EXPECT_EQ(heard.usage.output, 2);
        EXPECT_NE(heard.bytes.find("{\\\"a\\\":1}"), std::string::npos) << heard.bytes;
    }
}

TEST(TranslateStream, OwesTheEndToAChatThatSaidNoDone) {
    const std::string_view bytes =
        "data: {\"id\":\"c\",\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\n";
    EXPECT_TRUE(translated(Dialect::kChat, Dialect::kMessages, bytes).is_whole);
    EXPECT_TRUE(translated(Dialect::kChat, Dialect::kOllamaChat, bytes).is_whole);
    // But not to one that was cut.
    const std::string_view cut = "data: {\"id\":\"c\",\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n";
    EXPECT_FALSE(translated(Dialect::kChat, Dialect::kMessages, cut).is_whole);
}

TEST(TranslateStream, TellsAnErrorInTheClientsWords) {
    const Heard heard = translated(
        Dialect::kMessages, Dialect::kChat,
        "event: error\ndata: "
        "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n");
    EXPECT_EQ(heard.bytes,
              "data: "
              "{\"error\":{\"message\":\"Overloaded\",\"type\":\"server_error\",\"param\":null,\"code\":"
              "\"overloaded_error\"}}\n\n");
}

TEST(TranslateStream, RefusesMixedArguments) {
    RequestFacts facts;
    facts.dialect = Dialect::kMessages;
    StreamReader reader(ProviderKind::kOpenAi, Dialect::kChat);
    StreamWriter writer(facts, Dialect::kChat, {});
    std::string bytes;
    for (int call : {0, 1, 0}) {
        bytes += fmt::format(
            "data: "
            "{{\"choices\":[{{\"delta\":{{\"tool_calls\":[{{\"index\":{},\"id\":\"t\",\"function\":{{"
            "\"name\":\"f\",\"arguments\":\"x\"}}}}]}}}}]}}\n\n",
            call);
    }
    reader.feed(bytes);
    std::vector<bool> written;
    std::string out;
    while (const std::optional<Piece> piece = reader.next())
        written.push_back(writer.write(*piece, out).has_value());
    EXPECT_EQ(written, (std::vector<bool>{true, true, false}));
}

}  // namespace
}  // namespace nightshift::gateway
