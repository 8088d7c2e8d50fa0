#include "gateway/dialects/stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/dialects/frame_cutter.h"

namespace nightshift::gateway {
namespace {

using testing::ElementsAre;
using enum PieceKind;

struct Reading {
    std::vector<PieceKind> kinds;
    std::string raw;  // of all pieces
};

// Feeds `bytes` in portions of `portion`.
Reading read_all(StreamReader& reader, std::string_view bytes, size_t portion) {
    Reading reading;
    auto take = [&] {
        while (const std::optional<Piece> piece = reader.next()) {
            reading.kinds.push_back(piece->kind);
            reading.raw += piece->raw;
        }
    };
    for (size_t at = 0; at < bytes.size(); at += portion) {
        const std::string copy(bytes.substr(at, portion));
        reader.feed(copy);
        take();
    }
    reader.end();
    take();
    return reading;
}

// The same pieces, whatever the network cut the stream into.
void expect_kinds(ProviderKind kind, Dialect dialect, std::string_view bytes,
                  const std::vector<PieceKind>& kinds, bool ended) {
    for (size_t portion : {size_t{1}, size_t{2}, size_t{7}, size_t{64}, bytes.size()}) {
        StreamReader reader(kind, dialect);
        const Reading reading = read_all(reader, bytes, portion);
        EXPECT_EQ(reading.kinds, kinds) << "in portions of " << portion;
        EXPECT_EQ(reader.ended_properly(), ended);
        if (kinds.empty() || kinds.back() != kBroken) EXPECT_EQ(reading.raw, bytes);
    }
}

constexpr std::string_view kChatStream =
    ": OPENROUTER PROCESSING\n\n"
    "data: "
    "{\"id\":\"c1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":"
    "\"\"},\"finish_reason\":null}]}\n\n"
    "data: "
    "{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"},\"finish_reason\":null}],"
    "\"usage\":null}\r\n\r\n"
    "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}]}\n\n"
    "data: "
    "{\"id\":\"c1\",\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":2,\"total_tokens\":"
    "13,"
    "\"prompt_tokens_details\":{\"cached_tokens\":4},\"completion_tokens_details\":{\"reasoning_tokens\":1}}}"
    "\n\n"
    "data: [DONE]\n\n";

TEST(StreamReader, TellsTheFramesOfAChatApart) {
    expect_kinds(ProviderKind::kOpenAi, Dialect::kChat, kChatStream,
                 {kMeta, kMeta, kContent, kFinish, kUsage, kDone}, true);
    StreamReader reader(ProviderKind::kOpenAi, Dialect::kChat);
    read_all(reader, kChatStream, 5);
    EXPECT_EQ(reader.usage(), (Usage{11, 2, 4, 0, 1, true, false}));
    EXPECT_EQ(reader.finish(), Finish::kLength);
    EXPECT_EQ(reader.response_id(), "c1");
    EXPECT_EQ(reader.model(), "m");
    EXPECT_EQ(reader.content_bytes(), 5u);
}

TEST(StreamReader, SeesToolCallsAndReasoningAsContent) {
    StreamReader reader(ProviderKind::kOpenAi, Dialect::kChat);
    const Reading reading =
        read_all(reader,
                 "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n"
                 "data: "
                 "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"function\":{\"name\":"
                 "\"f\",\"arguments\":\"{}\"}}]}}]}\n\n"
                 "data: {\"choices\":[{\"delta\":{\"tool_calls\":[],\"content\":null}}]}\n\n",
                 1000);
    EXPECT_THAT(reading.kinds, ElementsAre(kContent, kContent, kMeta));
    EXPECT_TRUE(reader.has_tool_calls());
    EXPECT_EQ(reader.content_bytes(), 2u + 3u);
}

TEST(StreamReader, TakesACutStreamForWhatItIs) {
    const std::string_view head = kChatStream.substr(
        0, kChatStream.find("data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},"));
    expect_kinds(ProviderKind::kOpenAi, Dialect::kChat, head, {kMeta, kMeta, kContent}, false);
    expect_kinds(ProviderKind::kOpenAi, Dialect::kChat, "", {}, false);
}

TEST(StreamReader, AcceptsAnEndWithoutDoneAndALastFrameWithoutItsBlankLine) {
    const std::string_view finish =
        "data: {\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\n";
    expect_kinds(ProviderKind::kOpenAi, Dialect::kChat, finish, {kFinish}, true);
    expect_kinds(ProviderKind::kOpenAi, Dialect::kChat,
                 "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\ndata: [DONE]", {kContent, kDone},
                 true);
}

TEST(StreamReader, HearsNothingAfterTheLastWord) {
    StreamReader reader(ProviderKind::kOpenAi, Dialect::kChat);
    const Reading reading = read_all(reader, std::string(kChatStream) + "garbage without an end", 3);
    EXPECT_EQ(reading.raw, kChatStream);
    EXPECT_TRUE(reader.ended_properly());
}

TEST(StreamReader, FindsErrorsInsideAChat) {
    struct Case {
        ProviderKind kind;
        std::string_view frame;
        ErrorClass error_class;
    };
    const Case cases[] = {
        {ProviderKind::kOpenAi,
         "data: {\"error\":{\"message\":\"upstream "
         "overloaded\",\"type\":\"server_error\",\"param\":null,\"code\":\"overloaded\"}}\n\n",
         ErrorClass::kTransient},
        {ProviderKind::kOpenRouter,
         "data: {\"id\":\"g\",\"error\":{\"code\":429,\"message\":\"slow "
         "down\"},\"choices\":[{\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}\n\n",
         ErrorClass::kRateLimit},
        {ProviderKind::kCerebras,
         "data: {\"error\":{\"message\":\"Please reduce the length of the messages or "
         "completion.\",\"type\":\"invalid_request_error\",\"param\":\"messages\",\"code\":\"context_length_"
         "exceeded\",\"id\":\"\"},\"status_code\":400}\n\n",
         ErrorClass::kContextTooLong},
        {ProviderKind::kGroq,
         "data: {\"choices\":[],\"x_groq\":{\"id\":\"r\",\"error\":\"over capacity\"}}\n\n",
         ErrorClass::kBadAnswer},
    };
    for (const Case& row : cases) {
        StreamReader reader(row.kind, Dialect::kChat);
        const Reading reading = read_all(reader, row.frame, 16);
        EXPECT_THAT(reading.kinds, ElementsAre(kError)) << row.frame;
        ASSERT_TRUE(reader.error());
        EXPECT_EQ(reader.error()->error_class, row.error_class) << row.frame;
        EXPECT_FALSE(reader.error()->message.empty());
        EXPECT_FALSE(reader.ended_properly());
    }
}

TEST(StreamReader, StopsAtWhatIsNoFrame) {
    for (std::string_view bytes : {"<html><body>502 Bad Gateway</body></html>\n\n",
                                   "data: {\"choices\":[\n\n", "data: 7\n\n", "{\"choices\":[]}\n\n"}) {
        StreamReader reader(ProviderKind::kOpenAi, Dialect::kChat);
        const Reading reading = read_all(reader, std::string(bytes) + "data: [DONE]\n\n", 1000);
        EXPECT_THAT(reading.kinds, ElementsAre(kBroken)) << bytes;
        EXPECT_EQ(reader.error()->error_class, ErrorClass::kBadAnswer);
        EXPECT_FALSE(reader.ended_properly());
    }
}

TEST(StreamReader, EndsAFrameThatNeverEnds) {
    StreamReader reader(ProviderKind::kOpenAi, Dialect::kChat);
    const std::string portion(64 << 10, 'x');
    reader.feed("data: ");
    EXPECT_FALSE(reader.next());
    size_t fed = 0;
    std::optional<Piece> piece;
    while (!piece && fed < 2 * StreamReader::kFrameBytesMax) {
        reader.feed(portion);
        fed += portion.size();
        piece = reader.next();
    }
    ASSERT_TRUE(piece);
    EXPECT_EQ(piece->kind, kBroken);
    EXPECT_LE(fed, StreamReader::kFrameBytesMax + portion.size());
    EXPECT_FALSE(reader.next());
}

constexpr std::string_view kMessagesStream =
    "event: message_start\ndata: "
    "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"claude\",\"usage\":{\"input_"
    "tokens\":10,"
    "\"cache_creation_input_tokens\":5,\"cache_read_input_tokens\":100,\"output_tokens\":1}}}\n\n"
    "event: content_block_start\ndata: "
    "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
    "event: ping\ndata: {\"type\":\"ping\"}\n\n"
    "event: content_block_delta\ndata: "
    "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n"
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
    "event: message_delta\ndata: "
    "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{"
    "\"output_tokens\":7}}\n\n"
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

TEST(StreamReader, ReadsMessages) {
    expect_kinds(ProviderKind::kAnthropic, Dialect::kMessages, kMessagesStream,
                 {kMeta, kMeta, kMeta, kContent, kMeta, kFinish, kDone}, true);
    StreamReader reader(ProviderKind::kAnthropic, Dialect::kMessages);
    read_all(reader, kMessagesStream, 9);
    EXPECT_EQ(reader.usage(), (Usage{115, 7, 100, 5, 0, true, false}));
    EXPECT_EQ(reader.response_id(), "msg_1");
    // A message that ends before message_stop was cut.
    const std::string_view cut = kMessagesStream.substr(0, kMessagesStream.find("event: message_stop"));
    expect_kinds(ProviderKind::kAnthropic, Dialect::kMessages, cut,
                 {kMeta, kMeta, kMeta, kContent, kMeta, kFinish}, false);
}

TEST(StreamReader, ReadsAnOverloadInsideMessages) {
    StreamReader reader(ProviderKind::kAnthropic, Dialect::kMessages);
    const Reading reading = read_all(
        reader,
        "event: error\ndata: "
        "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
        10);
    EXPECT_THAT(reading.kinds, ElementsAre(kError));
    EXPECT_EQ(reader.error()->error_class, ErrorClass::kOverloaded);
    EXPECT_EQ(reader.error()->code, "overloaded_error");
}

TEST(StreamReader, ReadsResponses) {
    const std::string_view head =
        "event: response.created\ndata: "
        "{\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_1\",\"model\":"
        "\"o\",\"error\":null,\"usage\":null}}\n\n"
        "event: response.output_item.added\ndata: "
        "{\"type\":\"response.output_item.added\",\"item\":{\"type\":\"message\",\"content\":[]}}\n\n"
        "event: response.output_text.delta\ndata: "
        "{\"type\":\"response.output_text.delta\",\"delta\":\"Hello\"}\n\n"
        "event: response.new_thing\ndata: {\"type\":\"response.new_thing\",\"x\":1}\n\n";
    const std::string completed =
        std::string(head) +
        "event: response.completed\ndata: "
        "{\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\",\"error\":null,\"usage\":{\"input_"
        "tokens\":3,\"output_tokens\":4,"
        "\"output_tokens_details\":{\"reasoning_tokens\":2},\"total_tokens\":7}}}\n\n";
    expect_kinds(ProviderKind::kOpenAi, Dialect::kResponses, completed,
                 {kMeta, kMeta, kContent, kContent, kDone}, true);
    expect_kinds(ProviderKind::kOpenAi, Dialect::kResponses, head, {kMeta, kMeta, kContent, kContent}, false);
    StreamReader reader(ProviderKind::kOpenAi, Dialect::kResponses);
    read_all(reader, completed, 100);
    EXPECT_EQ(reader.usage().reasoning, 2);
    EXPECT_EQ(reader.response_id(), "resp_1");
}

TEST(StreamReader, SeesAQuotaErrorBehindResponseCreated) {
    StreamReader reader(ProviderKind::kOpenAi, Dialect::kResponses);
    const Reading reading =
        read_all(reader,
                 "data: {\"type\":\"response.created\",\"response\":{\"id\":\"r\"}}\n\n"
                 "data: "
                 "{\"type\":\"response.failed\",\"response\":{\"id\":\"r\",\"status\":\"failed\",\"error\":{"
                 "\"code\":\"insufficient_quota\",\"message\":\"You exceeded your current quota\"}}}\n\n",
                 1000);
    EXPECT_THAT(reading.kinds, ElementsAre(kMeta, kError));
    EXPECT_EQ(reader.error()->error_class, ErrorClass::kQuotaExhausted);
    StreamReader flat(ProviderKind::kOpenAi, Dialect::kResponses);
    read_all(flat,
             "event: error\ndata: "
             "{\"type\":\"error\",\"code\":\"server_error\",\"message\":\"no\",\"param\":null,\"sequence_"
             "number\":9}\n\n",
             1000);
    EXPECT_EQ(flat.error()->error_class, ErrorClass::kTransient);
    EXPECT_EQ(flat.error()->message, "no");
}

TEST(StreamReader, ReadsLinesOfOllama) {
    const std::string_view lines =
        "{\"model\":\"q\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":false}\n"
        "{\"model\":\"q\",\"message\":{\"role\":\"assistant\",\"content\":\"Hi\"},\"done\":false}\n"
        "{\"model\":\"q\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_"
        "reason\":\"length\",\"prompt_eval_count\":9,\"eval_count\":2}\n";
    expect_kinds(ProviderKind::kOllama, Dialect::kOllamaChat, lines, {kMeta, kContent, kDone}, true);
    // The last line may lack its newline.
    expect_kinds(ProviderKind::kOllama, Dialect::kOllamaChat, lines.substr(0, lines.size() - 1),
                 {kMeta, kContent, kDone}, true);
    StreamReader reader(ProviderKind::kOllama, Dialect::kOllamaChat);
    read_all(reader, lines, 3);
    EXPECT_EQ(reader.usage(), (Usage{9, 2, 0, 0, 0, true, false}));
    EXPECT_EQ(reader.finish(), Finish::kLength);
    expect_kinds(ProviderKind::kOllama, Dialect::kOllamaChat,
                 "{\"error\":\"an error was encountered while running the model\"}\n", {kError}, false);
    expect_kinds(ProviderKind::kOllama, Dialect::kOllamaChat, "{\"status\":\"ok\"}\n", {kBroken}, false);
}

