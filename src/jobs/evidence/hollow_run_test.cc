// Runs that end well and did nothing: none of them may be taken for work.
#include <gtest/gtest.h>

#include "jobs/evidence/bench_for_test.h"
#include "net/server_for_test.h"

namespace nightshift::jobs::evidence {
namespace {

using testing::Bench;
using testing::kStart;

TEST(HollowRun, SaysNothing) {
    Bench bench;
    for (const char* output : {"", "\n\n", "   "}) {
        bench.says(output);
        EXPECT_NE(bench.collect(R"({"output":{"not_matches":"error"}})").outcome, Outcome::kHolds);
        EXPECT_NE(bench.collect(R"({"output":{"path":"$"}})").outcome, Outcome::kHolds);
    }
    bench.says("{\"items\":[],\"summary\":\"\",\"posted\":null}");
    EXPECT_NE(bench.collect(R"({"output":{"path":"$.summary"}})").outcome, Outcome::kHolds);
    EXPECT_NE(bench.collect(R"({"output":{"path":"$.posted"}})").outcome, Outcome::kHolds);
    EXPECT_NE(bench.collect(R"({"output":{"path":"$.items[*].id"}})").outcome, Outcome::kHolds);
    bench.write("report.md", "");
    EXPECT_NE(bench.collect(R"({"file":{"path":"report.md"}})").outcome, Outcome::kHolds);
    EXPECT_NE(bench.collect(R"({"file":{"path":"report.md","not_matches":"error"}})").outcome,
              Outcome::kHolds);
    EXPECT_NE(bench.collect(R"({"artefacts":{"path":"*.md","min":1}})").outcome, Outcome::kHolds);
}

TEST(HollowRun, HandsInAPlaceholderOrAPlan) {
    Bench bench;
    for (const char* output : {"TO"
                               "DO\n",
                               "[insert summary here]", "Plan only: I will post three items to the feed.",
                               "I will now fetch the feed and write the digest.", "No reply from agent.",
                               "429 Too Many Requests"}) {
        bench.says(output);
        EXPECT_NE(bench.collect(R"({"output":{"not_matches":"panic"}})").outcome, Outcome::kHolds) << output;
        bench.write("report.md", output);
        EXPECT_NE(bench.collect(R"({"file":{"path":"report.md","not_hollow":true}})").outcome,
                  Outcome::kHolds)
            << output;
        bench.work.execution.output_path.clear();
        bench.work.execution.summary = output;
        EXPECT_NE(bench.collect(R"({"output":{"matches":"."}})").outcome, Outcome::kHolds) << output;
    }
}

TEST(HollowRun, PointsAtAnOldArtefact) {
    Bench bench;
    bench.write("report.md", "last week's news", kStart - std::chrono::hours(24 * 7));
    EXPECT_NE(bench.collect(R"({"file":{"path":"report.md","newer_than_start":true}})").outcome,
              Outcome::kHolds);
    EXPECT_NE(bench.collect(R"({"file":{"path":"*.md","newer_than_start":true,"min_files":1}})").outcome,
              Outcome::kHolds);
    EXPECT_NE(bench.collect(R"({"artefacts":{"path":"*.md","min":1}})").outcome, Outcome::kHolds);
}

TEST(HollowRun, CopiesAnOldArtefact) {
    Bench bench;
    bench.write("report-2026-11-21.md", "the news", kStart - std::chrono::hours(24));
    auto file =
        Bench::source(R"({"file":{"path":"report-%Y-%m-%d.md","newer_than_start":true,"changed":true}})");
    bench.take_baseline(*file);
    bench.write("report-2026-11-22.md", "the news");
    EXPECT_NE(bench.collect(*file).outcome, Outcome::kHolds);

    auto artefacts = Bench::source(R"({"artefacts":{"path":"report-*.md","min":1,"distinct":true}})");
    std::filesystem::remove(bench.folder / "report-2026-11-22.md");
    bench.take_baseline(*artefacts);
    bench.write("report-2026-11-22.md", "the news");
    bench.write("report-2026-11-22-b.md", "the news");
    EXPECT_NE(bench.collect(*artefacts).outcome, Outcome::kHolds);
    bench.write("report-2026-11-22.md", "real news");
    EXPECT_EQ(bench.collect(*artefacts).outcome, Outcome::kHolds);
}

TEST(HollowRun, CallsItselfDelivered) {
    Bench bench;
    bench.says(R"({"delivered":true,"ok":true})");
    bench.work.deliveries = {{"telegram", "delivered", "telegram", "", kStart}};
    EXPECT_NE(bench.collect(R"({"delivery":{"channel":"telegram"}})").outcome, Outcome::kHolds);
    Observation word = bench.collect(R"({"output":{"path":"$.delivered","equals":true}})");
    EXPECT_TRUE(word.is_claimants_word) << "it may say so, but that proves nothing";
}

TEST(HollowRun, HidesBehindAnAnswerThatIsGoodOnlyOnItsFace) {
    Bench bench;
    net::FunctionHandler handler;
    std::string body;
    handler.answer = [&body](net::Request) -> Task<net::Response> {
        return [](std::string text) -> Task<net::Response> {
            co_return net::Response::json(200, std::move(text));
        }(body);
    };
    net::ServerForTest server(handler);
    for (const char* each : {R"({"error":"internal"})", R"({"ok":false})", R"({"errors":["x"]})",
                             "<html>oops</html>", "", "null", "{}"}) {
        body = each;
        std::string start = R"({"http":{"url":")" + server.url("/posts") + "\",";
        EXPECT_NE(bench.collect(start + R"("path":"$.posts[0].id"}})").outcome, Outcome::kHolds) << each;
        EXPECT_NE(bench.collect(start + R"("path":"$.posts","min":0}})").outcome, Outcome::kHolds) << each;
    }
    body = R"({"error":"internal"})";
    EXPECT_NE(bench.collect(R"({"http":{"url":")" + server.url("/") + R"(","status":200}})").outcome,
              Outcome::kHolds);
}

TEST(HollowRun, EndsTooSoonOrWithoutAToken) {
    Bench bench;
    bench.work.execution.ended = bench.work.execution.started + milliseconds(40);
    EXPECT_NE(bench.collect(R"({"duration":{"min":"5s"}})").outcome, Outcome::kHolds);
    EXPECT_NE(bench.collect(R"({"tokens":{"min":1}})").outcome, Outcome::kHolds);
}

}  // namespace
}  // namespace nightshift::jobs::evidence
