#include "incidents/ack_token.h"

#include <gtest/gtest.h>

namespace nightshift::incidents {
namespace {

constexpr Time kNow{std::chrono::hours(24 * 365 * 56)};
const Secret kKey("0123456789abcdef0123456789abcdef");

AckGrant grant() {
    return {"inc_1", "default", "acknowledge", "ada & bob/%", kNow + seconds(60)};
}

TEST(AckToken, GivesBackWhatWasSigned) {
    std::string token = sign(grant(), kKey);
    EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."),
              std::string::npos);
    auto verified = verify(token, "inc_1", kKey, kNow);
    ASSERT_TRUE(verified) << verified.error().message;
    EXPECT_EQ(*verified, grant());
}

TEST(AckToken, SaysWhyItRefuses) {
    std::string token = sign(grant(), kKey);
    auto expired = verify(token, "inc_1", kKey, kNow + seconds(60));
    ASSERT_FALSE(expired);
    EXPECT_EQ(expired.error().code, Code::kForbidden);
    EXPECT_EQ(expired.error().message, "this link expired at 2025-12-18T00:01:00Z");
    auto other = verify(token, "inc_2", kKey, kNow);
    EXPECT_EQ(other.error().code, Code::kForbidden);
    EXPECT_EQ(other.error().message, "this link is for another incident");
    auto forged = verify(token, "inc_1", Secret("another key"), kNow);
    EXPECT_EQ(forged.error().code, Code::kForbidden);
    EXPECT_EQ(forged.error().message, "the signature of this link is wrong");
}

TEST(AckToken, NoticesEveryChangedCharacter) {
    std::string token = sign(grant(), kKey);
    for (size_t i = 0; i < token.size(); ++i) {
        std::string changed = token;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        auto verified = verify(changed, "inc_1", kKey, kNow);
        // The last character of a part has bits that mean nothing.
        if (verified) EXPECT_EQ(*verified, grant()) << i;
        bool is_inside = i + 1 < token.size() && token[i + 1] != '.';
        if (is_inside) EXPECT_FALSE(verified) << i;
    }
}

TEST(AckToken, TellsFieldsApart) {
    AckGrant one = grant();
    AckGrant two = grant();
    one.tenant = "a&b";
    one.action = "c";
    two.tenant = "a";
    two.action = "b&c";
    EXPECT_NE(sign(one, kKey), sign(two, kKey));
}

TEST(AckToken, RefusesWhatIsNoToken) {
    for (std::string_view text : {"", ".", "abc", "a.b.c", "!!.??"}) {
        auto verified = verify(text, "inc_1", kKey, kNow);
        EXPECT_FALSE(verified) << text;
    }
    EXPECT_EQ(verify(std::string(5'000, 'A') + ".A", "inc_1", kKey, kNow).error().code, Code::kInvalid);
}

}  // namespace
}  // namespace nightshift::incidents
