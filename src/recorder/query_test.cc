#include "recorder/query.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>

#include "recorder/event_fixture.h"
#include "recorder/recorder.h"

namespace nightshift::recorder {
namespace {

using testing::append;
using testing::batch_of;

constexpr int64_t kNowUs = 1'790'000'000'000'000;
constexpr int64_t kHourUs = 3600ll * 1000 * 1000;

class QueryTest : public ::testing::Test {
protected:
    QueryTest() {
        options_.directory = folder_.path();
        recorder_ = *Recorder::open(options_, clock_);
    }
    QueryResult run(const Query& query) {
        Result<QueryResult> result = recorder_->query(query);
        EXPECT_TRUE(result) << result.error().message;
        return result ? *result : QueryResult();
    }

    testing::Folder folder_;
    Options options_;
    ManualClock clock_{from_unix_us(kNowUs)};
    std::unique_ptr<Recorder> recorder_;
};

std::string show(const QueryResult& result) {
    std::string out;
    for (const auto& row : result.rows) {
        for (const Value& value : row) {
            if (const auto* whole = std::get_if<int64_t>(&value))
                out += fmt::format("{}|", *whole);
            else if (const auto* real = std::get_if<double>(&value))
                out += fmt::format("{:.9g}|", *real);
            else if (const auto* text = std::get_if<std::string>(&value))
                out += *text + "|";
            else
                out += "null|";
        }
        out += "\n";
    }
    return out;
}

TEST_F(QueryTest, CountsAndSumsByGroup) {
    ASSERT_TRUE(append(*recorder_, batch_of(40, kNowUs)));
    Query query;
    query.group_by = {"agent"};
    query.aggregates = {"count", "errors", "sum(input_tokens)", "max(duration)", "count_distinct(session)"};
    query.order_by = "-sum(input_tokens)";
    query.limit = 2;
    QueryResult result = run(query);
    EXPECT_EQ(result.columns, (std::vector<std::string>{"agent", "count", "errors", "sum(input_tokens)",
                                                        "max(duration)", "count_distinct(session)"}));
    EXPECT_EQ(show(result), "agent-4|8|1|972|2443|8|\nagent-3|8|1|964|2406|8|\n");
    EXPECT_TRUE(result.is_truncated);
    EXPECT_FALSE(result.from_rollup);
}

TEST_F(QueryTest, GivesOneRowWithoutGroupsEvenWhenNothingMatches) {
    Query query;
    query.aggregates = {"count", "avg(duration)", "p95(duration)", "sum(cost)"};
    EXPECT_EQ(show(run(query)), "0|null|null|0|\n");
    query.group_by = {"agent"};
    EXPECT_EQ(show(run(query)), "");
}

TEST_F(QueryTest, SaysWhatIsWrong) {
    for (auto [group, aggregate, order] :
         {std::tuple("agnet", "count", ""), std::tuple("time(1x)", "count", ""),
          std::tuple("agent", "sum(agent)", ""), std::tuple("agent", "p101(duration)", ""),
          std::tuple("agent", "median(duration)", ""), std::tuple("agent", "count", "cost")}) {
        Query query;
        query.group_by = {group};
        query.aggregates = {aggregate};
        query.order_by = order;
        Result<QueryResult> result = recorder_->query(query);
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code, Code::kInvalid);
    }
}

TEST_F(QueryTest, RefusesMoreMemoryThanItMayUse) {
    options_.directory = folder_.path() / "small";
    options_.query_bytes_max = 10000;
    recorder_ = *Recorder::open(options_, clock_);
    ASSERT_TRUE(append(*recorder_, batch_of(3000, kNowUs)));
    Query query;
    query.group_by = {"span"};
    query.aggregates = {"p99(duration)"};
    Result<QueryResult> result = recorder_->query(query);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::kLimit);
}

