#include "delivery/plan.h"

#include <gtest/gtest.h>

#include "delivery/limits.h"

namespace nightshift::delivery {
namespace {

Delivery in_thread(Mode mode) {
    Delivery delivery;
    delivery.mode = mode;
    delivery.thread = "alert-1";
    return delivery;
}

Traits chat(bool can_edit) {
    Traits traits;
    traits.provider = "chat";
    traits.can_edit = can_edit;
    return traits;
}

const std::optional<Anchor> kAnchor = Anchor{"dlv_1", "here", "7", "C1", "Disk full"};

TEST(Plan, EditsAndAnswersTheMessageThatIsThere) {
    EXPECT_EQ(plan_delivery(in_thread(Mode::kEdit), kAnchor, chat(true), "here").mode, Mode::kEdit);
    EXPECT_EQ(plan_delivery(in_thread(Mode::kReply), kAnchor, chat(true), "here").mode, Mode::kReply);
    EXPECT_EQ(plan_delivery(in_thread(Mode::kEdit), kAnchor, chat(true), "here").anchor_address, "");
}

TEST(Plan, PostsWhatHasNoMessageToActOn) {
    Plan edit = plan_delivery(in_thread(Mode::kEdit), std::nullopt, chat(true), "here");
    EXPECT_EQ(edit.mode, Mode::kPost);
    EXPECT_EQ(edit.anchor_address, "here");
    Plan reply = plan_delivery(in_thread(Mode::kReply), std::nullopt, chat(true), "here");
    EXPECT_EQ(reply.mode, Mode::kPost);
    EXPECT_EQ(reply.anchor_address, "");
}

TEST(Plan, TakesMessageAtAnotherAddressForNone) {
    Plan plan = plan_delivery(in_thread(Mode::kEdit), kAnchor, chat(true), "there");
    EXPECT_EQ(plan.mode, Mode::kPost);
    EXPECT_EQ(plan.anchor_address, "there");
}

TEST(AddressOf, ChangesWithWhereItLeadsAndNamesNothing) {
    ChannelSpec spec;
    spec.kind = Kind::kTelegram;
    spec.token = Secret("one");
    spec.target = "-100200";
    std::string address = address_of(spec);
    EXPECT_EQ(address.find("100200"), std::string::npos);
    spec.token = Secret("another");
    EXPECT_EQ(address_of(spec), address);
    spec.target = "-100201";
    EXPECT_NE(address_of(spec), address);
}

TEST(Plan, SkipsEditsThatTheChannelCannotShow) {
    EXPECT_TRUE(plan_delivery(in_thread(Mode::kEdit), kAnchor, chat(false), "here").is_skipped);
    EXPECT_FALSE(plan_delivery(in_thread(Mode::kReply), kAnchor, chat(false), "here").is_skipped);
    EXPECT_FALSE(plan_delivery(in_thread(Mode::kPost), kAnchor, chat(false), "here").is_skipped);
    // Nothing has been said yet: this says it.
    EXPECT_FALSE(plan_delivery(in_thread(Mode::kEdit), std::nullopt, chat(false), "here").is_skipped);
}

TEST(Plan, MakesNoAnchorOutsideOfThreads) {
    EXPECT_EQ(plan_delivery(Delivery(), std::nullopt, chat(true), "here").anchor_address, "");
    EXPECT_EQ(plan_delivery(in_thread(Mode::kPost), kAnchor, chat(true), "here").anchor_address, "here");
}

TEST(Plan, MaySendEditsAgainWithoutLooking) {
    RetryPolicy policy{.can_read_back = true, .is_absence_certain = true};
    RetryPolicy edit = policy_for(Mode::kEdit, policy);
    EXPECT_TRUE(edit.may_resend);
    EXPECT_FALSE(edit.can_read_back);
    EXPECT_FALSE(policy_for(Mode::kReply, policy).may_resend);
    EXPECT_TRUE(policy_for(Mode::kPost, policy).can_read_back);
}

TEST(MayStart, LeavesEachChannelItsShare) {
    EXPECT_TRUE(may_start(0, 32, 0));
    EXPECT_TRUE(may_start(31, 32, kSendingMax - 1));
    EXPECT_FALSE(may_start(32, 32, 32));
    EXPECT_FALSE(may_start(kSendingShare, 32, kSendingMax));
    EXPECT_TRUE(may_start(kSendingShare - 1, 32, kSendingMax));
    EXPECT_FALSE(may_start(1, 1, kSendingMax));
}

}  // namespace
}  // namespace nightshift::delivery
