#include "live/resume_token.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/text.h"
#include "live/types.h"

namespace nightshift::live {
namespace {

TEST(ResumeToken, ReadsWhatIsWritten) {
    std::string text = "5f1c";
    append_place(text, true, percent_encode("fleet"), 813);
    append_place(text, false, percent_encode("session:a,b:c.d%"), UINT64_MAX);
    EXPECT_EQ(text, "5f1c.fleet:813,session%3Aa%2Cb%3Ac.d%25:18446744073709551615");
    auto token = parse_resume_token(text);
    ASSERT_TRUE(token);
    EXPECT_EQ(token->epoch, "5f1c");
    EXPECT_EQ(token->find("fleet"), 813u);
    EXPECT_EQ(token->find("session:a,b:c.d%"), UINT64_MAX);
    EXPECT_EQ(token->find("events"), std::nullopt);
}

TEST(ResumeToken, MayHoldNoPlace) {
    auto token = parse_resume_token("5f1c.");
    ASSERT_TRUE(token);
    EXPECT_TRUE(token->places.empty());
}

TEST(ResumeToken, IsNothingWhenBroken) {
    for (std::string text : {"", ".", "abc", ".fleet:1", "e.fleet", "e.fleet:", "e.fleet:x", "e.fleet:-1",
                             "e.fleet:1,", "e.%zz:1", "e.fleet:99999999999999999999"}) {
        EXPECT_FALSE(parse_resume_token(text)) << text;
    }
    EXPECT_FALSE(parse_resume_token("e.fleet:1" + std::string(kTokenBytesMax, '1')));
}

TEST(ResumeToken, IsNothingWithTooManyPlaces) {
    std::string text = "e";
    for (size_t i = 0; i <= kSubscriptionsMax; ++i) append_place(text, i == 0, "fleet", i);
    EXPECT_FALSE(parse_resume_token(text));
}

TEST(ResumeToken, SurvivesGarbage) {
    Random random(7);
    for (int i = 0; i < 20'000; ++i) {
        std::string text;
        for (uint64_t length = random.below(40); length > 0; --length) text += "e.:,%0f\xff"[random.below(8)];
        auto token = parse_resume_token(text);
        if (token) EXPECT_FALSE(token->epoch.empty());
    }
}

}  // namespace
}  // namespace nightshift::live
