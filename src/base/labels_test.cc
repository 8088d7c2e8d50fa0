#include "base/labels.h"

#include <gtest/gtest.h>

namespace nightshift {
namespace {

TEST(Labels, IsASetWhateverTheOrder) {
    Labels a{{"b", "2"}, {"a", "1"}, {"empty", ""}};
    Labels b{{"a", "1"}, {"b", "2"}};
    EXPECT_EQ(a, b);
    EXPECT_EQ(a.fingerprint(), b.fingerprint());
    EXPECT_EQ(a.size(), 2u);
    EXPECT_EQ(a.get("b"), "2");
    EXPECT_EQ(a.get("empty"), "");
    EXPECT_EQ(a.text(), R"({a="1", b="2"})");
}

TEST(Labels, TakesTheLastValueOfANameGivenTwice) {
    Labels labels{{"a", "first"}, {"a", "last"}};
    EXPECT_EQ(labels.get("a"), "last");
    EXPECT_EQ(labels.size(), 1u);
}

TEST(Labels, OverridesAndSelects) {
    Labels base{{"a", "1"}, {"b", "2"}};
    EXPECT_EQ(base.with({{"b", "3"}, {"c", "4"}}), (Labels{{"a", "1"}, {"b", "3"}, {"c", "4"}}));
    EXPECT_EQ(base.only({"b", "nothing"}), (Labels{{"b", "2"}}));
    base.set("a", "");
    EXPECT_FALSE(base.has("a"));
}

TEST(Labels, KeepsSeparatorsOfOthersApart) {
    Labels hostile{{"a",
                    "1\x1e"
                    "b\x1f"
                    "2"}};
    EXPECT_EQ(hostile.size(), 1u);
    EXPECT_EQ(hostile.get("b"), "");
    EXPECT_EQ(Labels::unpack(hostile.packed()), hostile);
}

TEST(Labels, RefusesWhatItWouldHaveToCut) {
    std::string long_value(Labels::kValueBytesMax + 1, 'x');
    EXPECT_FALSE(Labels::check({{"a", long_value}}));
    EXPECT_FALSE(Labels::check({{"", "x"}}));
    EXPECT_FALSE(Labels::check({{"a", "\xff"}}));
    EXPECT_TRUE(Labels::check({{"a", "b"}}));
    EXPECT_FALSE(Labels::check(std::vector<Labels::Pair>(Labels::kCountMax + 1, {"a", "b"})));
}

}  // namespace
}  // namespace nightshift
