#include "live/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "base/text.h"
#include "live/types.h"

namespace nightshift::live {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Command, ReadsBothMembers) {
    auto command = parse_command(R"( { "subscribe" : ["session:a", "events"], "unsubscribe":[ ] } )");
    ASSERT_TRUE(command);
    EXPECT_THAT(command->subscribe, ElementsAre("session:a", "events"));
    EXPECT_THAT(command->unsubscribe, IsEmpty());
    EXPECT_TRUE(parse_command("{}"));
}

TEST(Command, UndoesEscapes) {
    auto command = parse_command(R"({"subscribe":["session:\"\\\/\n\u00e4\u20ac\ud83d\ude00"]})");
    ASSERT_TRUE(command) << command.error().message;
    EXPECT_THAT(command->subscribe, ElementsAre("session:\"\\/\n\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"));
}

TEST(Command, RefusesWhatIsNoCommandAndSaysWhere) {
    for (std::string text : {"",
                             "nonsense",
                             "[]",
                             "null",
                             "{",
                             "{\"subscribe\"}",
                             "{\"subscribe\":}",
                             "{\"subscribe\":[}",
                             "{\"subscribe\":[1]}",
                             "{\"subscribe\":[\"a\",]}",
                             "{\"subscribe\":[\"a\"],}",
                             "{\"subscribe\":\"a\"}",
                             "{\"subscribe\":[\"a\"]} x",
                             "{\"subscribe\":[\"\\x\"]}",
                             "{\"subscribe\":[\"\\u12\"]}",
                             "{\"subscribe\":[\"\\ud800\"]}",
                             "{\"subscribe\":[\"\\udc00\"]}",
                             "{\"subscribe\":[\"\\ud800\\u0041\"]}",
                             "{\"subscribe\":[\"\n\"]}",
                             "{\"subscribe\":[\"\xff\"]}",
                             "{\"subscribe\":[\"a",
                             "{\"subscribe\":[\"\\"}) {
        auto command = parse_command(text);
        ASSERT_FALSE(command) << text;
        EXPECT_EQ(command.error().code, Code::kInvalid) << text;
    }
    EXPECT_THAT(parse_command("{\"shutdown\":[]}").error().message, HasSubstr("subscribe and unsubscribe"));
    EXPECT_THAT(parse_command("{\"subscribe\":[7]}").error().message, HasSubstr("byte 14"));
}

TEST(Command, LimitsNamesAndSize) {
    std::string many = "{\"subscribe\":[\"a\"";
    for (size_t i = 0; i < kSubscriptionsMax; ++i) many += ",\"a\"";
    EXPECT_EQ(parse_command(many + "]}").error().code, Code::kLimit);
    EXPECT_EQ(parse_command(std::string(kCommandBytesMax + 1, ' ')).error().code, Code::kLimit);
}

TEST(Command, SurvivesGarbage) {
    Random random(11);
    std::string seed = R"({"subscribe":["session:\u00e4","events"],"unsubscribe":["fleet"]})";
    for (int i = 0; i < 50'000; ++i) {
        std::string text = seed;
        for (uint64_t edits = random.below(4); edits > 0; --edits) {
            size_t at = random.below(text.size());
            if (random.below(2) == 0) text.resize(at + 1);
            text[at] = static_cast<char>(random.below(256));
        }
        auto command = parse_command(text);
        if (!command) continue;
        for (const std::string& name : command->subscribe) EXPECT_TRUE(is_valid_utf8(name));
    }
}

}  // namespace
}  // namespace nightshift::live
