#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "delivery/channels/channel_bench_for_test.h"
#include "delivery/channels/webhook.h"
#include "delivery/digest.h"

namespace nightshift::delivery {

boost::json::value ChannelTest::sent_body(size_t at) const {
    auto requests = imposter_.requests();
    EXPECT_GT(requests.size(), at);
    return at < requests.size() ? boost::json::parse(requests[at].body) : boost::json::value();
}

std::string ChannelTest::text_of(const boost::json::value& value) {
    return std::string(value.as_string().c_str(), value.as_string().size());
}

namespace {

using testing::Eq;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

using Telegram = ChannelTest;

TEST_F(Telegram, HasMessageIdAsReceipt) {
    imposter_.answer(200, R"({"ok":true,"result":{"message_id":4711,"chat":{"id":-100200}}})");
    Outcome outcome = send(spec_of(Kind::kTelegram, imposter_, "-100200"), message_of());
    ASSERT_EQ(outcome.kind, Outcome::Kind::kDelivered) << outcome.error;
    EXPECT_EQ(outcome.receipt.identifier, "4711");
    EXPECT_EQ(outcome.receipt.place, "-100200");
    EXPECT_EQ(outcome.receipt.proof, Proof::kIdentifier);
    auto requests = imposter_.requests();
    ASSERT_THAT(requests, SizeIs(1));
    EXPECT_EQ(requests[0].path, "/bot" + std::string(kToken) + "/sendMessage");
    EXPECT_EQ(text_of(sent_body().at("text")), "Morning report\n\nAll twelve posts are out.");
    EXPECT_EQ(text_of(sent_body().at("chat_id")), "-100200");
}

TEST_F(Telegram, CutsTextAtItsLimit) {
    imposter_.answer(200, R"({"ok":true,"result":{"message_id":1,"chat":{"id":5}}})");
    std::string long_text;
    for (int i = 0; i < 3'000; ++i) long_text += "🌙";  // two units each
    send(spec_of(Kind::kTelegram, imposter_, "5"), message_of(long_text));
    std::string text = text_of(sent_body().at("text"));
    EXPECT_TRUE(is_valid_utf8(text));
    EXPECT_TRUE(text.ends_with("🌙…"));
    size_t units = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        auto byte = static_cast<unsigned char>(text[i]);
        units += (byte & 0xC0) == 0x80 ? 0 : (byte >= 0xF0 ? 2 : 1);
    }
    EXPECT_LE(units, 4096U);
    EXPECT_GE(units, 4094U);
}

TEST_F(Telegram, TakesNotOkInsideOf200AsRefusal) {
    imposter_.answer(
        200, R"({"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"})");
    Outcome outcome = send(spec_of(Kind::kTelegram, imposter_, "5"), message_of());
    EXPECT_EQ(outcome.kind, Outcome::Kind::kPermanent);
    EXPECT_THAT(outcome.error, HasSubstr("blocked by the user"));
    EXPECT_EQ(outcome.status, 403);
}

TEST_F(Telegram, HonoursItsOwnRetryAfter) {
    imposter_.answer(
        429,
        R"({"ok":false,"error_code":429,"description":"Too Many Requests: retry after 35","parameters":{"retry_after":35}})");
    Outcome outcome = send(spec_of(Kind::kTelegram, imposter_, "5"), message_of());
    EXPECT_EQ(outcome.kind, Outcome::Kind::kRateLimited);
    EXPECT_EQ(outcome.retry_after, std::chrono::seconds(35));
}

TEST_F(Telegram, SaysWhereGroupWentTo) {
    imposter_.answer(
        400,
        R"({"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded","parameters":{"migrate_to_chat_id":-100987}})");
    Outcome outcome = send(spec_of(Kind::kTelegram, imposter_, "-987"), message_of());
    EXPECT_EQ(outcome.kind, Outcome::Kind::kPermanent);
    EXPECT_THAT(outcome.error, HasSubstr("-100987"));
}

TEST_F(Telegram, BelievesNoOkWithoutMessageId) {
    for (const char* body : {R"({"ok":true})", R"({"ok":true,"result":{"message_id":{}}})",
                             "<html>fine</html>", "", "true", R"({"ok":"true","result":{"message_id":1}})"}) {
        imposter_.answer(200, body);
        Outcome outcome = send(spec_of(Kind::kTelegram, imposter_, "5"), message_of());
        EXPECT_EQ(outcome.kind, Outcome::Kind::kAmbiguous) << body;
        EXPECT_TRUE(outcome.receipt.identifier.empty()) << body;
    }
}

TEST_F(Telegram, DoesNotKnowWhenNoAnswerComes) {
    imposter_.hold();
    ChannelSpec spec = spec_of(Kind::kTelegram, imposter_, "5");
    spec.timeout = std::chrono::milliseconds(150);
    Outcome outcome = send(spec, message_of());
    imposter_.release();
    EXPECT_EQ(outcome.kind, Outcome::Kind::kAmbiguous);
    EXPECT_THAT(outcome.error, Not(HasSubstr(std::string(kToken))));
    EXPECT_THAT(outcome.error, Not(HasSubstr("secret-token")));
}

TEST_F(Telegram, HasSentNothingWhenNobodyListens) {
    ChannelSpec spec = spec_of(Kind::kTelegram, imposter_, "5");
    spec.url = Secret("http://127.0.0.1:1");
    Outcome outcome = send(spec, message_of());
    EXPECT_EQ(outcome.kind, Outcome::Kind::kTransient);
    EXPECT_THAT(outcome.error, HasSubstr("nothing was sent"));
    EXPECT_THAT(outcome.error, Not(HasSubstr("secret-token")));
}

TEST_F(Telegram, ConcealsTokenThatTheAnswerRepeats) {
    imposter_.answer(
        404, R"({"ok":false,"error_code":404,"description":"no bot )" + std::string(kToken) + R"("})");
    Outcome outcome = send(spec_of(Kind::kTelegram, imposter_, "5"), message_of());
    EXPECT_EQ(outcome.kind, Outcome::Kind::kPermanent);
    EXPECT_THAT(outcome.error, Not(HasSubstr("secret-token")));
}

using Slack = ChannelTest;

TEST_F(Slack, HasTsAsReceipt) {
    imposter_.answer(200, R"({"ok":true,"channel":"C0123456789","ts":"1790000000.000100","message":{}})");
    Outcome outcome = send(spec_of(Kind::kSlack, imposter_, "#ops"), message_of("a < b & c > d"));
    ASSERT_EQ(outcome.kind, Outcome::Kind::kDelivered) << outcome.error;
    EXPECT_EQ(outcome.receipt.identifier, "1790000000.000100");
    EXPECT_EQ(outcome.receipt.place, "C0123456789");
    auto requests = imposter_.requests();
    EXPECT_EQ(requests[0].path, "/chat.postMessage");
    EXPECT_EQ(requests[0].headers.get("Authorization"), "Bearer " + std::string(kToken));
    EXPECT_EQ(text_of(sent_body().at("text")), "Morning report\n\na &lt; b &amp; c &gt; d");
    EXPECT_EQ(text_of(sent_body().at("client_msg_id")), uuid_of("dlv_0001"));
}

TEST_F(Slack, TakesNotOkInsideOf200AsRefusal) {
    imposter_.answer(200, R"({"ok":false,"error":"channel_not_found"})");
    Outcome outcome = send(spec_of(Kind::kSlack, imposter_, "#ops"), message_of());
    EXPECT_EQ(outcome.kind, Outcome::Kind::kPermanent);
    EXPECT_THAT(outcome.error, HasSubstr("channel_not_found"));
}

TEST_F(Slack, DoesNotKnowAfterItsInternalError) {
    imposter_.answer(200, R"({"ok":false,"error":"internal_error"})");
    EXPECT_EQ(send(spec_of(Kind::kSlack, imposter_, "#ops"), message_of()).kind, Outcome::Kind::kAmbiguous);
}

TEST_F(Slack, FindsMessageInHistoryByItsMetadata) {
    imposter_.answer(
        {[](const auto&) {
             return net::Response::json(
                 200,
                 R"({"ok":true,"messages":[{"ts":"1.1","text":"other"}],"response_metadata":{"next_cursor":"p2"}})");
         },
         [](const auto&) {
             return net::Response::json(
                 200,
                 R"({"ok":true,"messages":[{"ts":"1.2","metadata":{"event_type":"nightshift_delivery","event_payload":{"id":"dlv_0001"}}}]})");
         }});
    Outcome outcome = read_back(spec_of(Kind::kSlack, imposter_, "C0123456789"), message_of());
    ASSERT_EQ(outcome.kind, Outcome::Kind::kDelivered) << outcome.error;
    EXPECT_EQ(outcome.receipt.identifier, "1.2");
    EXPECT_EQ(outcome.receipt.place, "C0123456789");
    EXPECT_EQ(imposter_.requests()[0].query_value("oldest"), "1789999940");
    EXPECT_EQ(imposter_.requests()[1].query_value("cursor"), "p2");
}

TEST_F(Slack, SaysThatHistoryDoesNotHaveIt) {
    imposter_.answer(200, R"({"ok":true,"messages":[]})");
    EXPECT_EQ(read_back(spec_of(Kind::kSlack, imposter_, "C0123456789"), message_of()).kind,
              Outcome::Kind::kAbsent);
}

TEST_F(Slack, CannotReadWithoutItsScope) {
    imposter_.answer(200, R"({"ok":false,"error":"missing_scope","needed":"channels:history"})");
    Outcome outcome = read_back(spec_of(Kind::kSlack, imposter_, "C0123456789"), message_of());
    EXPECT_EQ(outcome.kind, Outcome::Kind::kUnreadable);
    EXPECT_THAT(outcome.error, HasSubstr("channels:history"));
}

using SlackWebhook = ChannelTest;

TEST_F(SlackWebhook, HasWeakReceipt) {
    imposter_.answer({[](const auto&) { return net::Response::text(200, "ok"); }});
    Outcome outcome = send(spec_of(Kind::kSlackWebhook, imposter_), message_of());
    ASSERT_EQ(outcome.kind, Outcome::Kind::kDelivered) << outcome.error;
    EXPECT_EQ(outcome.receipt.proof, Proof::kAnswer);
}

TEST_F(SlackWebhook, ConcealsItsPath) {
    imposter_.answer({[](const net::Request& request) {
        return net::Response::text(404, "no_team at " + request.target);
    }});
    Outcome outcome = send(spec_of(Kind::kSlackWebhook, imposter_), message_of());
    EXPECT_EQ(outcome.kind, Outcome::Kind::kPermanent);
    EXPECT_THAT(outcome.error, HasSubstr("no_team"));
    EXPECT_THAT(outcome.error, Not(HasSubstr("s3cr3t")));
}

using Discord = ChannelTest;

TEST_F(Discord, HasMessageIdAsReceipt) {
    imposter_.answer(200, R"({"id":"1122334455","channel_id":"99","content":"x"})");
    Outcome outcome = send(spec_of(Kind::kDiscord, imposter_), message_of("@everyone look"));
    ASSERT_EQ(outcome.kind, Outcome::Kind::kDelivered) << outcome.error;
    EXPECT_EQ(outcome.receipt.identifier, "1122334455");
    EXPECT_EQ(outcome.receipt.place, "99");
    EXPECT_EQ(imposter_.requests()[0].query_value("wait"), "true");
    EXPECT_TRUE(sent_body().at("allowed_mentions").at("parse").as_array().empty());
}

TEST_F(Discord, WaitsFractionsOfSeconds) {
    imposter_.answer(429, R"({"message":"You are being rate limited.","retry_after":1.337,"global":false})");
    Outcome outcome = send(spec_of(Kind::kDiscord, imposter_), message_of());
    EXPECT_EQ(outcome.kind, Outcome::Kind::kRateLimited);
    EXPECT_EQ(outcome.retry_after, std::chrono::milliseconds(1'337));
}

TEST_F(Discord, BelievesNo204) {
    imposter_.answer(204, "");
    EXPECT_EQ(send(spec_of(Kind::kDiscord, imposter_), message_of()).kind, Outcome::Kind::kAmbiguous);
}

TEST_F(Discord, DoesNotKnowAfterBlindGateway) {
    imposter_.answer(502, "<html>bad gateway</html>");
    EXPECT_EQ(send(spec_of(Kind::kDiscord, imposter_), message_of()).kind, Outcome::Kind::kAmbiguous);
    imposter_.answer(503, "no");
    EXPECT_EQ(send(spec_of(Kind::kDiscord, imposter_), message_of()).kind, Outcome::Kind::kTransient);
}

using Ntfy = ChannelTest;

TEST_F(Ntfy, HasMessageIdAsReceipt) {
    imposter_.answer(
        200, R"({"id":"Q8xx7","time":1790000000,"event":"message","topic":"ops-7f3a9","message":"x"})");
    ChannelSpec spec = spec_of(Kind::kNtfy, imposter_, "ops-7f3a9");
    spec.options = {{"priority", "4"}, {"tags", "moon, robot"}};
    Outcome outcome = send(spec, message_of());
    ASSERT_EQ(outcome.kind, Outcome::Kind::kDelivered) << outcome.error;
    EXPECT_EQ(outcome.receipt.identifier, "Q8xx7");
    EXPECT_THAT(outcome.receipt.place, Eq(""));
    EXPECT_EQ(text_of(sent_body().at("sequence_id")), "dlv_0001");
    EXPECT_EQ(sent_body().at("priority").as_int64(), 4);
    EXPECT_THAT(sent_body().at("tags").as_array(), SizeIs(2));
}

TEST_F(Ntfy, CutsAtBytes) {
    imposter_.answer(200, R"({"id":"1","event":"message"})");
    std::string long_text;
    for (int i = 0; i < 3'000; ++i) long_text += "é";
    send(spec_of(Kind::kNtfy, imposter_, "ops-7f3a9"), message_of(long_text));
    std::string text = text_of(sent_body().at("message"));
    EXPECT_LE(text.size(), 4096U);
    EXPECT_GE(text.size(), 4094U);
    EXPECT_TRUE(is_valid_utf8(text));
}

TEST_F(Ntfy, FindsMessageInCache) {
    imposter_.answer(200,
                     "{\"id\":\"a\",\"event\":\"message\",\"message\":\"x\"}\n"
                     "{\"id\":\"b\",\"event\":\"message\",\"sequence_id\":\"dlv_0001\"}\n");
    Outcome outcome = read_back(spec_of(Kind::kNtfy, imposter_, "ops-7f3a9"), message_of());
    ASSERT_EQ(outcome.kind, Outcome::Kind::kDelivered) << outcome.error;
    EXPECT_EQ(outcome.receipt.identifier, "b");
    EXPECT_EQ(imposter_.requests()[0].query_value("poll"), "1");
}

TEST_F(Ntfy, ConcealsItsTopic) {
    imposter_.answer(403, R"({"code":40301,"http":403,"error":"forbidden: ops-7f3a9"})");
    Outcome outcome = send(spec_of(Kind::kNtfy, imposter_, "ops-7f3a9"), message_of());
    EXPECT_EQ(outcome.kind, Outcome::Kind::kPermanent);
    EXPECT_THAT(outcome.error, Not(HasSubstr("ops-7f3a9")));
}

using Webhook = ChannelTest;

// The example of the Standard Webhooks' libraries.
TEST(WebhookSignature, AgreesWithPublishedExample) {
    EXPECT_EQ(sign_webhook(Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "msg_p5jXN8AQM9LWM0D4loKWxJek",
                           1614265330, R"({"test": 2432232314})"),
              "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST_F(Webhook, SignsWhatItSends) {
    imposter_.answer(200, "taken");
    ChannelSpec spec = spec_of(Kind::kWebhook, imposter_);
    spec.token = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    Outcome outcome = send(spec, message_of());
    ASSERT_EQ(outcome.kind, Outcome::Kind::kDelivered) << outcome.error;
    EXPECT_EQ(outcome.receipt.identifier, "200:sha256:" + sha256_hex("taken"));
    net::Request request = imposter_.requests()[0];
    EXPECT_EQ(request.headers.get("webhook-id"), "dlv_0001");
    EXPECT_EQ(request.headers.get("webhook-timestamp"), "1790000000");
    EXPECT_EQ(request.headers.get("webhook-signature"),
              sign_webhook(spec.token, "dlv_0001", 1'790'000'000, request.body));
    EXPECT_EQ(text_of(sent_body().at("data").at("key")), "k1");
    EXPECT_THAT(text_of(sent_body().at("timestamp")), StartsWith("2026-"));
}

TEST_F(Webhook, TakesIdentifierFromPathInAnswer) {
    ChannelSpec spec = spec_of(Kind::kWebhook, imposter_);
    spec.options = {{"receipt_path", "$.items.0.id"}};
    imposter_.answer(201, R"({"items":[{"id":"t-42"}]})");
    Outcome outcome = send(spec, message_of());
    EXPECT_EQ(outcome.receipt.identifier, "t-42");
    EXPECT_EQ(outcome.receipt.proof, Proof::kIdentifier);
    imposter_.answer(200, R"({"items":[]})");
    EXPECT_EQ(send(spec, message_of()).kind, Outcome::Kind::kAmbiguous);
}

TEST(CheckChannel, NamesWhatIsWrongAndNoSecret) {
    Imposter imposter;
    auto error_of = [](const ChannelSpec& spec) {
        auto checked = check_channel(spec);
        return checked ? "" : checked.error().message;
    };
    EXPECT_EQ(error_of(spec_of(Kind::kTelegram, imposter, "-5")), "");
    EXPECT_THAT(error_of(spec_of(Kind::kTelegram, imposter, "ops")), HasSubstr("chat id"));
    ChannelSpec spec = spec_of(Kind::kDiscord, imposter);
    spec.options = {{"usrname", "x"}};
    EXPECT_THAT(error_of(spec), HasSubstr("did you mean username"));
    spec = spec_of(Kind::kDiscord, imposter);
    spec.url = Secret("discord.example/hooks/17/s3cr3t-path");
    EXPECT_THAT(error_of(spec), HasSubstr("url"));
    EXPECT_THAT(error_of(spec), Not(HasSubstr("s3cr3t")));
    EXPECT_THAT(error_of(spec_of(Kind::kNtfy, imposter, "a b")), HasSubstr("topic"));
    spec = spec_of(Kind::kWebhook, imposter);
    spec.token = Secret("whsec_%%%");
    EXPECT_THAT(error_of(spec), HasSubstr("base64"));
    spec = spec_of(Kind::kTelegram, imposter, "5");
    spec.token = Secret("two\r\nlines");
    EXPECT_THAT(error_of(spec), HasSubstr("blanks"));
}

}  // namespace
}  // namespace nightshift::delivery
