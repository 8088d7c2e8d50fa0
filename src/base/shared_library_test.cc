#include "base/shared_library.h"

#include <gtest/gtest.h>

#include <cmath>

namespace nightshift {
namespace {

TEST(SharedLibrary, FindsItsFunctions) {
    auto library = SharedLibrary::load("libm.so.6");
    ASSERT_TRUE(library) << library.error().message;
    auto root = library->find<double(double)>("sqrt");
    ASSERT_TRUE(root);
    EXPECT_EQ((*root)(9), 3);
}

TEST(SharedLibrary, SaysWhatIsNotThere) {
    EXPECT_EQ(SharedLibrary::load("libmissing.so.1").error().code, Code::kUnavailable);
    auto library = SharedLibrary::load("libm.so.6");
    ASSERT_TRUE(library);
    auto missing = library->find<void()>("no_such_function");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().message, "libm.so.6 has no function no_such_function");
}

}  // namespace
}  // namespace nightshift
