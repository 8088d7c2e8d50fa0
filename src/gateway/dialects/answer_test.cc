#include "gateway/dialects/answer.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>

#include "base/text.h"
#include "gateway/dialects/render.h"
#include "gateway/dialects/retry_after.h"

namespace nightshift::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

const system_clock::time_point kNow = system_clock::from_time_t(1'795'320'000);  // 2026-11-22T04:00:00Z

// A line of errors.tsv.
struct ErrorCase {
    ProviderKind kind = ProviderKind::kOpenAi;
    int status = 0;
    std::string error_class;
    std::string body;
};

std::vector<ErrorCase> vendor_errors() {
    std::ifstream file(NS_TEST_DATA "/gateway/errors.tsv");
    std::vector<ErrorCase> cases;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with('#')) continue;
        const std::vector<std::string_view> cells = split(line, '\t');
        const std::optional<ProviderKind> kind = provider_kind_of(cells.at(0));
        const std::optional<int64_t> status = parse_int(cells.at(1));
        EXPECT_TRUE(kind && status) << line;
        if (kind && status) {
            cases.push_back(
                {*kind, static_cast<int>(*status), std::string(cells.at(2)), std::string(cells.at(3))});
        }
    }
    EXPECT_GT(cases.size(), 40u);
    return cases;
}

TEST(ClassifyError, KnowsEveryVendorsWords) {
    for (const ErrorCase& row : vendor_errors()) {
        const UpstreamError error = classify_error(row.kind, row.status, {}, row.body, kNow);
        EXPECT_EQ(to_string(error.error_class), row.error_class) << row.status << " " << row.body;
        EXPECT_EQ(error.status, row.status);
        EXPECT_FALSE(error.message.empty());
    }
}

TEST(ClassifyError, BoundsAndCleansTheMessage) {
    const std::string huge = R"({"error":{"message":")" + std::string(100'000, 'x') + R"("}})";
    EXPECT_LE(classify_error(ProviderKind::kOpenAi, 400, {}, huge, kNow).message.size(), 2000u);
    EXPECT_EQ(classify_error(ProviderKind::kOpenAi, 500, {}, "bad \xff bytes", kNow).message,
              "bad \xEF\xBF\xBD bytes");
}

