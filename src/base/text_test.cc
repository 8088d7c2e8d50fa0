#include "base/text.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace nightshift {
namespace {

std::string json(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

TEST(JsonString, EscapesWhatJsonForbids) {
    EXPECT_EQ(json("a\"b\\c\n\r\t\x01"), R"("a\"b\\c\n\r\t\u0001")");
    EXPECT_EQ(json("grüße 🌙"), "\"grüße 🌙\"");
}

TEST(JsonString, IsValidForAnyBytes) {
    Random random(7);
    for (int round = 0; round < 2000; ++round) {
        std::string bytes(random.below(40), '\0');
        for (char& c : bytes) c = static_cast<char>(random.below(256));
        EXPECT_TRUE(is_valid_utf8(json(bytes)));
        EXPECT_EQ(to_valid_utf8(bytes), to_valid_utf8(to_valid_utf8(bytes)));
    }
}

TEST(Utf8, RefusesOverlongSurrogatesAndCutSequences) {
    for (std::string_view bad :
         {"\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80"}) {
        EXPECT_FALSE(is_valid_utf8(bad));
    }
    EXPECT_EQ(to_valid_utf8("a\xFF"), "a\xEF\xBF\xBD");
}

TEST(Utf8, TruncatesBetweenCharacters) {
    EXPECT_EQ(truncate_utf8("aé", 2), "a");
    EXPECT_EQ(truncate_utf8("aé", 3), "aé");
    EXPECT_EQ(truncate_utf8("", 0), "");
}

TEST(Hex, RoundTripsAndRefusesWrongDigits) {
    std::string bytes = random_bytes(33);
    EXPECT_EQ(from_hex(to_hex(bytes.data(), bytes.size())), bytes);
    EXPECT_EQ(from_hex("AbC0"), "\xAB\xC0");
    EXPECT_FALSE(from_hex("abc"));
    EXPECT_FALSE(from_hex("zz"));
}

TEST(Base64, RoundTripsEveryLength) {
    for (size_t size = 0; size < 70; ++size) {
        std::string bytes = random_bytes(size);
        EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
        EXPECT_EQ(base64_decode(base64url_encode(bytes)), bytes);
    }
    EXPECT_FALSE(base64_decode("a"));
    EXPECT_FALSE(base64_decode("ab!d"));
}

TEST(Percent, RoundTripsAndRefusesBrokenEscapes) {
    EXPECT_EQ(percent_decode(percent_encode("agent:main/ü %")), "agent:main/ü %");
    EXPECT_FALSE(percent_decode("%4"));
    EXPECT_FALSE(percent_decode("%zz"));
}

TEST(Numbers, TakeTheWholeTextOrNothing) {
    EXPECT_EQ(parse_int("-42"), -42);
    EXPECT_FALSE(parse_int("42 "));
    EXPECT_FALSE(parse_int(""));
    EXPECT_FALSE(parse_uint("-1"));
    EXPECT_FALSE(parse_uint("99999999999999999999"));
    EXPECT_EQ(parse_double("2.5e3"), 2500);
}

TEST(Nearest, FindsTypingErrorsAndNothingFarAway) {
    EXPECT_EQ(nearest("retian", {"retain", "listen"}), "retain");
    EXPECT_FALSE(nearest("zebra", {"retain", "listen"}));
}

TEST(ConstantTime, ComparesWholeTexts) {
    EXPECT_TRUE(equals_constant_time("abc", "abc"));
    EXPECT_FALSE(equals_constant_time("abc", "abd"));
    EXPECT_FALSE(equals_constant_time("abc", "ab"));
}

}  // namespace
}  // namespace nightshift
