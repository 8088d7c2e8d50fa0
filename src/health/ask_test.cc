#include "health/ask.h"

#include <gtest/gtest.h>

namespace nightshift::health {
namespace {

using Kind = Answer::Kind;

CommandEnd exit_with(int code, std::string output = "") {
    CommandEnd end;
    end.exit_code = code;
    end.output = std::move(output);
    return end;
}

TEST(CommandEnd, IsAnAnswerWhenTheProgramEndedByItself) {
    Answer answer = answer_of(exit_with(3, "no disk"));
    EXPECT_EQ(answer.kind, Kind::kSpoke);
    EXPECT_EQ(judge(answer, CommandQuestion().expect, Time()).says, "exits with 3, not 0: no disk");
    EXPECT_EQ(judge(answer_of(exit_with(0)), CommandQuestion().expect, Time()).outcome, Outcome::kGood);
}

TEST(CommandEnd, IsSilenceWhenItWasKilled) {
    CommandEnd late;
    late.timed_out = true;
    EXPECT_EQ(answer_of(late).kind, Kind::kSilent);
    CommandEnd crashed;
    crashed.signal = 11;
    EXPECT_EQ(answer_of(crashed).kind, Kind::kSilent);
    EXPECT_EQ(answer_of(crashed).why, "signal 11 killed it");
}

TEST(CommandEnd, SaysNothingWhenTheProgramCannotBeRun) {
    EXPECT_EQ(answer_of(fail(Code::kInvalid, "there is no such program")).kind, Kind::kNotAsked);
    EXPECT_EQ(answer_of(exit_with(127, "sh: pg_isready: not found")).kind, Kind::kNotAsked);
    EXPECT_EQ(answer_of(exit_with(126)).kind, Kind::kNotAsked);
}

TEST(OurDelay, IsAWaitThatTookFarLongerThanItShould) {
    using std::chrono::milliseconds;
    EXPECT_FALSE(is_our_delay(milliseconds(10'000), milliseconds(10'000)));
    EXPECT_FALSE(is_our_delay(milliseconds(15'000), milliseconds(10'000)));
    EXPECT_TRUE(is_our_delay(milliseconds(15'001), milliseconds(10'000)));
    EXPECT_FALSE(is_our_delay(milliseconds(1'100), milliseconds(100)));
    EXPECT_TRUE(is_our_delay(milliseconds(1'101), milliseconds(100)));
}

TEST(WithoutSecrets, HidesTheWordsOfHeadersAndOfTheEnvironment) {
    HttpQuestion http;
    http.headers["Accept"] = Secret("application/json");
    http.hidden = {Secret("Bearer hunter2-hunter2")};
    EXPECT_EQ(without_secrets(http, "you sent Bearer hunter2-hunter2 in application/json"),
              "you sent Bearer [hidden] in application/json");
    http.url = "http://api.example/health?key=abc";
    EXPECT_EQ(without_secrets(http, "http://api.example/health?key=abc did not answer"),
              "http://api.example/health[hidden] did not answer");
    CommandQuestion command;
    command.hidden = {Secret("swordfish-9")};
    EXPECT_EQ(without_secrets(command, "swordfish-9 is wrong"), "[hidden] is wrong");
    EXPECT_EQ(without_secrets(TcpQuestion{}, "as it is"), "as it is");
}

}  // namespace
}  // namespace nightshift::health
