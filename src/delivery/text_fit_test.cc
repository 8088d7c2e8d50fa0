#include "delivery/text_fit.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace nightshift::delivery {
namespace {

TEST(Fit, KeepsWhatFits) {
    EXPECT_EQ(fit("abc", 3, Count::kBytes), "abc");
    EXPECT_EQ(fit("", 0, Count::kBytes), "");
    EXPECT_EQ(fit("🌙", 2, Count::kUtf16), "🌙");
}

TEST(Fit, CutsAtCharactersAndSaysSo) {
    EXPECT_EQ(fit("abcdef", 5, Count::kUtf16), "abcd…");
    EXPECT_EQ(fit("abcdef", 5, Count::kBytes), "ab…");
    EXPECT_EQ(fit("ab🌙cd", 4, Count::kUtf16), "ab…");
    EXPECT_EQ(fit("ééé", 5, Count::kBytes), "é…");
}

TEST(Fit, CountsEntitiesAsTheyAreSent) {
    std::string cut = fit("<<<<<<", 13, Count::kUtf16Escaped);
    EXPECT_EQ(cut, "<<<…");
    EXPECT_EQ(escape_entities(cut), "&lt;&lt;&lt;…");
}

TEST(Fit, StaysWithinAnyLimit) {
    std::string text = "a é ∞ 🌙 & b";
    for (size_t max = 0; max < 20; ++max) {
        std::string cut = fit(text, max, Count::kBytes);
        EXPECT_LE(cut.size(), max);
        EXPECT_TRUE(is_valid_utf8(cut)) << max;
    }
}

TEST(OneLine, HasNoControlCharactersAndIsValid) {
    std::string line = one_line("a\r\nb\x01\xff", 100);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_TRUE(is_valid_utf8(line));
    EXPECT_EQ(one_line("  x  ", 10), "x");
}

}  // namespace
}  // namespace nightshift::delivery
