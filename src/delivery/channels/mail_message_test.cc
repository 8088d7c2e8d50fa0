#include "delivery/channels/mail_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"

namespace nightshift::delivery {
namespace {

using testing::HasSubstr;
using testing::Not;

Mail mail() {
    Mail message;
    message.from = "night@example.org";
    message.to = {"a@example.org", "b@example.org"};
    message.subject = "Morning report";
    message.text = "All twelve posts are out.";
    message.message_id = "dlv_1@example.org";
    message.date = from_unix_ms(1'790'000'000'000);
    return message;
}

TEST(RenderMail, WritesHeadersAndBody) {
    std::string text = render_mail(mail());
    EXPECT_THAT(text, HasSubstr("From: night@example.org\r\n"));
    EXPECT_THAT(text, HasSubstr("To: a@example.org,\r\n b@example.org\r\n"));
    EXPECT_THAT(text, HasSubstr("Subject: Morning report\r\n"));
    EXPECT_THAT(text, HasSubstr("Date: Mon, 21 Sep 2026 14:13:20 +0000\r\n"));
    EXPECT_THAT(text, HasSubstr("Message-ID: <dlv_1@example.org>\r\n"));
    EXPECT_THAT(text, HasSubstr("\r\n\r\n" + base64_encode("All twelve posts are out.") + "\r\n"));
}

TEST(RenderMail, LetsNoTextAddHeaders) {
    Mail message = mail();
    message.subject = "x\r\nBcc: everybody@example.org";
    message.from_name = "N\r\nBcc: everybody@example.org";
    message.text = ".\r\nQUIT\r\n";
    std::string text = render_mail(message);
    EXPECT_THAT(text, Not(HasSubstr("\nBcc:")));
    EXPECT_THAT(text, Not(HasSubstr("\n.\r\n")));
}

TEST(RenderMail, KeepsLinesShort) {
    Mail message = mail();
    for (int i = 0; i < 100; ++i) message.subject += " Größe ∞ 🌙";
    message.text = std::string(10'000, 'x');
    std::string rendered = render_mail(message);
    for (std::string_view line : split(rendered, '\n')) EXPECT_LE(line.size(), 79U);
}

TEST(MailAddress, TakesPlainOnesOnly) {
    EXPECT_TRUE(is_mail_address("a.b+c@example.org"));
    for (const char* text :
         {"", "a", "@b", "a@", "a b@c", "a@b@c", "<a@b>", "a@b\r\nRCPT", "a,b@c", "ü@example.org"}) {
        EXPECT_FALSE(is_mail_address(text)) << text;
    }
}

TEST(QueueId, ReadsCommonAnswers) {
    EXPECT_EQ(queue_id_of("250 2.0.0 Ok: queued as 4FzXq12Y3z"), "4FzXq12Y3z");
    EXPECT_EQ(queue_id_of("250 OK id=1qXyz-0001Ab-2C"), "1qXyz-0001Ab-2C");
    EXPECT_EQ(queue_id_of("250 OK: message queued as abc123."), "abc123");
    EXPECT_EQ(queue_id_of("250 Ok"), "");
}

}  // namespace
}  // namespace nightshift::delivery
