// What the channels make of edits, replies and links: see channels_test.cc for plain messages.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "delivery/channels/channel_bench_for_test.h"
#include "delivery/channels/pagerduty.h"
#include "delivery/channels/webhook.h"
#include "delivery/limits.h"
#include "delivery/text_fit.h"

namespace nightshift::delivery {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

const Link kAcknowledge{"Acknowledge", "https://night.example/a?b=1&c=2|3"};

Message about(Mode mode, std::string identifier, std::string place) {
    Message message = message_of();
    message.mode = mode;
    message.thread = "alert-1";
    message.revision = 2;
    message.anchor = Anchor{"dlv_0000", "here", std::move(identifier), std::move(place), "Disk full"};
    return message;
}

using TelegramLiving = ChannelTest;

TEST_F(TelegramLiving, EditsInPlaceWithButtons) {
    imposter_.answer(200, R"({"ok":true,"result":{"message_id":4711,"chat":{"id":-100200}}})");
    Message message = about(Mode::kEdit, "4711", "-100200");
    message.links = {kAcknowledge, {"Home", "http://localhost:8080/x"}};
    Outcome outcome = send(spec_of(Kind::kTelegram, imposter_, "@ops"), message);
    ASSERT_EQ(outcome.kind, Outcome::Kind::kDelivered) << outcome.error;
    EXPECT_EQ(outcome.receipt.identifier, "4711");
    EXPECT_EQ(imposter_.requests()[0].path, "/bot" + std::string(kToken) + "/editMessageText");
    boost::json::value body = sent_body();
    EXPECT_EQ(text_of(body.at("chat_id")), "-100200");
    EXPECT_EQ(body.at("message_id").as_int64(), 4711);
    const auto& rows = body.at("reply_markup").at("inline_keyboard").as_array();
    ASSERT_THAT(rows, SizeIs(1));
    EXPECT_EQ(text_of(rows[0].at(0).at("url")), kAcknowledge.url);
    // What Telegram takes for no address stands in the text.
    EXPECT_TRUE(text_of(body.at("text")).ends_with("\n\nHome: http://localhost:8080/x"));
    EXPECT_FALSE(body.as_object().contains("parse_mode"));
}

TEST_F(TelegramLiving, TakesSameTextAgainForDelivered) {
    imposter_.answer(
        400,
        R"({"ok":false,"error_code":400,"description":"Bad Request: message is not modified: specified new message content and reply markup are exactly the same"})");
    Outcome outcome = send(spec_of(Kind::kTelegram, imposter_, "5"), about(Mode::kEdit, "4711", "5"));
    ASSERT_EQ(outcome.kind, Outcome::Kind::kDelivered) << outcome.error;
    EXPECT_EQ(outcome.receipt.identifier, "4711");
    EXPECT_EQ(outcome.receipt.place, "5");
}

TEST_F(TelegramLiving, SaysWhatCanBeEditedNoMore) {
    for (const char* words : {"message can't be edited", "message to edit not found", "MESSAGE_ID_INVALID"}) {
        imposter_.answer(400, std::string(R"({"ok":false,"error_code":400,"description":"Bad Request: )") +
                                  words + R"("})");
        Message edit = about(Mode::kEdit, "4711", "5");
        EXPECT_EQ(send(spec_of(Kind::kTelegram, imposter_, "5"), edit).kind, Outcome::Kind::kUneditable)
            << words;
        // Of a message that is sent the same words mean something else.
        EXPECT_EQ(send(spec_of(Kind::kTelegram, imposter_, "5"), message_of()).kind,
                  Outcome::Kind::kPermanent);
    }
    imposter_.answer(400, R"({"ok":false,"error_code":400,"description":"Bad Request: chat not found"})");
    EXPECT_EQ(send(spec_of(Kind::kTelegram, imposter_, "5"), about(Mode::kEdit, "4711", "5")).kind,
              Outcome::Kind::kPermanent);
}

