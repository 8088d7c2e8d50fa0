#include "ingest/openclaw/frame.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>

#include "ingest/openclaw/json.h"

namespace nightshift::ingest::openclaw {
namespace {

TEST(Frame, TakesEventsApart) {
    auto frame = Frame::parse(R"({"type":"event","event":"tick","payload":{"ts":5},"seq":7})");
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->type(), Frame::Type::kEvent);
    EXPECT_EQ(frame->event(), "tick");
    EXPECT_EQ(frame->sequence(), 7);
    EXPECT_EQ(number(frame->payload(), "ts"), 5);
}

TEST(Frame, EventWithoutSequenceSaysSo) {
    auto frame = Frame::parse(R"({"type":"event","event":"session.message"})");
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->sequence(), -1);
    EXPECT_TRUE(frame->payload().empty());
}

TEST(Frame, TakesRefusalsApart) {
    auto frame = Frame::parse(
        R"({"type":"res","id":"r1","ok":false,"error":{"code":"UNAVAILABLE","message":"gateway starting; retry shortly",)"
        R"("retryable":true,"retryAfterMs":500,"details":{"reason":"startup-sidecars"}}})");
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->type(), Frame::Type::kResponse);
    EXPECT_EQ(frame->id(), "r1");
    EXPECT_FALSE(frame->is_ok());
    RpcError error = frame->error();
    EXPECT_EQ(error.code, "UNAVAILABLE");
    EXPECT_EQ(error.detail_code, "startup-sidecars");
    EXPECT_TRUE(error.is_retryable);
    EXPECT_EQ(error.retry_after_ms, 500);
}

TEST(Frame, RefusesWhatIsNoFrame) {
    for (const char* text : {"", "null", "[]", "{}", "{\"type\":1}", "{\"type\":\"event\"", "\"type\"",
                             "{\"type\":\"event\"}x", "\xff\xfe", "{\"type\":\"\"}"}) {
        auto frame = Frame::parse(text);
        ASSERT_FALSE(frame) << text;
        EXPECT_EQ(frame.error().code, Code::kInvalid) << text;
    }
}

TEST(Frame, RefusesDeepNesting) {
    std::string deep = R"({"type":"event","payload":)" + std::string(100, '[') + std::string(100, ']') + "}";
    auto frame = Frame::parse(deep);
    ASSERT_FALSE(frame);
    EXPECT_EQ(frame.error().code, Code::kLimit);
}

TEST(Frame, MembersOfWrongTypesReadAsMissing) {
    auto frame = Frame::parse(R"({"type":"res","id":7,"ok":"yes","payload":[1],"error":"no","seq":"x"})");
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->id(), "");
    EXPECT_FALSE(frame->is_ok());
    EXPECT_TRUE(frame->payload().empty());
    EXPECT_EQ(frame->error().code, "");
    EXPECT_EQ(frame->sequence(), -1);
}

TEST(Json, NumbersOutOfRangeAreTheFallback) {
    auto value = boost::json::parse(R"({"big":1e300,"fraction":2.9,"huge":18446744073709551615,"text":"5"})");
    const auto& object = value.as_object();
    EXPECT_EQ(number(object, "big", -1), -1);
    EXPECT_EQ(number(object, "fraction"), 2);
    EXPECT_EQ(number(object, "huge", -1), -1);
    EXPECT_EQ(number(object, "text", -1), -1);
}

TEST(EncodeRequest, IsOneJsonObject) {
    std::string text = encode_request("r\"1", "sessions.list", R"({"limit":2})");
    auto value = boost::json::parse(text);
    EXPECT_EQ(value.at("id").as_string(), "r\"1");
    EXPECT_EQ(value.at("method").as_string(), "sessions.list");
    EXPECT_EQ(value.at("params").at("limit").as_int64(), 2);
}

TEST(ObjectWriter, LeavesOutWhatIsEmpty) {
    ObjectWriter writer;
    EXPECT_EQ(ObjectWriter().take(), "");
    writer.add("a", "");
    writer.add("b", "x\"y");
    writer.add_number("c", -3);
    writer.add_flag("d", true);
    EXPECT_EQ(writer.take(), R"({"b":"x\"y","c":-3,"d":true})");
}

}  // namespace
}  // namespace nightshift::ingest::openclaw
