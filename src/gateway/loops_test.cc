#include "gateway/loops.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace nightshift::gateway {
namespace {

using std::chrono::seconds;

struct Step {
    std::string arguments;
    std::string result;
    std::string text;
};

std::string json_text(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

// The request of an agent that has made these calls since the user asked, in each dialect.
std::string chat(const std::vector<Step>& steps, std::string_view tail = "") {
    std::string body =
        R"({"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"Do it."})";
    for (size_t i = 0; i < steps.size(); ++i) {
        body += fmt::format(
            R"(,{{"role":"assistant","content":{},"tool_calls":[{{"id":"c{}","type":"function","function":{{"name":"look","arguments":{}}}}}]}})",
            json_text(steps[i].text), i, json_text(steps[i].arguments));
        body += fmt::format(R"(,{{"role":"tool","tool_call_id":"c{}","content":{}}})", i,
                            json_text(steps[i].result));
    }
    return body + std::string(tail) + "]}";
}

std::string messages(const std::vector<Step>& steps) {
    std::string body = R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Do it."})";
    for (size_t i = 0; i < steps.size(); ++i) {
        body += fmt::format(
            R"(,{{"role":"assistant","content":[{{"type":"text","text":{}}},{{"type":"tool_use","id":"c{}","name":"look","input":{}}}]}})",
            json_text(steps[i].text), i, steps[i].arguments);
        body += fmt::format(
            R"(,{{"role":"user","content":[{{"type":"tool_result","tool_use_id":"c{}","content":{}}}]}})", i,
            json_text(steps[i].result));
    }
    return body + "]}";
}

std::string ollama(const std::vector<Step>& steps) {
    std::string body = R"({"model":"m","messages":[{"role":"user","content":"Do it."})";
    for (const Step& step : steps) {
        body += fmt::format(
            R"(,{{"role":"assistant","content":{},"tool_calls":[{{"function":{{"name":"look","arguments":{}}}}}]}})",
            json_text(step.text), step.arguments);
        body += fmt::format(R"(,{{"role":"tool","tool_name":"look","content":{}}})", json_text(step.result));
    }
    return body + "]}";
}

std::string responses(const std::vector<Step>& steps) {
    std::string body = R"({"model":"m","input":[{"role":"user","content":"Do it."})";
    for (size_t i = 0; i < steps.size(); ++i) {
        body += fmt::format(R"(,{{"type":"function_call","call_id":"c{}","name":"look","arguments":{}}})", i,
                            json_text(steps[i].arguments));
        body += fmt::format(R"(,{{"type":"function_call_output","call_id":"c{}","output":{}}})", i,
                            json_text(steps[i].result));
    }
    return body + "]}";
}

LoopEvidence loop_in(Dialect dialect, std::string_view body, const LoopOptions& options = {}) {
    return find_loop(read_conversation(dialect, body), options);
}

std::vector<Step> same(size_t times) {
    return std::vector<Step>(times, Step{R"({"at":"sky"})", "blue", ""});
}

TEST(Loops, BeginWithTheFourthCallAlikeInEveryDialect) {
    const std::pair<Dialect, std::string (*)(const std::vector<Step>&)> dialects[] = {
        {Dialect::kChat, [](const std::vector<Step>& steps) { return chat(steps); }},
        {Dialect::kMessages, messages},
        {Dialect::kOllamaChat, ollama},
        {Dialect::kResponses, responses}};
    for (const auto& [dialect, write] : dialects) {
        EXPECT_FALSE(loop_in(dialect, write(same(3))).is_loop()) << to_string(dialect);
        const LoopEvidence evidence = loop_in(dialect, write(same(4)));
        EXPECT_TRUE(evidence.is_loop()) << to_string(dialect);
        EXPECT_EQ(evidence.kind, LoopKind::kSameCall);
        EXPECT_EQ(evidence.count, 4u);
        EXPECT_EQ(evidence.text, R"(look {"at":"sky"})");
    }
}

TEST(Loops, AreNotWorkThroughABatch) {
    std::vector<Step> steps;
    for (int i = 0; i < 40; ++i) {
        steps.push_back({fmt::format(R"({{"path":"part-{:04}.csv"}})", i), "ok",
                         "Now let me look at the next file of the list, as you asked."});
    }
    EXPECT_LT(loop_in(Dialect::kChat, chat(steps)).score, 0.5);
}

TEST(Loops, GiveTimeToWhoTriesAgainAfterAChange) {
    std::vector<Step> steps;
    for (int i = 0; i < 5; ++i) {
        steps.push_back({fmt::format(R"({{"edit":"{}"}})", i), "done", ""});
        steps.push_back({R"({"run":"tests"})", "1 failed", ""});
    }
    EXPECT_FALSE(loop_in(Dialect::kChat, chat(steps)).is_loop());
    for (int i = 5; i < 8; ++i) {
        steps.push_back({fmt::format(R"({{"edit":"{}"}})", i), "done", ""});
        steps.push_back({R"({"run":"tests"})", "1 failed", ""});
    }
    EXPECT_TRUE(loop_in(Dialect::kChat, chat(steps)).is_loop());
}

TEST(Loops, TakeAPollForWhatItIs) {
    std::vector<Step> steps;
    for (int i = 0; i < 12; ++i)
        steps.push_back({R"({"job":"7"})", "at " + std::string(static_cast<size_t>(i) + 1, 'x'), ""});
    EXPECT_FALSE(loop_in(Dialect::kChat, chat(steps)).is_loop());
    for (int i = 12; i < 30; ++i)
        steps.push_back({R"({"job":"7"})", "at " + std::string(static_cast<size_t>(i) + 1, 'x'), ""});
    EXPECT_TRUE(loop_in(Dialect::kChat, chat(steps)).is_loop());
    LoopOptions options;
    options.polls = {"look"};
    EXPECT_FALSE(loop_in(Dialect::kChat, chat(steps), options).is_loop());
    // A poll that gets the same answer for ever is a loop all the same.
    EXPECT_TRUE(loop_in(Dialect::kChat, chat(same(8)), options).is_loop());
}

