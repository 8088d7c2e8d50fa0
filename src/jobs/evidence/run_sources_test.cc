// exit_code, duration and output: what the run itself says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/text.h"
#include "jobs/evidence/bench_for_test.h"
#include "jobs/evidence/last_document.h"

namespace nightshift::jobs::evidence {
namespace {

using testing::Bench;
using ::testing::HasSubstr;

TEST(ExitCode, HoldsForAnAllowedCode) {
    Bench bench;
    Observation seen = bench.collect(R"({"exit_code":[0,3]})");
    EXPECT_EQ(seen.outcome, Outcome::kHolds);
    EXPECT_EQ(seen.value, 0);
    EXPECT_TRUE(seen.is_claimants_word);
    EXPECT_EQ(seen.time, bench.clock.now());
    bench.work.execution.exit_code = 3;
    EXPECT_EQ(bench.collect(R"({"exit_code":[0,3]})").outcome, Outcome::kHolds);
    EXPECT_EQ(bench.collect(R"({"exit_code":0})").outcome, Outcome::kFails);
}

TEST(ExitCode, TellsOtherEndsApart) {
    Bench bench;
    Execution& run = bench.work.execution;
    run.exit_code.reset();
    EXPECT_EQ(bench.collect(R"({"exit_code":0})").outcome, Outcome::kUnknown) << "not a process";
    run.signal = 9;
    Observation killed = bench.collect(R"({"exit_code":0})");
    EXPECT_EQ(killed.outcome, Outcome::kFails);
    EXPECT_EQ(killed.observed, "killed by signal 9");
    run.lost = true;
    EXPECT_EQ(bench.collect(R"({"exit_code":0})").outcome, Outcome::kUnknown);
}

TEST(ExitCode, RefusesWhatIsNoCode) {
    EXPECT_NE(Bench::error_of(R"({"exit_code":256})"), "");
    EXPECT_NE(Bench::error_of(R"({"exit_code":"0"})"), "");
    EXPECT_NE(Bench::error_of(R"({"exit_code":[]})"), "");
    EXPECT_NE(Bench::error_of(R"({"exit_code":0.5})"), "");
}

TEST(Duration, IsOurMeasureWhenItFails) {
    Bench bench;  // two minutes
    Observation in = bench.collect(R"({"duration":{"min":"5s","max":"10m"}})");
    EXPECT_EQ(in.outcome, Outcome::kHolds);
    EXPECT_EQ(in.value, 120);
    EXPECT_TRUE(in.is_claimants_word) << "to take long proves nothing";
    Observation out = bench.collect(R"({"duration":{"min":"2m1s"}})");
    EXPECT_EQ(out.outcome, Outcome::kFails);
    EXPECT_EQ(out.observed, "it ran 2m, less than 2m1s");
    EXPECT_FALSE(out.is_claimants_word);
    EXPECT_EQ(bench.collect(R"({"duration":{"max":"119s"}})").outcome, Outcome::kFails);
}

TEST(Duration, ComparesWithEarlierRuns) {
    Bench bench;
    const char* entry = R"({"duration":{"within":{"factor":2}}})";
    EXPECT_EQ(bench.collect(entry).outcome, Outcome::kUnknown);
    bench.work.history = {100, 110, 90, 100, 100};
    EXPECT_EQ(bench.collect(entry).outcome, Outcome::kHolds);
    bench.work.history = {500, 510, 490, 500, 500};
    EXPECT_EQ(bench.collect(entry).outcome, Outcome::kFails);
}

TEST(Duration, IsUnknownWhenTheClockJumpedBack) {
    Bench bench;
    bench.work.execution.ended = bench.work.execution.started - seconds(5);
    EXPECT_EQ(bench.collect(R"({"duration":{"max":"1h"}})").outcome, Outcome::kUnknown);
}

TEST(Duration, NeedsABound) {
    EXPECT_NE(Bench::error_of(R"({"duration":{}})"), "");
    EXPECT_THAT(Bench::error_of(R"({"duration":{"min":5}})"), HasSubstr("\"500ms\", \"5s\""));
    EXPECT_THAT(Bench::error_of(R"({"duration":{"min":"5 parsecs"}})"), HasSubstr("duration.min"));
    EXPECT_NE(Bench::error_of(R"({"duration":{"min":"2m","max":"1m"}})"), "");
}

TEST(Output, ReadsTheLastDocument) {
    Bench bench;
    bench.says(
        "starting\n{\"items\":[1]}\nworking {not json}\n{\n  \"items\": [\n    {\"id\": 1},\n    {\"id\": "
        "2}\n  ]\n}\nbye\n");
    Observation seen = bench.collect(R"({"output":{"path":"$.items","min":2,"max":100}})");
    EXPECT_EQ(seen.outcome, Outcome::kHolds);
    EXPECT_EQ(seen.value, 2);
    EXPECT_TRUE(seen.is_claimants_word);
    EXPECT_EQ(bench.collect(R"({"output":{"path":"$.items","min":3}})").outcome, Outcome::kFails);
    EXPECT_EQ(bench.collect(R"({"output":{"path":"$.gone"}})").outcome, Outcome::kFails);
}

TEST(Output, UsesTheAnswerOfARunWithoutAFile) {
    Bench bench;
    bench.work.execution.summary = "Posted 3 summaries, newest id 8831.";
    EXPECT_EQ(bench.collect(R"({"output":{"matches":"Posted [0-9]+"}})").outcome, Outcome::kHolds);
    bench.work.execution.summary = "";
    EXPECT_EQ(bench.collect(R"({"output":{"not_matches":"error"}})").outcome, Outcome::kFails);
}

TEST(Output, IsUnknownWhenItCannotBeRead) {
    Bench bench;
    bench.work.execution.output_path = (bench.folder / "gone.log").native();
    Observation seen = bench.collect(R"({"output":{"matches":"x"}})");
    EXPECT_EQ(seen.outcome, Outcome::kUnknown);
    EXPECT_THAT(seen.observed, HasSubstr("gone.log"));
}

TEST(Output, SurvivesBytesThatAreNoText) {
    Bench bench;
    bench.says(std::string("\xff\xfe\x00 noise\n", 10) + "{\"name\":\"\xff\",\"n\":1}\n");
    Observation seen = bench.collect(R"({"output":{"path":"$.n","equals":1}})");
    EXPECT_EQ(seen.outcome, Outcome::kHolds) << seen.observed;
    Observation text = bench.collect(R"({"output":{"matches":"noise"}})");
    EXPECT_EQ(text.outcome, Outcome::kHolds);
    EXPECT_TRUE(is_valid_utf8(text.observed));
}

TEST(Output, ReadsOnlyTheEndOfAGigabyte) {
    Bench bench;
    auto path = bench.write("output.log", "secret marker\n");
    std::filesystem::resize_file(path, 1u << 30);  // a hole: no disk is needed
    std::ofstream(path, std::ios::app) << "\n{\"items\":3}\n";
    bench.work.execution.output_path = path.native();
    EXPECT_EQ(bench.collect(R"({"output":{"path":"$.items","equals":3}})").outcome, Outcome::kHolds);
    EXPECT_EQ(bench.collect(R"({"output":{"matches":"items"}})").outcome, Outcome::kHolds);
    Observation lost = bench.collect(R"({"output":{"matches":"secret marker"}})");
    EXPECT_EQ(lost.outcome, Outcome::kUnknown) << "what was not read may hold it";
    EXPECT_EQ(bench.collect(R"({"output":{"not_matches":"secret marker"}})").outcome, Outcome::kUnknown);
    EXPECT_EQ(bench.collect(R"({"output":{"not_matches":"items"}})").outcome, Outcome::kFails);
}

TEST(Output, RedactsAndCutsWhatItShows) {
    Bench bench;
    std::string key = "sk-" + std::string("Ab3dEf6hIj9lMn2pQr5tUv8xYz1bCd4fGh7jKl0n");
    bench.says("key " + key + " é" + std::string(5000, 'x'));
    Observation seen = bench.collect(R"({"output":{"not_matches":"nothing"}})");
    EXPECT_THAT(seen.observed, ::testing::Not(HasSubstr(key)));
    EXPECT_LE(seen.observed.size(), kObservedBytesMax);
    EXPECT_TRUE(is_valid_utf8(seen.observed));
}

TEST(Output, NeedsAConditionThatFits) {
    EXPECT_THAT(Bench::error_of(R"({"output":{"min":3}})"), HasSubstr("needs the key 'path'"));
    EXPECT_NE(Bench::error_of(R"({"output":{"not_hollow":false}})"), "");
    EXPECT_NE(Bench::error_of(R"({"output":{"path":"$.a[*]","within":{}}})"), "");
    EXPECT_THAT(Bench::error_of(R"({"output":{"pat":"$.a"}})"), HasSubstr("did you mean 'path'?"));
    EXPECT_THAT(Bench::error_of(R"({"output":{"path":"a.b"}})"), HasSubstr("must start with $"));
}

TEST(LastDocument, IsNeverAnElementOfAnother) {
    auto last = [](std::string_view text) {
        auto document = last_document(text);
        return document ? boost::json::serialize(*document) : "none";
    };
    EXPECT_EQ(last("[\n{\"a\":1},\n{\"a\":2}\n]\n"), R"([{"a":1},{"a":2}])");
    EXPECT_EQ(last("log\n[\n{\"a\":1},\n{\"a\":2}\n]\n"), R"([{"a":1},{"a":2}])");
    EXPECT_EQ(last("{\"a\":1}\n{\"a\":2}\n"), R"({"a":2})");
    EXPECT_EQ(last("{\"a\":1}\n{\"a\":\n"), R"({"a":1})") << "a torn one does not count";
    EXPECT_EQ(last("[info] nothing\n"), "none");
    EXPECT_EQ(last("{\"a\":1} trailing words\n"), "none");
    EXPECT_EQ(last("42"), "42");
    EXPECT_EQ(last(""), "none");
}

TEST(LastDocument, TakesLinearTimeForHostileText) {
    std::string text;
    while (text.size() < kDocumentBytesMax / 4) text += "[1,\n";
    EXPECT_FALSE(last_document(text));
}

TEST(ParseSource, WantsExactlyOneKnownSource) {
    EXPECT_THAT(Bench::error_of(R"({"exitcode":0})"), HasSubstr("did you mean 'exit_code'?"));
    EXPECT_THAT(Bench::error_of(R"({"exit_code":0,"duration":{"min":"1s"}})"), HasSubstr("one source"));
    EXPECT_THAT(Bench::error_of("{}"), HasSubstr("needs a source"));
    EXPECT_THAT(Bench::error_of(R"({"exit_code":0,"impact":"degraded"})"), HasSubstr("'impact'"));
}

}  // namespace
}  // namespace nightshift::jobs::evidence
