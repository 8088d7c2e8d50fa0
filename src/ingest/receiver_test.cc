#include "ingest/receiver.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <protozero/pbf_reader.hpp>

#include "ingest/mapping_for_test.h"
#include "io/blocking.h"
#include "io/loop.h"

namespace nightshift::ingest {
namespace {

using testing::HasSubstr;

// A receiver on a real recorder in a folder of its own, and a loop to run it.
class ReceiverTest : public testing::Test {
protected:
    void SetUp() override {
        directory_ = std::filesystem::temp_directory_path() /
                     fmt::format("ns-receiver-{}", testing::UnitTest::GetInstance()->random_seed());
        directory_ += testing::UnitTest::GetInstance()->current_test_info()->name();
        std::filesystem::remove_all(directory_);
        start();
    }
    void TearDown() override {
        receiver_.reset();
        recorder_.reset();
        std::filesystem::remove_all(directory_);
    }

    void start(recorder::Options options = {}) {
        receiver_.reset();
        recorder_.reset();
        options.directory = directory_;
        auto opened = recorder::Recorder::open(std::move(options), clock_);
        ASSERT_TRUE(opened.has_value()) << opened.error().message;
        recorder_ = std::move(*opened);
        receiver_ = std::make_unique<Receiver>(*recorder_, Receiver::Options{}, clock_);
    }

    // A queue that holds one event and is not committed while the test runs.
    void fill_queue() {
        recorder::Options options;
        options.commit_interval = std::chrono::hours(1);
        options.commit_bytes = 1u << 30;
        options.queue_bytes_max = 1;
        start(options);
        auto batch = std::make_shared<recorder::EventBatch>();
        batch->events.emplace_back().tenant = "default";
        recorder_->append(std::move(batch), [](Result<recorder::Receipt>) {});
    }

    net::Response post(Signal signal, std::string type, std::string body, std::string encoding = "") {
        net::Request request = make_request(std::move(type), std::move(body), std::move(encoding));
        return run([this, signal, request]() -> Task<net::Response> {
            return receiver_->otlp(signal, request, "default");
        });
    }
    net::Response post_events(std::string body, std::string type = "application/x-ndjson") {
        net::Request request = make_request(std::move(type), std::move(body), "");
        return run(
            [this, request]() -> Task<net::Response> { return receiver_->events(request, "default"); });
    }

    static net::Request make_request(std::string type, std::string body, std::string encoding) {
        net::Request request;
        request.method = net::Method::kPost;
        if (!type.empty()) request.headers.add("Content-Type", type);
        if (!encoding.empty()) request.headers.add("Content-Encoding", encoding);
        request.body = std::move(body);
        return request;
    }

    static Task<> answer_into(const std::function<Task<net::Response>()>& call, net::Response& response) {
        response = co_await call();
    }

    net::Response run(const std::function<Task<net::Response>()>& call) {
        net::Response response;
        io::run_blocking(loop_, [&]() -> Task<> { return answer_into(call, response); });
        return response;
    }

