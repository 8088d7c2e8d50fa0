#include "recorder/signature.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace nightshift::recorder {
namespace {

std::string call(std::string_view tool, std::string_view arguments) {
    return std::string(call_signature(tool, arguments).view());
}

std::string result(const CallResult& of) {
    return std::string(result_signature(of).view());
}

TEST(CallSignature, IgnoresTheOrderOfMembersAndBlanks) {
    EXPECT_EQ(call("t", R"({"a":1,"b":{"c":[1,2],"d":"x"}})"),
              call("t", R"({ "b": {"d":"x", "c":[1, 2]}, "a":1 })"));
    EXPECT_NE(call("t", R"({"a":[1,2]})"), call("t", R"({"a":[2,1]})"));
    EXPECT_NE(call("t", R"({"a":1})"), call("u", R"({"a":1})"));
    EXPECT_NE(call("t", R"({"a":1})"), call("t", R"({"a":"1"})"));
    EXPECT_NE(call("t", R"({"a":1,"b":2})"), call("t", R"({"a":2,"b":1})"));
}

TEST(CallSignature, IgnoresWhatChangesFromCallToCall) {
    EXPECT_EQ(call("t", R"({"q":"x","request_id":"abc","timestamp":1})"),
              call("t", R"({"q":"x","request_id":"def","timestamp":2})"));
    EXPECT_EQ(call("t", R"({"q":"log of 2026-11-22T02:31:09.397Z"})"),
              call("t", R"({"q":"log of 2026-11-23T12:00:00Z"})"));
    EXPECT_EQ(call("Bash", R"({"command":"ls","description":"list"})"),
              call("Bash", R"({"command":"ls","description":"again"})"));
    EXPECT_NE(call("Task", R"({"description":"a"})"), call("Task", R"({"description":"b"})"));
}

TEST(CallSignature, TellsTheItemsOfABatchApart) {
    EXPECT_NE(call("get", R"({"order":"f79dbcd7-7525-4485-b9ca-741a608cc092"})"),
              call("get", R"({"order":"aa30658d-18ce-4021-ae80-1b91870e3be4"})"));
    EXPECT_NE(call("read", R"({"path":"part-0001.csv"})"), call("read", R"({"path":"part-0002.csv"})"));
    EXPECT_NE(call("get", R"({"id":1795314000})"), call("get", R"({"id":1795314001})"));
}

TEST(CallSignature, TakesBrokenJsonAndPlainText) {
    for (const char* text :
         {"{", "{\"a\"", "[1,", "{\"a\":}", "plain words", "", "{}x", "\"", "{\"a\":1,}"}) {
        EXPECT_EQ(call("t", text), call("t", text));
        EXPECT_EQ(call("t", text).size(), 16u);
    }
    EXPECT_NE(call("t", "one"), call("t", "two"));
    std::string deep(1000, '[');
    EXPECT_EQ(call("t", deep).size(), 16u);
}

TEST(ResultSignature, IsTheKindOfTheResult) {
    EXPECT_EQ(result({Status::kOk, "", "done in 0.53s", 0}), result({Status::kOk, "", "done in 1.20s", 0}));
    EXPECT_NE(result({Status::kOk, "", "5 rows", 0}), result({Status::kOk, "", "6 rows", 0}));
    EXPECT_NE(result({Status::kOk, "", "x", 0}), result({Status::kError, "", "x", 0}));
    EXPECT_NE(result({Status::kError, "timeout", "", 0}), result({Status::kError, "auth", "", 0}));
    EXPECT_EQ(result({Status::kOk, "", "", 10'000}), result({Status::kOk, "", "", 10'050}));
    EXPECT_NE(result({Status::kOk, "", "", 10'000}), result({Status::kOk, "", "", 12'000}));
    EXPECT_NE(result({Status::kOk, "", "", 20}), result({Status::kOk, "", "", 21}));
}

TEST(CallText, IsShortAndValid) {
    EXPECT_EQ(call_text("Bash", R"({"command":"ls"})"), R"(Bash {"command":"ls"})");
    EXPECT_EQ(call_text("Bash", ""), "Bash");
    std::string euros;
    for (int i = 0; i < 200; ++i) euros += "\xE2\x82\xAC";
    for (const std::string& arguments : {euros, std::string(500, '\xff'), std::string(500, 'a')}) {
        std::string text = call_text("t", arguments);
        EXPECT_LE(text.size(), kCallTextMax);
        EXPECT_TRUE(is_valid_utf8(text));
    }
}

}  // namespace
}  // namespace nightshift::recorder