TEST(StreamReader, EstimatesWhatNobodyCounted) {
    RequestFacts facts;
    facts.input_estimate = 50;
    StreamReader reader(ProviderKind::kOpenAi, Dialect::kChat);
    read_all(reader, "data: {\"choices\":[{\"delta\":{\"content\":\"12345678\"}}]}\n\n", 1000);
    EXPECT_EQ(reader.usage_or_estimate(facts), (Usage{50, 2, 0, 0, 0, false, true}));
    StreamReader cut(ProviderKind::kAnthropic, Dialect::kMessages);
    read_all(cut, kMessagesStream.substr(0, kMessagesStream.find("event: content_block_stop")), 1000);
    const Usage usage = cut.usage_or_estimate(facts);
    EXPECT_EQ(usage.input, 115);
    EXPECT_EQ(usage.output, 1);
    EXPECT_TRUE(usage.is_estimated);
    EXPECT_EQ(cut.open_block(), 0);
}

TEST(FrameCutter, KeepsUnfinishedFramesWhole) {
    FrameCutter cutter(FrameCutter::Format::kEvents, 100);
    cutter.feed("data: a\n\ndata: b");
    EXPECT_EQ(cutter.next(), "data: a\n\n");
    EXPECT_FALSE(cutter.next());
    cutter.feed("\n");
    EXPECT_FALSE(cutter.next());
    cutter.feed("\ndata: c\n\n\n");
    EXPECT_EQ(cutter.next(), "data: b\n\n");
    EXPECT_EQ(cutter.next(), "data: c\n\n");
    EXPECT_EQ(cutter.next(), "\n");
    EXPECT_FALSE(cutter.next());
}

