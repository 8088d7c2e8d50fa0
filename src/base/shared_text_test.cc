#include "base/shared_text.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace nightshift {
namespace {

TEST(SharedText, KeepsItsBytesWhileACopyLives) {
    SharedText copy;
    {
        SharedText first("a text longer than any small string is");
        copy = first;
        EXPECT_EQ(copy.view().data(), first.view().data());
        EXPECT_FALSE(copy.is_alone());
    }
    EXPECT_TRUE(copy.is_alone());
    EXPECT_EQ(copy, "a text longer than any small string is");
}

TEST(SharedText, IsNothingWhenEmpty) {
    EXPECT_TRUE(SharedText("").empty());
    EXPECT_EQ(SharedText(""), SharedText());
    EXPECT_EQ(SharedText().view(), "");
    EXPECT_NE(SharedText().view().data(), nullptr);
    EXPECT_FALSE(SharedText().is_alone());
}

TEST(SharedText, ComparesByWhatItSays) {
    EXPECT_EQ(SharedText("a"), SharedText("a"));
    EXPECT_LT(SharedText("a"), SharedText("b"));
    EXPECT_LT(SharedText("a"), SharedText("aa"));
    EXPECT_NE(SharedText("a"), "b");
    EXPECT_EQ(SharedText(std::string_view("a\0b", 3)).size(), 3u);
}

TEST(SharedText, SurvivesBeingMovedAndAssignedToItself) {
    SharedText text("it stays what it is");
    SharedText& same = text;
    text = same;
    EXPECT_EQ(text, "it stays what it is");
    SharedText moved = std::move(text);
    EXPECT_EQ(moved, "it stays what it is");
    EXPECT_TRUE(moved.is_alone());
}

TEST(SharedText, BelongsToAllThreadsThatCopyIt) {
    SharedText text("shared by four");
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([text] {
            for (int copy = 0; copy < 10'000; ++copy) EXPECT_EQ(SharedText(text).size(), 14u);
        });
    }
    for (std::thread& each : threads) each.join();
    threads.clear();
    EXPECT_TRUE(text.is_alone());
}

}  // namespace
}  // namespace nightshift
