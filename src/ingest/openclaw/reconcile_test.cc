#include "ingest/openclaw/reconcile.h"

#include <gtest/gtest.h>

#include <set>

#include "ingest/openclaw/replay_testing.h"

namespace nightshift::ingest::openclaw {
namespace {

using recorder::EventBatch;
using recorder::Kind;
using testing::sums;

Hello hello_of(bool is_new_era) {
    Hello hello;
    hello.methods = {"cron.list", "cron.runs", "sessions.list", "chat.history"};
    if (is_new_era) hello.methods.insert(hello.methods.end(), {"tasks.list", "audit.activity.list"});
    return hello;
}

// Answers as a recorded gateway did; only the main session's history was recorded.
std::vector<std::string> run(Reconciliation& reconciliation, const std::string& era, EventBatch& out) {
    std::vector<std::string> calls;
    while (auto call = reconciliation.next()) {
        calls.push_back(call->method);
        if (calls.size() > 1000) break;
        bool is_main = call->params.find("\"agent:main:main\"") != std::string::npos;
        if (call->method == "chat.history" && !is_main)
            reconciliation.unanswered();
        else
            reconciliation.answered(testing::answer(call->method + "-" + era + ".json"), out);
    }
    return calls;
}

int count(const std::vector<std::string>& calls, const std::string& method) {
    return static_cast<int>(std::count(calls.begin(), calls.end(), method));
}

TEST(Reconciliation, ReadsEverythingTheNewEraHas) {
    Mapper mapper(testing::options());
    Hello hello = hello_of(true);
    EventBatch out;
    Reconciliation reconciliation(mapper, hello, 0);
    auto calls = run(reconciliation, "2026.9.6", out);
    for (const char* method :
         {"cron.list", "sessions.list", "cron.runs", "tasks.list", "audit.activity.list"})
        EXPECT_EQ(count(calls, method), 1) << method;
    EXPECT_GT(count(calls, "chat.history"), 10);
    auto model_calls = sums(out, Kind::kModelCall);
    EXPECT_EQ(model_calls.count, 11);
    EXPECT_EQ(sums(out, Kind::kJob).count, 20);
    EXPECT_GT(sums(out, Kind::kTurn).count, 10);
    EXPECT_EQ(sums(out, Kind::kToolCall).count, 4);
}

TEST(Reconciliation, CallsOnlyWhatTheOldEraKnows) {
    Mapper mapper(testing::options());
    Hello hello = hello_of(false);
    EventBatch out;
    Reconciliation reconciliation(mapper, hello, 0);
    auto calls = run(reconciliation, "2026.4.27", out);
    EXPECT_EQ(count(calls, "tasks.list"), 0);
    EXPECT_EQ(count(calls, "audit.activity.list"), 0);
    EXPECT_EQ(sums(out, Kind::kJob).count, 20);
    EXPECT_GT(sums(out, Kind::kModelCall).count, 4);
    // The runs of isolated jobs are turns.
    EXPECT_GT(sums(out, Kind::kTurn).count, 5);
}

// The live recording ends later than it began to lose nothing: what both tell must not count twice.
TEST(Reconciliation, DoublesNothingThatWasHeardLive) {
    for (bool is_new : {true, false}) {
        std::string era = is_new ? "2026.9.6" : "2026.4.27";
        Mapper live(testing::options());
        EventBatch heard;
        testing::replay(live, testing::recording("frames-" + era + ".jsonl"), heard);
        std::set<std::string> ids;
        for (const auto& event : heard.events) ids.insert(std::string(event.id));

        // As after a restart of Nightshift: the mapper remembers nothing, the ids must be the same by
        // themselves.
        Mapper fresh(testing::options());
        Hello hello = hello_of(is_new);
        EventBatch read;
        Reconciliation reconciliation(fresh, hello, 0);
        run(reconciliation, era, read);
        int same_calls = 0;
        int same_jobs = 0;
        int same_tools = 0;
        int same_turns = 0;
        for (const auto& event : read.events) {
            if (ids.count(std::string(event.id)) == 0) continue;
            same_calls += event.kind == Kind::kModelCall;
            same_jobs += event.kind == Kind::kJob;
            same_tools += event.kind == Kind::kToolCall;
            same_turns += event.kind == Kind::kTurn;
        }
        EXPECT_GE(same_calls, 4) << era;
        EXPECT_GE(same_tools, 1) << era;
        EXPECT_GE(same_turns, 1) << era;
        if (!is_new) EXPECT_GE(same_jobs, 3) << era;
    }
}

TEST(Reconciliation, LeavesOutWhatEndedBefore) {
    Mapper mapper(testing::options());
    Hello hello = hello_of(true);
    EventBatch out;
    Reconciliation reconciliation(mapper, hello, 1'795'399'999'999);  // later than all of it
    auto calls = run(reconciliation, "2026.9.6", out);
    EXPECT_EQ(count(calls, "chat.history"), 0);
    for (Kind kind : {Kind::kModelCall, Kind::kToolCall, Kind::kTurn, Kind::kJob})
        EXPECT_EQ(sums(out, kind).count, 0);
}

TEST(Reconciliation, EndsWhenTheGatewayRefusesEveryCall) {
    Mapper mapper(testing::options());
    Hello hello = hello_of(true);
    EventBatch out;
    Reconciliation reconciliation(mapper, hello, 0);
    Frame refusal = testing::answer("tasks.list-2026.4.27.json");
    ASSERT_FALSE(refusal.is_ok());
    int calls = 0;
    while (reconciliation.next() && ++calls < 100) reconciliation.answered(refusal, out);
    EXPECT_EQ(calls, 5);
    EXPECT_TRUE(out.events.empty());
}

}  // namespace
}  // namespace nightshift::ingest::openclaw
