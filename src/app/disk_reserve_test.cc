#include "app/disk_reserve.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace nightshift::app {
namespace {

constexpr uint64_t kPlenty = DiskReserve::kTakeAbove + 1;
constexpr uint64_t kNothing = DiskReserve::kGiveUpBelow - 1;

class Reserve : public ::testing::Test {
protected:
    ~Reserve() override { std::filesystem::remove(path_); }
    std::filesystem::path path_ =
        std::filesystem::temp_directory_path() / ("nightshift_reserve_" + std::to_string(::getpid()));
};

TEST_F(Reserve, IsGivenUpWhenTheDiskIsFullAndTakenAgainWhenThereIsRoom) {
    DiskReserve reserve(path_);
    reserve.look(kPlenty);
    EXPECT_TRUE(reserve.is_held());
    EXPECT_EQ(std::filesystem::file_size(path_), DiskReserve::kBytes);
    reserve.look(kNothing);
    EXPECT_FALSE(reserve.is_held());
    EXPECT_FALSE(std::filesystem::exists(path_));
    // What was given up must not be taken back while it is needed.
    reserve.look(DiskReserve::kBytes);
    EXPECT_FALSE(reserve.is_held());
    reserve.look(kPlenty);
    EXPECT_TRUE(reserve.is_held());
}

TEST_F(Reserve, IsKnownAfterARestart) {
    DiskReserve(path_).look(kPlenty);
    DiskReserve again(path_);
    EXPECT_TRUE(again.is_held());
    again.look(kNothing);
    EXPECT_FALSE(std::filesystem::exists(path_));
}

}  // namespace
}  // namespace nightshift::app