    std::filesystem::path directory_;
    ManualClock clock_{from_unix_us(1'795'320'000'000'000)};
    io::Loop loop_{"test"};
    std::unique_ptr<recorder::Recorder> recorder_;
    std::unique_ptr<Receiver> receiver_;
};

constexpr const char* kProtobuf = "application/x-protobuf";
constexpr const char* kJson = "application/json";

TEST_F(ReceiverTest, AnswersFullSuccessWithAnEmptyMessageInTheSameEncoding) {
    net::Response protobuf = post(Signal::kTraces, kProtobuf, test_data("agent_spans_64.pb"));
    EXPECT_EQ(protobuf.status, 200);
    EXPECT_EQ(protobuf.body, "");
    EXPECT_EQ(protobuf.headers.get("content-type"), kProtobuf);
    net::Response json =
        post(Signal::kLogs, "application/json; charset=utf-8", test_data("claude_code_logs.json"));
    EXPECT_EQ(json.status, 200);
    EXPECT_EQ(json.body, "{}");
    EXPECT_EQ(json.headers.get("content-type"), kJson);
    EXPECT_EQ(receiver_->stats().spans_total, 64u);
    EXPECT_EQ(recorder_->stats().events_total,
              receiver_->stats().spans_total + receiver_->stats().logs_total);
}

TEST_F(ReceiverTest, TakesEmptyRequestsAsSuccess) {
    EXPECT_EQ(post(Signal::kTraces, kProtobuf, "").status, 200);
    EXPECT_EQ(post(Signal::kMetrics, kJson, "{}").status, 200);
    EXPECT_EQ(post(Signal::kLogs, kJson, R"({"resourceLogs":[]})").status, 200);
}

TEST_F(ReceiverTest, DropsARetryAndStillSaysSuccess) {
    post(Signal::kTraces, kProtobuf, test_data("agent_spans_64.pb"));
    EXPECT_EQ(post(Signal::kTraces, kProtobuf, test_data("agent_spans_64.pb")).status, 200);
    EXPECT_EQ(receiver_->stats().duplicates_total, 64u);
    EXPECT_EQ(recorder_->stats().events_total, 64u);
    post(Signal::kLogs, kJson, test_data("claude_code_logs.json"));
    const uint64_t once = recorder_->stats().events_total;
    post(Signal::kLogs, kProtobuf,
         test_data("claude_code_logs.pb"));  // the other encoding is the same request
    EXPECT_EQ(recorder_->stats().events_total, once);
}

TEST_F(ReceiverTest, RefusesOtherContentTypes) {
    for (const char* type : {"", "text/plain", "application/grpc"}) {
        net::Response response = post(Signal::kTraces, type, "{}");
        EXPECT_EQ(response.status, 415) << type;
        EXPECT_THAT(response.body, HasSubstr("application/x-protobuf"));
    }
}

TEST_F(ReceiverTest, AnswersBadDataWithAStatusInTheSameEncoding) {
    net::Response json = post(Signal::kTraces, kJson, "{nope");
    EXPECT_EQ(json.status, 400);
    EXPECT_THAT(json.body, HasSubstr(R"({"code":3,"message":)"));
    net::Response protobuf = post(Signal::kTraces, kProtobuf, "nonsense");
    EXPECT_EQ(protobuf.status, 400);
    protozero::pbf_reader status(protobuf.body);
    ASSERT_TRUE(status.next(1));
    EXPECT_EQ(status.get_int32(), 3);
    EXPECT_EQ(recorder_->stats().events_total, 0u);
    EXPECT_EQ(receiver_->stats().bad_requests_total, 2u);
}

TEST_F(ReceiverTest, InflatesGzipAndRefusesWhatIsTooLargeOrBroken) {
    EXPECT_EQ(post(Signal::kTraces, kProtobuf, test_data("agent_spans_64.pb.gz"), "gzip").status, 200);
    EXPECT_EQ(post(Signal::kTraces, kProtobuf, "not gzip", "gzip").status, 400);
    EXPECT_EQ(post(Signal::kTraces, kProtobuf, "x", "br").status, 400);
    net::Response response = post(Signal::kTraces, kProtobuf, test_data("zeros_over_64_mib.gz"), "gzip");
    EXPECT_EQ(response.status, 413);
    EXPECT_EQ(response.headers.find("retry-after"), std::nullopt);
}

TEST_F(ReceiverTest, ReportsPartialSuccess) {
    ShortRecord bad = {"bad", {}};
    bad.span = "00";
    const std::string body = span_request({{"good", {}}, bad});
    net::Response json = post(Signal::kTraces, kJson, body);
    EXPECT_EQ(json.status, 200);
    EXPECT_THAT(json.body,
                HasSubstr(R"({"partialSuccess":{"rejectedSpans":"1","errorMessage":"a span has a span id)"));
    EXPECT_EQ(receiver_->stats().rejected_total, 1u);
}

TEST_F(ReceiverTest, AsksToComeBackWhenTheQueueIsFull) {
    fill_queue();
    net::Response response = post(Signal::kTraces, kProtobuf, test_data("agent_spans_64.pb"));
    EXPECT_EQ(response.status, 429);
    EXPECT_EQ(response.headers.get("retry-after"), "1");
    net::Response lines = post_events("{\"name\":\"x\"}");
    EXPECT_EQ(lines.status, 429);
    EXPECT_EQ(lines.headers.get("content-type"), "application/problem+json");
    EXPECT_EQ(receiver_->stats().refused_total, 2u);
}

TEST_F(ReceiverTest, CountsMetricsAgainWhenTheyCouldNotBeWritten) {
    const std::string body =
        R"({"resourceMetrics":[{"scopeMetrics":[{"scope":{"name":"openclaw"},"metrics":[{"name":"openclaw.tokens","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[{"startTimeUnixNano":"1795320000000000001","timeUnixNano":"1795320001000000000","asInt":"7","attributes":[{"key":"openclaw.token","value":{"stringValue":"input"}}]}]}}]}]}]})";
    fill_queue();
    EXPECT_EQ(post(Signal::kMetrics, kJson, body).status, 429);
    EXPECT_EQ(receiver_->stats().series, 0u);
}

TEST_F(ReceiverTest, AnswersEventLinesWithTheirErrors) {
    net::Response response =
        post_events("{\"id\":\"1\",\"name\":\"a\"}\nnope\n{\"id\":\"2\",\"name\":\"b\"}\n");
    EXPECT_EQ(response.status, 200);
    EXPECT_THAT(response.body, HasSubstr(R"({"accepted":2,"duplicates":0)"));
    EXPECT_THAT(response.body, HasSubstr(R"("rejected":[{"line":2,"error":)"));
    response = post_events("{\"id\":\"1\",\"name\":\"a\"}\n");
    EXPECT_THAT(response.body, HasSubstr(R"({"accepted":0,"duplicates":1)"));
    EXPECT_EQ(post_events("{}", "image/png").status, 415);
    EXPECT_EQ(post_events("").status, 200);
}

}  // namespace
}  // namespace nightshift::ingest