TEST(SseEvent, JoinsDataLinesAndSkipsComments) {
    std::string buffer;
    const SseEvent event = parse_event(": hi\nevent: x\ndata: {\"a\":\ndata:1}\nretry: 5\n\n", buffer);
    EXPECT_EQ(event.name, "x");
    EXPECT_EQ(event.data, "{\"a\":\n1}");
    EXPECT_TRUE(event.is_sse);
    EXPECT_FALSE(parse_event("HTTP/1.1 200 OK\n\n", buffer).is_sse);
}

// ---- what the client gets

std::string write_all(const RequestFacts& facts, Dialect upstream, std::string_view bytes,
                      const AnswerOptions& options = {}) {
    StreamReader reader(ProviderKind::kOpenAi, upstream);
    StreamWriter writer(facts, upstream, options);
    std::string out;
    reader.feed(bytes);
    while (const std::optional<Piece> piece = reader.next()) {
        const Result<void> written = writer.write(*piece, out);
        EXPECT_TRUE(written) << (written ? "" : written.error().message);
    }
    if (reader.ended_properly()) writer.end(out);
    return out;
}

TEST(StreamWriter, PassesBytesAndTakesOutOnlyTheUsageNobodyAskedFor) {
    RequestFacts facts;
    facts.wants_usage = true;
    EXPECT_EQ(write_all(facts, Dialect::kChat, kChatStream), kChatStream);
    facts.wants_usage = false;
    const std::string out = write_all(facts, Dialect::kChat, kChatStream);
    EXPECT_EQ(out.find("prompt_tokens"), std::string::npos);
    EXPECT_NE(out.find("[DONE]"), std::string::npos);
    EXPECT_NE(out.find("OPENROUTER"), std::string::npos);
    facts.dialect = Dialect::kMessages;
    EXPECT_EQ(write_all(facts, Dialect::kMessages, kMessagesStream), kMessagesStream);
}

