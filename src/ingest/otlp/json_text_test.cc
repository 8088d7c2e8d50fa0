#include "ingest/otlp/json_text.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace nightshift::ingest::otlp {
namespace {

TEST(JsonText, FindsAnOddByteAtEveryPlace) {
    for (size_t size = 0; size < 70; ++size) {
        const std::string plain(size, 'a');
        ASSERT_TRUE(is_plain_ascii(plain));
        for (size_t at = 0; at < size; ++at) {
            for (char odd : {'"', '\\', '\n', '\x1f', '\x80', '\xff', '\0'}) {
                std::string text = plain;
                text[at] = odd;
                ASSERT_FALSE(is_plain_ascii(text)) << size << ' ' << at;
                std::string expected, actual;
                append_json_string(expected, text);
                append_json_text(actual, text);
                ASSERT_EQ(actual, expected);
            }
        }
    }
}

TEST(JsonText, WritesNumbersThatJsonHas) {
    std::string out;
    append_json_number(out, 0.1);
    out += ' ';
    append_json_number(out, int64_t{-5});
    out += ' ';
    append_json_number(out, 1.0 / 0.0);
    EXPECT_EQ(out, "0.1 -5 null");
}

}  // namespace
}  // namespace nightshift::ingest::otlp
