#include "app/notifications.h"

#include <gtest/gtest.h>

namespace nightshift::app {
namespace {

TEST(Notifications, BecomeDeliveriesWhoseReceiptsFindTheirIncident) {
    incidents::Wish wish;
    wish.key = "ntf_1";
    wish.channel = "team";
    wish.what = "edit";
    wish.thread = "inc_1";
    wish.severity = Severity::kCritical;
    wish.links.acknowledge = "http://night.example/ack/inc_1/x";
    delivery::NewDelivery wanted = delivery_of("acme", wish);
    EXPECT_EQ(wanted.mode, delivery::Mode::kEdit);
    EXPECT_EQ(wanted.severity, "critical");
    ASSERT_EQ(wanted.links.size(), 1u);
    EXPECT_EQ(wanted.links[0].label, "Acknowledge");

    delivery::Delivery ended;
    ended.id = "dlv_1";
    ended.key = wanted.key;
    ended.about = wanted.about;
    ended.state = delivery::State::kFailed;
    ended.why = "403";
    auto receipt = receipt_of(ended);
    ASSERT_TRUE(receipt);
    EXPECT_EQ(receipt->incident, "inc_1");
    EXPECT_EQ(receipt->receipt.delivery, "ntf_1");
    EXPECT_EQ(receipt->receipt.id, "dlv_1");
    EXPECT_EQ(receipt->receipt.error, "403");
    ended.about = "run:molt@1";
    EXPECT_FALSE(receipt_of(ended));
}

TEST(Notifications, AreEditedWhereTheChannelCan) {
    std::vector<delivery::ChannelSpec> channels(2);
    channels[0].name = "mail";
    channels[0].kind = delivery::Kind::kEmail;
    channels[1].name = "hook";
    channels[1].kind = delivery::Kind::kWebhook;
    channels[1].options["format"] = "alertmanager";
    EXPECT_FALSE(can_edit(channels, "mail"));
    EXPECT_TRUE(can_edit(channels, "hook"));
    EXPECT_FALSE(can_edit(channels, "gone"));
    EXPECT_TRUE(speaks_alertmanager(channels, "hook"));
    EXPECT_FALSE(speaks_alertmanager(channels, "mail"));
}

}  // namespace
}  // namespace nightshift::app