TEST(ClassifyError, FindsTheTimeToWait) {
    struct Case {
        ProviderKind kind;
        std::vector<HeaderField> headers;
        std::string_view body;
        std::optional<milliseconds> wait;
    };
    const Case cases[] = {
        {ProviderKind::kOpenAi, {{"Retry-After", "30"}}, "", milliseconds(30'000)},
        {ProviderKind::kOpenAi, {{"retry-after", "30"}, {"retry-after-ms", "1250"}}, "", milliseconds(1250)},
        {ProviderKind::kOpenAi, {{"retry-after", "Sun, 22 Nov 2026 04:00:10 GMT"}}, "", milliseconds(10'000)},
        {ProviderKind::kOpenAi, {{"retry-after", "Sun, 22 Nov 2026 03:00:10 GMT"}}, "", milliseconds(0)},
        {ProviderKind::kOpenAi, {{"retry-after", "-5"}}, "", std::nullopt},
        {ProviderKind::kOpenAi, {{"retry-after", "soon"}}, "", std::nullopt},
        {ProviderKind::kGroq,
         {},
         R"({"error":{"message":"Rate limit reached. Please try again in 5.289s. Visit","code":"rate_limit_exceeded"}})",
         milliseconds(5289)},
        {ProviderKind::kGroq,
         {},
         R"({"error":{"message":"Please try again in 2m30s."}})",
         milliseconds(150'000)},
        {ProviderKind::kOpenAi,
         {},
         R"({"error":{"message":"Please retry after 7 seconds."}})",
         milliseconds(7000)},
        {ProviderKind::kOpenAi,
         {{"x-ratelimit-remaining-requests", "0"},
          {"x-ratelimit-reset-requests", "6s"},
          {"x-ratelimit-remaining-tokens", "10"},
          {"x-ratelimit-reset-tokens", "1m"}},
         "",
         milliseconds(6000)},
        {ProviderKind::kAnthropic,
         {{"anthropic-ratelimit-tokens-remaining", "0"},
          {"anthropic-ratelimit-tokens-reset", "2026-11-22T04:00:30Z"}},
         "",
         milliseconds(30'000)},
        {ProviderKind::kOpenAi, {}, "", std::nullopt},
    };
    for (const Case& row : cases) {
        const UpstreamError error = classify_error(row.kind, 429, row.headers, row.body, kNow);
        EXPECT_EQ(error.retry_after, row.wait)
            << (row.headers.empty() ? row.body : row.headers.front().value);
    }
}

TEST(ParseWait, ReadsEveryUnitAndRefusesNonsense) {
    EXPECT_EQ(parse_wait("42ms"), milliseconds(42));
    EXPECT_EQ(parse_wait("1m2.5s"), milliseconds(62'500));
    EXPECT_EQ(parse_wait("2m59.56s"), milliseconds(179'560));
    EXPECT_EQ(parse_wait("1h0m0s"), milliseconds(3'600'000));
    EXPECT_EQ(parse_wait(" 33.011382102966309 "), milliseconds(33'012));
    EXPECT_EQ(parse_wait("0"), milliseconds(0));
    for (std::string_view text : {"", "s", "5x", "1m2", "nan", "inf", "-1", "1e300", "9999999d", "1..5s"}) {
        EXPECT_FALSE(parse_wait(text)) << text;
    }
}

TEST(RateLimits, AreReadUnderEachProvidersNames) {
    const HeaderField groq[] = {
        {"x-ratelimit-limit-requests", "14400"},    {"x-ratelimit-remaining-requests", "14370"},
        {"x-ratelimit-reset-requests", "2m59.56s"}, {"x-ratelimit-limit-tokens", "18000"},
        {"x-ratelimit-remaining-tokens", "17997"},  {"x-ratelimit-reset-tokens", "7.66s"}};
    const RateLimits by_groq = read_rate_limits(ProviderKind::kGroq, groq, kNow);
    EXPECT_EQ(by_groq.requests.remaining, 14370);
    EXPECT_EQ(by_groq.requests.reset_in, milliseconds(179'560));
    EXPECT_EQ(by_groq.tokens.reset_in, milliseconds(7660));

    const HeaderField cerebras[] = {
        {"x-ratelimit-limit-requests-day", "1000"},        {"x-ratelimit-remaining-requests-day", "0"},
        {"x-ratelimit-reset-requests-day", "33011.382"},   {"X-RateLimit-Limit-Tokens-Minute", "1000000"},
        {"X-RateLimit-Remaining-Tokens-Minute", "999999"}, {"X-RateLimit-Reset-Tokens-Minute", "11.38"}};
    const RateLimits by_cerebras = read_rate_limits(ProviderKind::kCerebras, cerebras, kNow);
    EXPECT_EQ(by_cerebras.requests.remaining, 0);
    EXPECT_EQ(by_cerebras.requests.reset_in, milliseconds(33'011'382));
    EXPECT_EQ(by_cerebras.tokens.limit, 1'000'000);

    const HeaderField anthropic[] = {{"anthropic-ratelimit-requests-limit", "50"},
                                     {"anthropic-ratelimit-requests-remaining", "49"},
                                     {"anthropic-ratelimit-requests-reset", "2026-11-22T04:00:02Z"},
                                     {"anthropic-ratelimit-tokens-limit", "1000"},
                                     {"anthropic-ratelimit-tokens-remaining", "900"},
                                     {"anthropic-ratelimit-output-tokens-limit", "100"},
                                     {"anthropic-ratelimit-output-tokens-remaining", "10"},
                                     {"anthropic-ratelimit-output-tokens-reset", "2026-11-22T04:00:20Z"}};
    const RateLimits by_anthropic = read_rate_limits(ProviderKind::kAnthropic, anthropic, kNow);
    EXPECT_EQ(by_anthropic.requests.reset_in, milliseconds(2000));
    EXPECT_EQ(by_anthropic.tokens.remaining, 10);  // the tighter one
    EXPECT_FALSE(read_rate_limits(ProviderKind::kOllama, groq, kNow).requests.limit);
}

TEST(ReadAnswer, ReadsEachDialect) {
    const Answer chat = read_answer(
        ProviderKind::kOpenAi, Dialect::kChat,
        R"({"id":"c","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hello","refusal":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}})");
    EXPECT_FALSE(chat.error);
    EXPECT_EQ(chat.usage, (Usage{1, 2, 0, 0, 0, true, false}));
    EXPECT_EQ(chat.finish, Finish::kStop);
    EXPECT_EQ(chat.response_id, "c");
    EXPECT_EQ(chat.content_bytes, 5u);

    const Answer messages = read_answer(
        ProviderKind::kAnthropic, Dialect::kMessages,
        R"({"id":"msg","type":"message","model":"c","content":[{"type":"text","text":"x"}],"stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":2,"cache_read_input_tokens":10}})");
    EXPECT_FALSE(messages.error);
    EXPECT_EQ(messages.usage.input, 11);
    EXPECT_EQ(messages.finish, Finish::kToolCalls);

    const Answer responses = read_answer(
        ProviderKind::kOpenAi, Dialect::kResponses,
        R"({"id":"resp","object":"response","status":"incomplete","error":null,"output":[{"type":"message"}],"usage":{"input_tokens":5,"output_tokens":6}})");
    EXPECT_FALSE(responses.error);
    EXPECT_EQ(responses.finish, Finish::kLength);

    const Answer ollama = read_answer(
        ProviderKind::kOllama, Dialect::kOllamaChat,
        R"({"model":"q","message":{"role":"assistant","content":"hi"},"done":true,"done_reason":"stop","prompt_eval_count":3,"eval_count":4})");
    EXPECT_FALSE(ollama.error);
    EXPECT_EQ(ollama.usage.output, 4);

    EXPECT_FALSE(
        read_answer(
            ProviderKind::kOpenAi, Dialect::kEmbeddings,
            R"({"object":"list","data":[{"embedding":[1]}],"usage":{"prompt_tokens":8,"total_tokens":8}})")
            .error);
}

TEST(ReadAnswer, TellsGarbageFromAnswers) {
    const std::pair<Dialect, std::string_view> cases[] = {
        {Dialect::kChat, ""},
        {Dialect::kChat, "{\"id\": \"x\", \"choi"},
        {Dialect::kChat, "<html></html>"},
        {Dialect::kChat, "{}"},
        {Dialect::kChat, R"({"choices":[]})"},
        {Dialect::kChat, R"({"choices":[],"usage":{"prompt_tokens":1}})"},
        {Dialect::kChat, "null"},
        {Dialect::kMessages, R"({"type":"message"})"},
        {Dialect::kResponses, R"({"id":"r"})"},
        {Dialect::kOllamaChat, R"({"status":"success"})"},
        {Dialect::kEmbeddings, R"({"data":[]})"}};
    for (const auto& [dialect, body] : cases) {
        const Answer answer = read_answer(ProviderKind::kOpenAi, dialect, body);
        ASSERT_TRUE(answer.error) << body;
        EXPECT_EQ(answer.error->error_class, ErrorClass::kBadAnswer) << body;
    }
}

TEST(ReadAnswer, FindsAnErrorInsideA200) {
    const std::tuple<Dialect, std::string_view, ErrorClass> cases[] = {
        {Dialect::kChat, R"({"error":{"message":"Rate limit","code":"rate_limit_exceeded"}})",
         ErrorClass::kRateLimit},
        {Dialect::kChat, R"({"error":{"message":"Provider returned error","code":502}})",
         ErrorClass::kTransient},
        {Dialect::kMessages, R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})",
         ErrorClass::kOverloaded},
        {Dialect::kResponses,
         R"({"id":"r","status":"failed","error":{"code":"server_error","message":"no"},"output":[]})",
         ErrorClass::kTransient},
        {Dialect::kOllamaChat, R"({"error":"model 'x' not found"})", ErrorClass::kModelMissing},
    };
    for (const auto& [dialect, body, expected] : cases) {
        const Answer answer = read_answer(ProviderKind::kOpenAi, dialect, body);
        ASSERT_TRUE(answer.error) << body;
        EXPECT_EQ(to_string(answer.error->error_class), to_string(expected)) << body;
    }
}

TEST(Render, SpeaksEachDialectsErrors) {
    const ClientError error{429, "loop_detected", "the same call \"again\"", "req_1", ""};
    EXPECT_EQ(
        render_error(Dialect::kChat, error),
        R"({"error":{"message":"the same call \"again\"","type":"loop_detected","param":null,"code":"loop_detected"}})");
    EXPECT_EQ(
        render_error(Dialect::kMessages, error),
        R"({"type":"error","error":{"type":"rate_limit_error","message":"the same call \"again\"","details":{"error_code":"loop_detected"}},"request_id":"req_1"})");
    EXPECT_EQ(render_error(Dialect::kOllamaChat, error), R"({"error":"the same call \"again\""})");
}

TEST(Render, ListsModelsForBoth) {
    const ModelListing models[] = {{"fast", "nightshift", 8192}, {"deep", "nightshift", 0}};
    EXPECT_EQ(
        render_models(Dialect::kModels, models, 7),
        R"({"object":"list","data":[{"id":"fast","object":"model","created":7,"owned_by":"nightshift","context_window":8192},)"
        R"({"id":"deep","object":"model","created":7,"owned_by":"nightshift"}]})");
    const boost::json::value tags = boost::json::parse(render_models(Dialect::kOllamaTags, models, 7));
    EXPECT_EQ(tags.at("models").as_array().size(), 2u);
    EXPECT_EQ(tags.at("models").at(0).at("modified_at").as_string(), "1970-01-01T00:00:07Z");
}

}  // namespace
}  // namespace nightshift::gateway