TEST_F(TelegramLiving, AnswersTheMessage) {
    imposter_.answer(200, R"({"ok":true,"result":{"message_id":4712,"chat":{"id":5}}})");
    Outcome outcome = send(spec_of(Kind::kTelegram, imposter_, "5"), about(Mode::kReply, "4711", "5"));
    EXPECT_EQ(outcome.receipt.identifier, "4712");
    boost::json::value body = sent_body();
    EXPECT_EQ(body.at("reply_parameters").at("message_id").as_int64(), 4711);
    EXPECT_TRUE(body.at("reply_parameters").at("allow_sending_without_reply").as_bool());
    EXPECT_THAT(imposter_.requests()[0].path, HasSubstr("/sendMessage"));
}

using SlackLiving = ChannelTest;

TEST_F(SlackLiving, EditsWhereTheMessageIs) {
    imposter_.answer(200, R"({"ok":true,"channel":"C0123456789","ts":"1.5","text":"x"})");
    Message message = about(Mode::kEdit, "1.5", "C0123456789");
    message.text = "<!channel> <@U1> & <https://evil|harmless>";
    message.links = {kAcknowledge, {"a|b <c>", "http://x.y/"}};
    Outcome outcome = send(spec_of(Kind::kSlack, imposter_, "#ops"), message);
    ASSERT_EQ(outcome.kind, Outcome::Kind::kDelivered) << outcome.error;
    EXPECT_EQ(imposter_.requests()[0].path, "/chat.update");
    boost::json::value body = sent_body();
    EXPECT_EQ(text_of(body.at("channel")), "C0123456789");
    EXPECT_EQ(text_of(body.at("ts")), "1.5");
    EXPECT_EQ(text_of(body.at("parse")), "none");
    EXPECT_EQ(text_of(body.at("text")),
              "Morning report\n\n&lt;!channel&gt; &lt;@U1&gt; &amp; &lt;https://evil|harmless&gt;\n\n"
              "<https://night.example/a?b=1&amp;c=2%7C3|Acknowledge>\n<http://x.y/|a/b &lt;c&gt;>");
}