TEST(StreamWriter, EndsACutAnswerAsItsDialectDoes) {
    const Usage usage{11, 3, 0, 0, 0, true, false};
    for (Dialect dialect : {Dialect::kChat, Dialect::kMessages, Dialect::kOllamaChat, Dialect::kResponses}) {
        const std::string_view head =
            dialect == Dialect::kChat
                ? kChatStream.substr(
                      0, kChatStream.find("data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},"))
            : dialect == Dialect::kMessages
                ? kMessagesStream.substr(0, kMessagesStream.find("event: content_block_stop"))
            : dialect == Dialect::kOllamaChat
                ? "{\"model\":\"q\",\"message\":{\"content\":\"Hi\"},\"done\":false}\n"
                : "data: {\"type\":\"response.output_text.delta\",\"delta\":\"Hi\"}\n\n";
        RequestFacts facts;
        facts.dialect = dialect;
        facts.wants_usage = true;
        StreamReader reader(ProviderKind::kOpenAi, dialect);
        StreamWriter writer(facts, dialect, {});
        std::string out;
        reader.feed(head);
        while (const std::optional<Piece> piece = reader.next()) ASSERT_TRUE(writer.write(*piece, out));
        writer.write_cut(reader, usage, out);
        // The client's own reading of it: a proper end by length, with the usage so far.
        StreamReader client(ProviderKind::kOpenAi, dialect);
        const Reading reading = read_all(client, out, out.size());
        EXPECT_TRUE(client.ended_properly()) << out;
        EXPECT_EQ(client.finish(), Finish::kLength) << out;
        EXPECT_EQ(client.usage().output, 3) << out;
        EXPECT_FALSE(client.open_block()) << out;
    }
}

TEST(StreamWriter, TellsAFailureInEveryDialect) {
    for (Dialect dialect : {Dialect::kChat, Dialect::kMessages, Dialect::kOllamaChat, Dialect::kResponses}) {
        RequestFacts facts;
        facts.dialect = dialect;
        StreamWriter writer(facts, dialect, {});
        std::string out;
        writer.write_error({502, "stream_broken", "the provider cut its answer", "req_1", ""}, out);
        StreamReader client(ProviderKind::kOpenAi, dialect);
        const Reading reading = read_all(client, out, out.size());
        EXPECT_THAT(reading.kinds, ElementsAre(kError)) << out;
        EXPECT_EQ(client.error()->message, "the provider cut its answer");
        EXPECT_FALSE(client.ended_properly());
    }
}

}  // namespace
}  // namespace nightshift::gateway
