#include "gateway/dialects/json_cursor.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace nightshift::gateway {
namespace {

bool is_json(std::string_view text) {
    JsonCursor cursor(text);
    cursor.skip();
    return cursor.finish();
}

TEST(JsonCursor, AgreesWithAParserOnWhatIsJson) {
    const std::string_view cases[] = {"{}",
                                      "[]",
                                      "null",
                                      "true",
                                      "-0.5e+3",
                                      "01",
                                      "1.",
                                      ".5",
                                      "-",
                                      "1e",
                                      "\"a\"",
                                      "\"a",
                                      "{\"a\":1,}",
                                      "[1,]",
                                      "[,1]",
                                      "{\"a\"}",
                                      "{a:1}",
                                      "{\"a\":1}x",
                                      " { \"a\" : [ 1 , {\"b\":null} ] } ",
                                      "",
                                      " ",
                                      "\"\\u12\"",
                                      "\"\\u1234\"",
                                      "\"\\x\"",
                                      "\"tab\there\"",
                                      "\"\\\"\"",
                                      "nul",
                                      "truex",
                                      "[1 2]",
                                      "{\"a\":1 \"b\":2}",
                                      "}",
                                      "[}",
                                      "\"0123456789abcdef\\\\\"",
                                      "\"0123456\x01\"",
                                      "\"0123456789\xc3\xa9\""};
    for (std::string_view text : cases) {
        boost::json::error_code fault;
        boost::json::parse(boost::json::string_view(text.data(), text.size()), fault);
        EXPECT_EQ(is_json(text), !fault) << text;
    }
}

TEST(JsonCursor, ReadsMembersInAnyOrderAndSkipsOthers) {
    JsonCursor cursor(R"({"x":{"y":[1,"}"]},"model":"gpt","n":3,"ratio":0.5,"on":true,"nothing":null})");
    ASSERT_TRUE(cursor.enter_object());
    std::string model;
    int64_t n = 0;
    double ratio = 0;
    bool on = false;
    while (auto key = cursor.next_key()) {
        if (*key == "model")
            model = *cursor.text();
        else if (*key == "n")
            n = *cursor.integer();
        else if (*key == "ratio")
            ratio = *cursor.number();
        else if (*key == "on")
            on = *cursor.boolean();
        else if (*key == "nothing")
            EXPECT_FALSE(cursor.text());
        else
            cursor.skip();
    }
    EXPECT_TRUE(cursor.finish());
    EXPECT_EQ(model, "gpt");
    EXPECT_EQ(n, 3);
    EXPECT_EQ(ratio, 0.5);
    EXPECT_TRUE(on);
}

TEST(JsonCursor, UnescapesKeysSoThatNobodyHidesOne) {
    JsonCursor cursor(R"({"mod\u0065l":"a\ud83d\ude00\n\u00e9"})");
    ASSERT_TRUE(cursor.enter_object());
    EXPECT_EQ(cursor.next_key(), "model");
    EXPECT_EQ(cursor.text(), "a\xF0\x9F\x98\x80\n\xC3\xA9");
    EXPECT_FALSE(cursor.next_key());
    EXPECT_TRUE(cursor.finish());
}

TEST(JsonCursor, ReplacesALoneSurrogate) {
    EXPECT_EQ(unescape_json(R"(\ud83dx)"), "\xEF\xBF\xBDx");
    EXPECT_EQ(unescape_json(R"(\ude00)"), "\xEF\xBF\xBD");
    EXPECT_EQ(unescape_json(R"(\ud83d\u0041)"),
              "\xEF\xBF\xBD"
              "A");
}

TEST(JsonCursor, FindsAQuoteAtEveryPlaceInAWord) {
    for (size_t length = 0; length < 40; ++length) {
        const std::string text = "\"" + std::string(length, '\x7f') + "\"";
        JsonCursor cursor(text);
        EXPECT_EQ(cursor.text_size(), length);
        EXPECT_TRUE(cursor.finish());
    }
}

TEST(JsonCursor, RefusesWhatIsTooDeep) {
    auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_TRUE(is_json(nested(JsonCursor::kDepthMax)));
    EXPECT_FALSE(is_json(nested(JsonCursor::kDepthMax + 1)));
    EXPECT_FALSE(is_json(std::string(1 << 20, '[')));
}

TEST(JsonCursor, ReadsIntegersWrittenAsFractions) {
    EXPECT_EQ(JsonCursor("100.0").integer(), 100);
    EXPECT_EQ(JsonCursor("1e3").integer(), 1000);
    EXPECT_FALSE(JsonCursor("1e30").integer());
    EXPECT_FALSE(JsonCursor("\"5\"").integer());
}

TEST(JsonCursor, KeepsNestedLevelsApart) {
    JsonCursor cursor(R"([{"a":[]},{},[{"b":1}],2])");
    ASSERT_TRUE(cursor.enter_array());
    int elements = 0;
    while (cursor.next_element()) {
        ++elements;
        if (elements == 1) {
            ASSERT_TRUE(cursor.enter_object());
            EXPECT_EQ(cursor.next_key(), "a");
            ASSERT_TRUE(cursor.enter_array());
            EXPECT_FALSE(cursor.next_element());
            EXPECT_FALSE(cursor.next_key());
        } else {
            cursor.skip();
        }
    }
    EXPECT_EQ(elements, 4);
    EXPECT_TRUE(cursor.finish());
}

}  // namespace
}  // namespace nightshift::gateway