TEST_F(SlackLiving, StaysWithinItsLimitWhenEscaped) {
    imposter_.answer(200, R"({"ok":true,"channel":"C0123456789","ts":"1.5"})");
    Message message = about(Mode::kEdit, "1.5", "C0123456789");
    message.text = std::string(50'000, '&');
    message.links = {kAcknowledge};
    send(spec_of(Kind::kSlack, imposter_, "#ops"), message);
    std::string text = text_of(sent_body().at("text"));
    EXPECT_LE(text.size(), 40'002U);  // the ellipsis is one unit of three bytes
    EXPECT_THAT(text, HasSubstr("&amp;…\n\n<https://"));
}

TEST_F(SlackLiving, SaysWhatCanBeEditedNoMore) {
    for (const char* error : {"message_not_found", "cant_update_message", "edit_window_closed"}) {
        imposter_.answer(200, std::string(R"({"ok":false,"error":")") + error + R"("})");
        Message edit = about(Mode::kEdit, "1.5", "C0123456789");
        EXPECT_EQ(send(spec_of(Kind::kSlack, imposter_, "#ops"), edit).kind, Outcome::Kind::kUneditable)
            << error;
    }
    imposter_.answer(200, R"({"ok":false,"error":"invalid_auth"})");
    EXPECT_EQ(send(spec_of(Kind::kSlack, imposter_, "#ops"), about(Mode::kEdit, "1.5", "C0123456789")).kind,
              Outcome::Kind::kPermanent);
}

TEST_F(SlackLiving, AnswersInTheMessagesThread) {
    imposter_.answer(200, R"({"ok":true,"channel":"C0123456789","ts":"1.6"})");
    Message reply = about(Mode::kReply, "1.5", "C0123456789");
    send(spec_of(Kind::kSlack, imposter_, "C0123456789"), reply);
    EXPECT_EQ(text_of(sent_body().at("thread_ts")), "1.5");
    EXPECT_EQ(imposter_.requests()[0].path, "/chat.postMessage");
    // Threads are flat: under a configured one there is no other.
    ChannelSpec spec = spec_of(Kind::kSlack, imposter_, "C0123456789");
    spec.options = {{"thread", "1.1"}};
    send(spec, reply);
    EXPECT_EQ(text_of(sent_body(1).at("thread_ts")), "1.1");
}

TEST_F(SlackLiving, LooksForReplyInTheMessagesThread) {
    imposter_.answer(
        200,
        R"({"ok":true,"messages":[{"ts":"1.6","metadata":{"event_type":"nightshift_delivery","event_payload":{"id":"dlv_0001"}}}]})");
    Outcome outcome =
        read_back(spec_of(Kind::kSlack, imposter_, "C0123456789"), about(Mode::kReply, "1.5", "C0123456789"));
    EXPECT_EQ(outcome.receipt.identifier, "1.6");
    EXPECT_EQ(imposter_.requests()[0].path, "/conversations.replies");
    EXPECT_EQ(imposter_.requests()[0].query_value("ts"), "1.5");
}

using DiscordLiving = ChannelTest;

TEST_F(DiscordLiving, EditsInPlace) {
    imposter_.answer(200, R"({"id":"1122","channel_id":"99"})");
    ChannelSpec spec = spec_of(Kind::kDiscord, imposter_);
    spec.options = {{"thread", "77"}, {"username", "Night"}};
    Message message = about(Mode::kEdit, "1122", "99");
    message.text = "@everyone see [the log](https://evil.example)";
    message.links = {kAcknowledge};
    Outcome outcome = send(spec, message);
    ASSERT_EQ(outcome.kind, Outcome::Kind::kDelivered) << outcome.error;
    net::Request request = imposter_.requests()[0];
    EXPECT_EQ(request.method, net::Method::kPatch);
    EXPECT_EQ(request.path, "/hooks/17/s3cr3t-path/messages/1122");
    EXPECT_EQ(request.query_value("thread_id"), "77");
    boost::json::value body = sent_body();
    EXPECT_TRUE(body.at("allowed_mentions").at("parse").as_array().empty());
    EXPECT_FALSE(body.as_object().contains("username"));
    EXPECT_THAT(text_of(body.at("content")), HasSubstr("[the log]\\(https://evil.example)"));
    EXPECT_TRUE(text_of(body.at("content")).ends_with("\n\nAcknowledge: " + kAcknowledge.url));
}

TEST_F(DiscordLiving, KnowsMissingMessageFromMissingWebhook) {
    Message edit = about(Mode::kEdit, "1122", "99");
    imposter_.answer(404, R"({"message":"Unknown Message","code":10008})");
    EXPECT_EQ(send(spec_of(Kind::kDiscord, imposter_), edit).kind, Outcome::Kind::kUneditable);
    imposter_.answer(404, R"({"message":"Unknown Webhook","code":10015})");
    EXPECT_EQ(send(spec_of(Kind::kDiscord, imposter_), edit).kind, Outcome::Kind::kPermanent);
}

TEST_F(DiscordLiving, AnswersWithNewMessage) {
    imposter_.answer(200, R"({"id":"1123","channel_id":"99"})");
    Outcome outcome = send(spec_of(Kind::kDiscord, imposter_), about(Mode::kReply, "1122", "99"));
    EXPECT_EQ(outcome.receipt.identifier, "1123");
    EXPECT_EQ(imposter_.requests()[0].method, net::Method::kPost);
    EXPECT_EQ(imposter_.requests()[0].query_value("wait"), "true");
}

using NtfyLiving = ChannelTest;

TEST_F(NtfyLiving, HasPriorityOfSeverityAndButtons) {
    imposter_.answer(200, R"({"id":"1","event":"message"})");
    ChannelSpec spec = spec_of(Kind::kNtfy, imposter_, "ops-7f3a9");
    spec.options = {{"priority", "2"}};
    auto priority_with = [&](std::string severity, bool is_resolution) {
        Message message = message_of();
        message.severity = std::move(severity);
        message.is_resolution = is_resolution;
        message.links = {kAcknowledge, kAcknowledge, kAcknowledge, {"Fourth", "http://x.y"}};
        send(spec, message);
        return sent_body(imposter_.requests().size() - 1).at("priority").as_int64();
    };
    EXPECT_EQ(priority_with("critical", false), 5);
    EXPECT_EQ(priority_with("warning", false), 4);
    EXPECT_EQ(priority_with("info", false), 3);
    EXPECT_EQ(priority_with("critical", true), 3);
    EXPECT_EQ(priority_with("", false), 2);
    ASSERT_THAT(sent_body().at("actions").as_array(), SizeIs(3));
    EXPECT_EQ(text_of(sent_body().at("actions").at(0).at("action")), "view");
    EXPECT_TRUE(text_of(sent_body().at("message")).ends_with("\n\nFourth: http://x.y"));
}

using WebhookLiving = ChannelTest;

TEST_F(WebhookLiving, SaysWhatAProgramNeeds) {
    imposter_.answer(200, "taken");
    Message message = about(Mode::kEdit, "200 ok", "");
    message.severity = "critical";
    message.is_resolution = true;
    message.links = {kAcknowledge};
    message.payload = R"({"alert":{"count":3}})";
    ASSERT_EQ(send(spec_of(Kind::kWebhook, imposter_), message).kind, Outcome::Kind::kDelivered);
    boost::json::value data = sent_body().at("data");
    EXPECT_EQ(text_of(data.at("mode")), "edit");
    EXPECT_EQ(text_of(data.at("thread")), "alert-1");
    EXPECT_EQ(data.at("revision").as_int64(), 2);
    EXPECT_EQ(text_of(data.at("severity")), "critical");
    EXPECT_TRUE(data.at("is_resolution").as_bool());
    EXPECT_EQ(text_of(data.at("links").at(0).at("label")), "Acknowledge");
    EXPECT_EQ(data.at("payload").at("alert").at("count").as_int64(), 3);
    send(spec_of(Kind::kWebhook, imposter_), message_of());
    EXPECT_TRUE(sent_body(1).at("data").at("payload").is_null());
}

TEST_F(WebhookLiving, SendsThePayloadAloneWhereToldTo) {
    imposter_.answer(200, "taken");
    ChannelSpec spec = spec_of(Kind::kWebhook, imposter_);
    spec.options = {{"format", "alertmanager"}};
    spec.token = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    Message message = message_of();
    message.payload = R"({"version":"4","status":"firing"})";
    ASSERT_EQ(send(spec, message).kind, Outcome::Kind::kDelivered);
    net::Request request = imposter_.requests()[0];
    EXPECT_EQ(request.body, message.payload);
    EXPECT_EQ(request.headers.get("webhook-signature"),
              sign_webhook(spec.token, "dlv_0001", 1'790'000'000, message.payload));
    Outcome outcome = send(spec, message_of());
    EXPECT_EQ(outcome.kind, Outcome::Kind::kPermanent);
    EXPECT_THAT(outcome.error, HasSubstr("payload"));
    EXPECT_THAT(imposter_.requests(), SizeIs(1));
    spec.options = {{"format", "other"}};
    EXPECT_FALSE(check_channel(spec));
}

using Pagerduty = ChannelTest;

constexpr const char* kTaken = R"({"status":"success","message":"Event processed","dedup_key":"key-1"})";

TEST_F(Pagerduty, TriggersAndResolvesOneIncident) {
    imposter_.answer(202, kTaken);
    ChannelSpec spec = spec_of(Kind::kPagerduty, imposter_);
    Message post = message_of();
    post.thread = "alert-1";
    post.severity = "critical";
    post.subject = std::string(3'000, 's') + "\n";
    post.payload = R"({"run":"r1"})";
    post.links = {kAcknowledge};
    Outcome outcome = send(spec, post);
    ASSERT_EQ(outcome.kind, Outcome::Kind::kDelivered) << outcome.error;
    EXPECT_EQ(outcome.receipt.identifier, "key-1");
    EXPECT_EQ(imposter_.requests()[0].path, "/v2/enqueue");
    boost::json::value event = sent_body();
    EXPECT_EQ(text_of(event.at("event_action")), "trigger");
    EXPECT_EQ(text_of(event.at("routing_key")), std::string(kToken));
    EXPECT_EQ(text_of(event.at("payload").at("severity")), "critical");
    EXPECT_EQ(length_of(text_of(event.at("payload").at("summary")), Count::kUtf16), 1024U);
    EXPECT_EQ(text_of(event.at("payload").at("custom_details").at("run")), "r1");
    EXPECT_EQ(text_of(event.at("payload").at("custom_details").at("text")), post.text);
    EXPECT_EQ(text_of(event.at("links").at(0).at("href")), kAcknowledge.url);

    Message over = about(Mode::kReply, "key-1", "");
    over.is_resolution = true;
    ASSERT_EQ(send(spec, over).kind, Outcome::Kind::kDelivered);
    EXPECT_EQ(text_of(sent_body(1).at("event_action")), "resolve");
    EXPECT_EQ(sent_body(1).at("dedup_key"), event.at("dedup_key"));
}

TEST_F(Pagerduty, NamesIncidentsByTenantAndThread) {
    Message one = message_of();
    one.tenant = "t1";
    one.thread = "1a";
    Message other = one;
    EXPECT_EQ(dedup_key_of(one), dedup_key_of(other));
    other.tenant = "t11";
    other.thread = "a";
    EXPECT_NE(dedup_key_of(one), dedup_key_of(other));
    one.thread = other.thread = "";
    EXPECT_EQ(dedup_key_of(one), "nightshift-dlv_0001");
}

TEST_F(Pagerduty, MeansWarningWithoutSeverity) {
    imposter_.answer(202, kTaken);
    send(spec_of(Kind::kPagerduty, imposter_), message_of());
    EXPECT_EQ(text_of(sent_body().at("payload").at("severity")), "warning");
}

TEST_F(Pagerduty, KnowsRefusalsApart) {
    ChannelSpec spec = spec_of(Kind::kPagerduty, imposter_);
    imposter_.answer(400, R"({"status":"invalid event","errors":["routing_key is bad"]})");
    EXPECT_EQ(send(spec, message_of()).kind, Outcome::Kind::kPermanent);
    imposter_.answer(429, "slow down");
    EXPECT_EQ(send(spec, message_of()).kind, Outcome::Kind::kRateLimited);
    imposter_.answer(500, "oops");
    EXPECT_EQ(send(spec, message_of()).kind, Outcome::Kind::kTransient);
    imposter_.answer(202, "{}");
    EXPECT_EQ(send(spec, message_of()).kind, Outcome::Kind::kAmbiguous);
}

TEST_F(Pagerduty, StaysWithinTheSizeOfAnEvent) {
    imposter_.answer(202, kTaken);
    Message message = message_of(std::string(kTextBytesMax, '\x01'));  // six bytes each, escaped
    message.payload = "{\"x\":\"" + std::string(kPayloadBytesMax - 8, 'x') + "\"}";
    send(spec_of(Kind::kPagerduty, imposter_), message);
    EXPECT_LE(imposter_.requests()[0].body.size(), 512'000U);
    EXPECT_TRUE(sent_body().at("payload").at("custom_details").as_object().contains("x"));
}

TEST_F(Pagerduty, NeedsRoutingKey) {
    ChannelSpec spec = spec_of(Kind::kPagerduty, imposter_);
    spec.token = Secret("");
    EXPECT_THAT(check_channel(spec).error().message, HasSubstr("routing key"));
}

TEST_F(Pagerduty, ConcealsItsRoutingKey) {
    imposter_.answer(400, "bad key " + std::string(kToken));
    EXPECT_THAT(send(spec_of(Kind::kPagerduty, imposter_), message_of()).error,
                Not(HasSubstr("secret-token")));
}

}  // namespace
}  // namespace nightshift::delivery
