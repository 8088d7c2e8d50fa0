#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "jobs/evidence/bench_for_test.h"
#include "jobs/evidence/text_file.h"

namespace nightshift::jobs::evidence {
namespace {

using testing::Bench;
using ::testing::HasSubstr;
using testing::kStart;

TEST(File, HoldsForWorkOfThisRun) {
    Bench bench;
    bench.write("out/report-2026-11-22.md", "three posts\nid 17\nid 18\n");
    Observation seen = bench.collect(
        R"({"file":{"path":"out/report-%Y-%m-%d.md","newer_than_start":true,"min_bytes":10,"max_bytes":100,
            "matches":"id [0-9]+","not_matches":"429","lines_min":3}})");
    EXPECT_EQ(seen.outcome, Outcome::kHolds) << seen.observed;
    EXPECT_EQ(seen.value, 24);
    EXPECT_EQ(seen.observer, "file system");
    EXPECT_FALSE(seen.is_claimants_word);
}

TEST(File, NamesThePartThatFailed) {
    Bench bench;
    bench.write("a.txt", "hello world\n");
    struct Case {
        const char* entry;
        const char* expected;
    };
    const Case cases[] = {
        {R"({"file":{"path":"b.txt"}})", "there is no file b.txt"},
        {R"({"file":{"path":"a.txt","min_bytes":13}})", "below 13 bytes"},
        {R"({"file":{"path":"a.txt","max_bytes":11}})", "above 11 bytes"},
        {R"({"file":{"path":"a.txt","matches":"bye"}})", "no match of 'bye'"},
        {R"({"file":{"path":"a.txt","not_matches":"wor"}})", "which it must not"},
        {R"({"file":{"path":"a.txt","lines_min":2}})", "has 1 lines, fewer than 2"},
        {R"({"file":{"path":"a.txt","json":{"path":"$.a"}}})", "is not JSON"},
        {R"({"file":{"path":"*.txt","min_files":2}})", "1 files, fewer than 2"},
        {R"({"file":{"path":"*.txt","max_files":0}})", "1 files, more than 0"},
    };
    for (const Case& each : cases) {
        Observation seen = bench.collect(each.entry);
        EXPECT_EQ(seen.outcome, Outcome::kFails) << each.entry;
        EXPECT_THAT(seen.observed, HasSubstr(each.expected)) << each.entry;
    }
}

TEST(File, IsStaleWhenItIsOlderThanTheRun) {
    Bench bench;
    const char* entry = R"({"file":{"path":"a.txt","newer_than_start":true}})";
    auto path = bench.write("a.txt", "old", kStart - seconds(1));
    Observation seen = bench.collect(entry);
    EXPECT_EQ(seen.outcome, Outcome::kFails);
    EXPECT_THAT(seen.observed, HasSubstr("modified 2026-11-22 02:59:59Z), from before the start"));
    Bench::touch(path, kStart - milliseconds(4));  // one tick of the kernel's clock
    EXPECT_EQ(bench.collect(entry).outcome, Outcome::kHolds);
}

TEST(File, ComparesHashes) {
    Bench bench;
    bench.write("a.txt", "abc");
    EXPECT_EQ(sha256_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    std::string good = R"({"file":{"path":"a.txt","sha256":")" + sha256_of("abc") + R"("}})";
    std::string bad = R"({"file":{"path":"a.txt","sha256":")" + sha256_of("abd") + R"("}})";
    EXPECT_EQ(bench.collect(good).outcome, Outcome::kHolds);
    EXPECT_EQ(bench.collect(bad).outcome, Outcome::kFails);
    EXPECT_THAT(Bench::error_of(R"({"file":{"path":"a","sha256":"abc"}})"),
                HasSubstr("64 hexadecimal digits"));
}

TEST(File, HasChangedOnlyWithNewContent) {
    Bench bench;
    auto changed = Bench::source(R"({"file":{"path":"a.txt","changed":true}})");
    EXPECT_EQ(bench.collect(*changed).outcome, Outcome::kFails);
    bench.write("a.txt", "first");
    EXPECT_EQ(bench.collect(*changed).outcome, Outcome::kUnknown) << "no baseline was taken";
    bench.take_baseline(*changed);
    EXPECT_EQ(bench.collect(*changed).outcome, Outcome::kFails);
    bench.write("a.txt", "second");
    EXPECT_EQ(bench.collect(*changed).outcome, Outcome::kHolds);
    std::filesystem::remove(bench.folder / "a.txt");
    bench.take_baseline(*changed);
    bench.write("a.txt", "second");
    EXPECT_EQ(bench.collect(*changed).outcome, Outcome::kHolds) << "there was nothing before";
}

TEST(File, KnowsYesterdaysReportUnderTodaysName) {
    Bench bench;
    auto source =
        Bench::source(R"({"file":{"path":"report-%Y-%m-%d.md","changed":true,"newer_than_start":true}})");
    bench.write("report-2026-11-21.md", "the news", kStart - std::chrono::hours(24));
    bench.take_baseline(*source);
    bench.write("report-2026-11-22.md", "the news");
    Observation copied = bench.collect(*source);
    EXPECT_EQ(copied.outcome, Outcome::kFails);
    EXPECT_THAT(copied.observed, HasSubstr("same content as before"));
    bench.write("report-2026-11-22.md", "newer news");
    EXPECT_EQ(bench.collect(*source).outcome, Outcome::kHolds);
}

TEST(File, CountsInFoldersAndGlobs) {
    Bench bench;
    bench.write("out/a.json", "{}", kStart - seconds(60));
    bench.write("out/b.json", "{}");
    bench.write("out/deep/er/c.json", "{}");
    bench.write("out/d.txt", "x");
    bench.write("out/.hidden.json", "{}");
    auto count = [&](const std::string& path, const char* more = "") {
        return bench
            .collect(R"({"file":{"min_files":0,"max_files":1000,"path":")" + path + "\"" + more + "}}")
            .value;
    };
    EXPECT_EQ(count("out"), 5);
    EXPECT_EQ(count("out/*.json"), 2);
    EXPECT_EQ(count("out/**/*.json"), 3);
    EXPECT_EQ(count("out/**"), 4);
    EXPECT_EQ(count("**/[bc].json"), 2);
    EXPECT_EQ(count("out/?.json", R"(,"newer_than_start":true)"), 1);
    EXPECT_EQ(count((bench.folder / "out" / "*.txt").native()), 1);
    EXPECT_EQ(count("nowhere/*.json"), 0);
}

