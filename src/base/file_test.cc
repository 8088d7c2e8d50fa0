#include "base/file.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/text.h"

namespace nightshift {
namespace {

class FileTest : public testing::Test {
protected:
    FileTest() { std::filesystem::create_directories(folder_); }
    ~FileTest() override { std::filesystem::remove_all(folder_); }
    std::string suffix_ = base64url_encode(random_bytes(6));
    std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("file_test_" + suffix_);
};

TEST_F(FileTest, ReplacesContentWholeAndLeavesNoTemporary) {
    auto path = folder_ / "a";
    ASSERT_TRUE(write_file_atomically(path, "one"));
    ASSERT_TRUE(write_file_atomically(path, "two", 0600));
    EXPECT_EQ(read_file(path).value(), "two");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(FileTest, TellsMissingFromTooLargeFromUnwritable) {
    EXPECT_EQ(read_file(folder_ / "none").error().code, Code::kNotFound);
    ASSERT_TRUE(write_file_atomically(folder_ / "b", "12345"));
    EXPECT_EQ(read_file(folder_ / "b", 4).error().code, Code::kLimit);
    EXPECT_EQ(write_file_atomically(folder_ / "no" / "c", "x").error().code, Code::kIo);
}

}  // namespace
}  // namespace nightshift