TEST_F(QueryTest, AnswersFromRollupsOnceSealed) {
    ASSERT_TRUE(append(*recorder_, batch_of(2000, kNowUs)));
    std::vector<Query> queries;
    for (auto [where, groups] : std::vector<std::pair<std::string, std::vector<std::string>>>{
             {"", {}},
             {"", {"agent"}},
             {"agent = agent-2", {"time(1h)"}},
             {"", {"time(1m)", "model"}},
             {"kind = model_call and status = error", {"name"}},
             {"", {"kind", "provider", "model", "status"}}}) {
        Query query;
        query.where = where;
        query.group_by = groups;
        query.aggregates = {"count",         "errors",    "sum(total_tokens)", "sum(cost)",
                            "avg(duration)", "min(ttft)", "max(duration)",     "p50(duration)",
                            "p95(duration)", "p99(ttft)"};
        queries.push_back(query);
    }
    std::vector<std::string> scanned;
    for (const Query& query : queries) {
        QueryResult result = run(query);
        EXPECT_FALSE(result.from_rollup);
        scanned.push_back(show(result));
    }
    ASSERT_TRUE(recorder_->seal_all());
    for (size_t i = 0; i < queries.size(); ++i) {
        QueryResult result = run(queries[i]);
        EXPECT_TRUE(result.from_rollup) << i;
        EXPECT_EQ(result.rows_scanned, 0u);
        EXPECT_EQ(show(result), scanned[i]) << i;
    }
    queries[0].where = "host = node-1";
    EXPECT_FALSE(run(queries[0]).from_rollup);
}

// One way to say what a query means, event by event.
class Brute {
public:
    explicit Brute(const std::vector<Event>& events) : events_(events) {}

    // count, sum(output_tokens), max(duration) by kind and hour, for one agent.
    std::string kinds_by_hour(std::string_view agent, int64_t from_us, int64_t to_us) const {
        std::map<std::pair<std::string, int64_t>, std::array<int64_t, 3>> groups;
        for (const Event& event : events_) {
            if (event.agent != agent || event.time_us < from_us || event.time_us >= to_us) continue;
            auto& group = groups
                              .try_emplace({std::string(to_string(event.kind)),
                                            event.time_us / kHourUs * kHourUs / 1000},
                                           std::array<int64_t, 3>{0, 0, -1})
                              .first->second;
            group[0] += 1;
            group[1] += static_cast<int64_t>(event.output_tokens);
            group[2] = std::max(group[2], event.duration_us);
        }
        std::string out;
        for (const auto& [key, group] : groups) {
            out += fmt::format("{}|{}|{}|{}|{}|\n", key.first, key.second, group[0], group[1],
                               group[2] < 0 ? "null" : std::to_string(group[2]));
        }
        return out;
    }

private:
    const std::vector<Event>& events_;
};

TEST_F(QueryTest, MemorySegmentsAndBruteForceAgreeForRandomEvents) {
    for (uint64_t seed = 1; seed <= 6; ++seed) {
        options_.directory = folder_.path() / std::to_string(seed);
        recorder_ = *Recorder::open(options_, clock_);
        Random random(seed);
        EventBatch all;
        std::vector<Event> events;
        int64_t start_us = kNowUs - 5 * kHourUs;
        for (int b = 0; b < 12; ++b) {
            auto batch = std::make_shared<EventBatch>();
            for (uint64_t i = 0; i < 400; ++i)
                batch->events.push_back(testing::random_event(*batch, random, start_us, 5 * kHourUs));
            for (Event event : batch->events) {
                event.agent = all.keep(event.agent);
                event.attributes = all.keep(event.attributes);
                events.push_back(event);
            }
            ASSERT_TRUE(append(*recorder_, batch));
            if (b == 4 && seed % 2 == 0) {
                ASSERT_TRUE(recorder_->seal_all());
            }
        }
        Query query;
        query.scope.from_us = start_us + kHourUs / 3;
        query.scope.to_us = kNowUs - kHourUs / 7;
        query.where = "agent = agent-2";
        query.group_by = {"kind", "time(1h)"};
        query.aggregates = {"count", "sum(output_tokens)", "max(duration)"};
        std::string expected = Brute(events).kinds_by_hour("agent-2", query.scope.from_us, query.scope.to_us);
        EventQuery page;
        page.where = "status = error and not kind = log";
        page.text = "needle";
        page.limit = 10000;
        auto matches = [&] {
            std::vector<std::string> ids;
            Result<EventPage> read = recorder_->events(page);
            EXPECT_TRUE(read);
            for (const Event& event : read->batch->events) ids.emplace_back(event.id);
            return ids;
        };
        EXPECT_EQ(show(run(query)), expected) << seed;
        std::vector<std::string> before = matches();
        auto hit = [](const Event& event) {
            return event.status == Status::kError && event.kind != Kind::kLog &&
                   event.attributes.find("Needle") != event.attributes.npos;
        };
        EXPECT_EQ(before.size(), static_cast<size_t>(std::count_if(events.begin(), events.end(), hit)));
        ASSERT_TRUE(recorder_->seal_all());
        EXPECT_EQ(show(run(query)), expected) << seed;
        EXPECT_EQ(matches(), before) << seed;
    }
}

}  // namespace
}  // namespace nightshift::recorder