TEST(File, ReadsJsonAgainstBounds) {
    Bench bench;
    bench.write("feed.json", R"({"items":[{"id":1},{"id":2}]})");
    Observation seen = bench.collect(R"({"file":{"path":"feed.json","json":{"path":"$.items","min":2}}})");
    EXPECT_EQ(seen.outcome, Outcome::kHolds) << seen.observed;
    EXPECT_EQ(seen.value, 2);
    EXPECT_EQ(bench.collect(R"({"file":{"path":"feed.json","json":{"path":"$.items","min":3}}})").outcome,
              Outcome::kFails);
    EXPECT_THAT(Bench::error_of(R"({"file":{"path":"f","json":{"min":3}}})"),
                HasSubstr("needs the key 'path'"));
    EXPECT_THAT(Bench::error_of(R"({"file":{"path":"f","json":{"path":"$","mim":3}}})"), HasSubstr("'mim'"));
}

TEST(File, NeverOpensWhatCouldBlock) {
    Bench bench;
    ASSERT_EQ(::mkfifo((bench.folder / "pipe").c_str(), 0600), 0);
    EXPECT_EQ(bench.collect(R"({"file":{"path":"pipe","matches":"x"}})").outcome, Outcome::kFails);
}

TEST(File, DatesItsPathInAZone) {
    Bench bench;  // 03:00 UTC is still the day before in New York
    bench.write("r-2026-11-21-22.md", "x");
    const char* entry = R"({"file":{"path":"r-%Y-%m-%d-%H.md","zone":"America/New_York"}})";
    EXPECT_EQ(bench.collect(entry).outcome, Outcome::kHolds);
    EXPECT_THAT(Bench::error_of(R"({"file":{"path":"a","zone":"America/Atlantis"}})"),
                HasSubstr("no time zone"));
    EXPECT_THAT(Bench::error_of(R"({"file":{"path":"a-%y"}})"), HasSubstr("%Y %m %d"));
}

TEST(Artefacts, AreCountedAgainstBoundsAndHistory) {
    Bench bench;
    bench.write("out/old.png", "x", kStart - seconds(5));
    for (const char* name : {"out/1.png", "out/2.png", "out/3.png"}) bench.write(name, name);
    bench.write("out/empty.png", "");
    Observation seen = bench.collect(R"({"artefacts":{"path":"out/*.png","min":3,"max":3}})");
    EXPECT_EQ(seen.outcome, Outcome::kHolds) << seen.observed;
    EXPECT_EQ(seen.value, 3);
    EXPECT_EQ(bench.collect(R"({"artefacts":{"path":"out/*.png","min":5}})").outcome, Outcome::kFails);
    EXPECT_EQ(bench.collect(R"({"artefacts":{"path":"out","newer_than_start":false,"min_bytes":0,"min":5}})")
                  .outcome,
              Outcome::kHolds);
    const char* usual = R"({"artefacts":{"path":"out/*.png","within":{"factor":2}}})";
    EXPECT_EQ(bench.collect(usual).outcome, Outcome::kUnknown);
    bench.work.history = {10, 11, 9, 10, 12};
    EXPECT_EQ(bench.collect(usual).outcome, Outcome::kFails);
    EXPECT_EQ(bench.collect(R"({"artefacts":{"path":"out","distinct":true,"min":1}})").outcome,
              Outcome::kUnknown)
        << "no baseline was taken";
    EXPECT_THAT(Bench::error_of(R"({"artefacts":{"path":"a"}})"),
                HasSubstr("one of the keys min, max, within"));
}

TEST(File, RefusesUnknownKeys) {
    EXPECT_THAT(Bench::error_of(R"({"file":{"path":"a","newer_then_start":true}})"),
                HasSubstr("did you mean 'newer_than_start'?"));
    EXPECT_THAT(Bench::error_of(R"({"file":{"min_bytes":3}})"), HasSubstr("needs the key 'path'"));
    EXPECT_THAT(Bench::error_of(R"({"file":{"path":"a","min_bytes":5,"max_bytes":3}})"),
                HasSubstr("above max"));
    EXPECT_NE(Bench::error_of(R"({"file":"a"})"), "");
}

}  // namespace
}  // namespace nightshift::jobs::evidence
