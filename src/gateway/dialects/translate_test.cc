#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>

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

json::array cases_of(std::string_view file) {
    std::ifstream in(fmt::format("{}/gateway/{}", NS_TEST_DATA, file));
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    return json::parse(text).as_array();
}

Dialect dialect_of(const json::value& word) {
    for (Dialect each : {Dialect::kChat, Dialect::kMessages, Dialect::kOllamaChat}) {
        if (to_string(each) == std::string_view(word.as_string())) return each;
    }
    ADD_FAILURE() << word;
    return Dialect::kChat;
}

// Adding a case is adding it to tests/data/gateway/translate_requests.json.
TEST(TranslateRequest, BecomesWhatItsCaseSays) {
    const json::array cases = cases_of("translate_requests.json");
    EXPECT_GT(cases.size(), 7u);
    for (const json::value& each : cases) {
        UpstreamRequest target;
        if (const json::value* limit = each.as_object().if_contains("output_max_default")) {
            target.output_max_default = limit->to_number<int64_t>();
        }
        const Result<std::string> out = translate(dialect_of(each.at("from")), dialect_of(each.at("to")),
                                                  json::serialize(each.at("in")), target);
        ASSERT_TRUE(out) << each.at("what") << ": " << out.error().message;
        EXPECT_EQ(json::parse(*out), each.at("out")) << each.at("what") << ": " << *out;
    }
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
        {Dialect::kChat, Dialect::kMessages, R"({"model":"a","messages":[],"verbosity":"low"})", "verbosity"},
        {Dialect::kChat, Dialect::kOllamaChat, R"({"model":"a","messages":[],"parallel_tool_calls":false})",
         "parallel_tool_calls"},
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

TEST(TranslateAnswer, BecomesWhatItsCaseSays) {
    const json::array cases = cases_of("translate_answers.json");
    EXPECT_GT(cases.size(), 3u);
    for (const json::value& each : cases) {
        const Result<std::string> out = translate_answer(
            dialect_of(each.at("from")), dialect_of(each.at("to")), json::serialize(each.at("in")),
            {.model = "", .wants_usage = true, .now_s = 7, .id = "1a2b"});
        ASSERT_TRUE(out) << each.at("what") << ": " << out.error().message;
        EXPECT_EQ(json::parse(*out), each.at("out")) << each.at("what") << ": " << *out;
    }
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
    StreamWriter writer(facts, upstream, {.model = "", .wants_usage = wants_usage, .now_s = 7, .id = "1a2b"});
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