TEST(Loops, IgnoreWhatChangesWithoutMeaning) {
    std::vector<Step> steps;
    for (int i = 0; i < 4; ++i) {
        steps.push_back({fmt::format(R"({{"request_id":"{}","at":"sky"}})", i),
                         fmt::format("at 2026-11-22T02:31:{:02}Z: blue", i), ""});
    }
    EXPECT_TRUE(loop_in(Dialect::kChat, chat(steps)).is_loop());
}

TEST(Loops, SeeCyclesOfTwoToFourCalls) {
    for (size_t period = 2; period <= 4; ++period) {
        std::vector<Step> steps;
        for (size_t i = 0; i < 3 * period; ++i)
            steps.push_back({fmt::format(R"({{"at":"{}"}})", i % period), "same", ""});
        const LoopEvidence evidence = loop_in(Dialect::kChat, chat(steps));
        EXPECT_TRUE(evidence.is_loop()) << period;
        EXPECT_EQ(evidence.kind, LoopKind::kCycle) << period;
        EXPECT_EQ(evidence.count, 3u);
        steps.pop_back();
        EXPECT_FALSE(loop_in(Dialect::kChat, chat(steps)).is_loop()) << period;
    }
}

TEST(Loops, SeeTheSameWordsAgain) {
    std::string body = R"({"model":"m","messages":[{"role":"user","content":"Do it."})";
    for (int i = 0; i < 3; ++i) {
        body += fmt::format(
            R"(,{{"role":"assistant","content":"I will try once more to open the file number {} and report what it says."}})",
            i);
    }
    const LoopEvidence evidence = loop_in(Dialect::kChat, body + "]}");
    EXPECT_TRUE(evidence.is_loop());
    EXPECT_EQ(evidence.kind, LoopKind::kSameAnswer);
}

TEST(Loops, EndWhenAPersonSpeaks) {
    const std::string recovered =
        chat(same(20), R"(,{"role":"user","content":"Stop that and read the manual."})");
    EXPECT_EQ(loop_in(Dialect::kChat, recovered).score, 0);
    // And what follows is judged by itself.
    const std::string after = chat(
        same(20),
        R"(,{"role":"user","content":"Go on."},{"role":"assistant","content":null,"tool_calls":[{"id":"x","function":{"name":"look","arguments":"{\"at\":\"sky\"}"}}]},{"role":"tool","tool_call_id":"x","content":"blue"})");
    EXPECT_EQ(loop_in(Dialect::kChat, after).score, 0);
}

TEST(Loops, ClimbTheLadderAsTheyGoOnAndNoHigherThanAllowed) {
    LoopOptions options;
    options.most = LoopAction::kStop;
    auto action = [&](size_t calls) {
        return loop_action(loop_in(Dialect::kChat, chat(same(calls)), options), options);
    };
    EXPECT_EQ(action(3), LoopAction::kNone);
    EXPECT_EQ(action(4), LoopAction::kAnnotate);
    EXPECT_EQ(action(6), LoopAction::kThrottle);
    EXPECT_EQ(action(7), LoopAction::kStop);
    options.most = LoopAction::kObserve;
    EXPECT_EQ(action(30), LoopAction::kObserve);
}

TEST(Loops, AreExplained) {
    EXPECT_EQ(explain(loop_in(Dialect::kChat, chat(same(5)))),
              R"(the call look {"at":"sky"} was made 5 times since a person last spoke)");
}

TEST(StormWatch, CountsTheSameRequestWithinItsWindow) {
    StormWatch watch;
    const LoopTime start{};
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(watch.count("a", 7, start + seconds(i), seconds(10)), static_cast<size_t>(i + 1));
    EXPECT_EQ(watch.count("a", 8, start + seconds(5), seconds(10)), 1u);
    EXPECT_EQ(watch.count("b", 7, start + seconds(5), seconds(10)), 1u);
    EXPECT_EQ(watch.count("a", 7, start + seconds(13), seconds(10)), 3u);
    LoopOptions options;
    EXPECT_FALSE(storm_evidence(3, options).is_loop());  // an SDK's own retries
    EXPECT_TRUE(storm_evidence(5, options).is_loop());
}

TEST(StormWatch, ForgetsTheLongestIdle) {
    StormWatch watch;
    for (size_t i = 0; i < StormWatch::kCallersMax + 10; ++i) {
        watch.count(std::to_string(i), 1, LoopTime{} + std::chrono::milliseconds(i), seconds(1000));
    }
    EXPECT_EQ(watch.size(), StormWatch::kCallersMax);
    EXPECT_EQ(watch.count("0", 1, LoopTime{} + seconds(100), seconds(1000)), 1u);
    EXPECT_EQ(watch.count("100", 1, LoopTime{} + seconds(100), seconds(1000)), 2u);
}

TEST(Conversation, KeepsItsLimits) {
    const Conversation conversation = read_conversation(Dialect::kChat, chat(same(500)));
    EXPECT_EQ(conversation.calls.size(), Conversation::kCallsMax);
    EXPECT_EQ(conversation.turns.size(), Conversation::kTurnsMax);
    EXPECT_TRUE(read_conversation(Dialect::kChat, R"({"messages":[{"role":"assistant")").turns.empty());
    EXPECT_TRUE(read_conversation(Dialect::kEmbeddings, "{}").turns.empty());
}

}  // namespace
}  // namespace nightshift::gateway
