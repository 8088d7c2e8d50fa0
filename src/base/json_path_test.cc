#include "base/json_path.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace nightshift {
namespace {

const char* const kDocument =
    R"({"a":{"b":[{"c":1},{"c":2},{"c":null}]},"it's":{"x y":7},"name":"né","items":[1,2,3],"empty":[]})";

std::string found(std::string_view path) {
    boost::json::value document = boost::json::parse(kDocument);
    Result<JsonPath> parsed = JsonPath::parse(path);
    if (!parsed) return "refused";
    std::string out;
    for (const JsonPath::Found& each : parsed->find(document)) {
        if (!out.empty()) out += " ";
        out += each.value ? boost::json::serialize(*each.value) : "length " + std::to_string(each.length);
    }
    return out;
}

TEST(JsonPath, LeadsToMembersAndElements) {
    EXPECT_EQ(found("$.a.b[0].c"), "1");
    EXPECT_EQ(found("$.a.b[-2].c"), "2");
    EXPECT_EQ(found("$.a.b[2].c"), "null");
    EXPECT_EQ(found("$[\"it's\"]['x y']"), "7");
    EXPECT_EQ(found("$.items"), "[1,2,3]");
    EXPECT_EQ(found("$.a.b[*].c"), "1 2 null");
    EXPECT_EQ(found("$.items[*]"), "1 2 3");
}

TEST(JsonPath, MeasuresLengths) {
    EXPECT_EQ(found("$.items.length()"), "length 3");
    EXPECT_EQ(found("$.empty.length()"), "length 0");
    EXPECT_EQ(found("$.name.length()"), "length 2");
    EXPECT_EQ(found("$.length()"), "length 5");
    EXPECT_EQ(found("$.a.b[0].c.length()"), "") << "a number has no length";
}

TEST(JsonPath, FindsNothingWhereNothingIs) {
    EXPECT_EQ(found("$.nope"), "");
    EXPECT_EQ(found("$.items[3]"), "");
    EXPECT_EQ(found("$.items[-4]"), "");
    EXPECT_EQ(found("$.items.a"), "");
    EXPECT_EQ(found("$.name[0]"), "");
    EXPECT_EQ(found("$.empty[*].x"), "");
}

TEST(JsonPath, RefusesWhatItDoesNotUnderstand) {
    for (std::string_view path :
         {"", "a.b", "$a", "$.", "$..a", "$.a[", "$.a[]", "$.a[x]", "$.a[1:2]", "$.a[?(@.b)]", "$.a.*",
          "$.length().a", "$.a.size()", "$['a", "$['a'", "$.a b", "$ "}) {
        EXPECT_EQ(found(path), "refused") << path;
    }
    std::string deep = "$";
    for (int i = 0; i < 40; ++i) deep += ".a";
    EXPECT_EQ(found(deep), "refused");
}

TEST(JsonPath, StopsAtItsLimitOfValues) {
    boost::json::array many(JsonPath::kFoundMax + 10, boost::json::value(1));
    auto path = JsonPath::parse("$[*]");
    ASSERT_TRUE(path);
    EXPECT_EQ(path->find(boost::json::value(many)).size(), JsonPath::kFoundMax);
}

}  // namespace
}  // namespace nightshift
