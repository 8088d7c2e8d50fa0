#include "base/text_pool.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace nightshift {
namespace {

TEST(TextPool, MakesEqualTextsOne) {
    TextPool pool;
    SharedText first = pool.share("the same words");
    SharedText second = pool.share("the same words");
    EXPECT_EQ(first.view().data(), second.view().data());
    EXPECT_NE(pool.share("other words").view().data(), first.view().data());
}

TEST(TextPool, ForgetsWhatNobodyHasAnyMore) {
    TextPool pool;
    SharedText kept = pool.share("kept");
    for (int i = 0; i < 10'000; ++i) pool.share(std::to_string(i));
    EXPECT_LT(pool.size(), 3'000u);
    EXPECT_EQ(pool.share("kept").view().data(), kept.view().data());
}

TEST(TextPool, KeepsAllThatIsInUse) {
    TextPool pool;
    std::vector<SharedText> used;
    for (int i = 0; i < 5'000; ++i) used.push_back(pool.share(std::to_string(i)));
    EXPECT_EQ(pool.size(), 5'000u);
}

}  // namespace
}  // namespace nightshift
