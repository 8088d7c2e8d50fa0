#include "recorder/rollup.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "recorder/event_fixture.h"
#include "recorder/recorder.h"

namespace nightshift::recorder {
namespace {

using testing::append;

constexpr int64_t kNowUs = 1'790'000'000'000'000;
constexpr int64_t kHourUs = 3600ll * 1000 * 1000;

std::string show(const QueryResult& result) {
    std::string out;
    for (const auto& row : result.rows) {
        for (const Value& value : row) {
            if (const auto* whole = std::get_if<int64_t>(&value))
                out += fmt::format("{}|", *whole);
            else if (const auto* real = std::get_if<double>(&value))
                out += fmt::format("{:.17g}|", *real);
            else
                out += (std::holds_alternative<std::string>(value) ? std::get<std::string>(value) : "null") +
                       "|";
        }
        out += "\n";
    }
    return out;
}

// The same questions are answered from rollups and, with a condition that no rollup knows, from rows.
class RollupTest : public ::testing::Test {
protected:
    void open() {
        recorder_.reset();
        options_.directory = folder_.path() / std::to_string(++folders_);
        recorder_ = *Recorder::open(options_, clock_);
    }
    void append_random(uint64_t events) {
        auto batch = std::make_shared<EventBatch>();
        for (uint64_t i = 0; i < events; ++i)
            batch->events.push_back(
                testing::random_event(*batch, random_, kNowUs - 3 * kHourUs, 3 * kHourUs));
        ASSERT_TRUE(append(*recorder_, batch));
    }
    QueryResult run(const Query& query) {
        Result<QueryResult> result = recorder_->query(query);
        EXPECT_TRUE(result) << result.error().message;
        return result ? *result : QueryResult();
    }
    void expect_same_from_rows(const Query& query, const std::string& what) {
        QueryResult asked = run(query);
        Query scan = query;
        scan.where += scan.where.empty() ? "simulated = false" : " and simulated = false";
        QueryResult scanned = run(scan);
        EXPECT_FALSE(scanned.from_rollup) << what;
        EXPECT_LT(asked.rows_scanned, scanned.rows_scanned) << what;
        EXPECT_EQ(asked.is_truncated, scanned.is_truncated) << what;
        EXPECT_EQ(show(asked), show(scanned)) << what;
    }
    // Groups and filters of all cubes, with and without status, ordered by each column, some and all rows.
    void expect_all_same() {
        const std::vector<std::pair<std::string, std::vector<std::string>>> shapes{
            {"", {}},
            {"", {"agent"}},
            {"", {"time(1h)", "name"}},
            {"kind = tool_call or kind = model_call", {"name", "time(1h)"}},
            {"status = error", {"name"}},
            {"", {"status", "kind"}},
            {"model = \"claude-haiku-4-5\"", {"time(1h)", "provider", "model"}},
            {"", {"time(1m)", "agent"}},
        };
        for (const auto& [where, groups] : shapes) {
            Query query;
            query.where = where;
            query.group_by = groups;
            query.aggregates = {"count",         "errors",        "sum(total_tokens)", "min(ttft)",
                                "max(duration)", "p99(duration)", "p50(duration)",     "p0(ttft)",
                                "p95(duration)", "avg(duration)"};
            expect_same_from_rows(query, where + " all");
            for (std::string order : {"count", "-p95(duration)", "p0(ttft)", "-max(duration)"}) {
                for (uint32_t limit : {3u, 1000u}) {
                    query.order_by = order;
                    query.limit = limit;
                    expect_same_from_rows(query, fmt::format("{} by {}, {}", where, order, limit));
                }
            }
        }
    }

    testing::Folder folder_;
    int folders_ = 0;
    Options options_;
    ManualClock clock_{from_unix_us(kNowUs)};
    Random random_{17};
    std::unique_ptr<Recorder> recorder_;
};

TEST_F(RollupTest, SaysWhatRowsSayAcrossSegmentsAndMemory) {
    open();
    for (uint64_t events : {8000, 3000, 50}) {
        append_random(events);
        ASSERT_TRUE(recorder_->seal_all());
    }
    expect_all_same();
    append_random(500);  // and some that are not sealed
    expect_all_same();
}

TEST_F(RollupTest, SaysTheSameWhenItMayNotHoldTheRollups) {
    options_.query_bytes_max = 600'000;
    open();
    for (int i = 0; i < 4; ++i) {
        append_random(4000);
        ASSERT_TRUE(recorder_->seal_all());
    }
    for (const std::vector<std::string>& groups :
         {std::vector<std::string>{"name"}, std::vector<std::string>{"agent", "time(1h)"}}) {
        Query query;
        query.group_by = groups;
        query.aggregates = {"p50(duration)", "p99(duration)", "p95(ttft)"};
        expect_same_from_rows(query, groups[0]);
    }
}

TEST_F(RollupTest, AnswersForFewRowsToo) {
    open();
    append_random(40);
    ASSERT_TRUE(recorder_->seal_all());
    Query query;
    query.group_by = {"agent", "time(1h)"};
    query.aggregates = {"count", "p95(duration)"};
    EXPECT_TRUE(run(query).from_rollup);
    expect_same_from_rows(query, "few");
}

TEST_F(RollupTest, CountsTheKeysItKeepsInMemory) {
    open();
    append_random(5000);
    ASSERT_TRUE(recorder_->seal_all());
    EXPECT_EQ(recorder_->stats().rollup_keys, 0u);
    Query query;
    query.group_by = {"agent"};
    run(query);
    // Six agents, one of them without a name, in three hours or the four they touch.
    EXPECT_GE(recorder_->stats().rollup_keys, 18u);
    EXPECT_LE(recorder_->stats().rollup_keys, 24u);
}

}  // namespace
}  // namespace nightshift::recorder
