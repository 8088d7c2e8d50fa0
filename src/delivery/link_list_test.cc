#include "delivery/link_list.h"

#include <gtest/gtest.h>

namespace nightshift::delivery {
namespace {

TEST(LinkList, ComesBackAsItWasWritten) {
    std::vector<Link> links{{"Acknowledge \"now\"", "https://night.example/a?b=1&c=2"},
                            {"Mute\nit", "http://x.y"}};
    std::vector<Link> read = read_links(write_links(links));
    ASSERT_EQ(read.size(), 2U);
    EXPECT_EQ(read[0].label, "Acknowledge \"now\"");
    EXPECT_EQ(read[0].url, "https://night.example/a?b=1&c=2");
    EXPECT_EQ(read[1].label, "Mute it");
    EXPECT_EQ(write_links({}), "");
    EXPECT_TRUE(read_links("").empty());
}

TEST(FitAbove, CutsTheTextAndNotTheLines) {
    std::string out = fit_above(std::string(100, 'x'), "Open: http://a", 40, Count::kUtf16);
    EXPECT_EQ(out, std::string(23, 'x') + "…\n\nOpen: http://a");
    EXPECT_EQ(length_of(out, Count::kUtf16), 40U);
    EXPECT_EQ(fit_above("short", "Open: http://a", 40, Count::kUtf16), "short\n\nOpen: http://a");
    EXPECT_EQ(fit_above("short", "", 40, Count::kUtf16), "short");
}

TEST(FitAbove, LeavesOutLinesThatWouldTakeItAll) {
    EXPECT_EQ(fit_above("short", std::string(30, 'u'), 40, Count::kUtf16), "short");
}

}  // namespace
}  // namespace nightshift::delivery
