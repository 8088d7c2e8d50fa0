#include "delivery/plan.h"

#include <fmt/format.h>

#include "delivery/digest.h"
#include "delivery/limits.h"

namespace nightshift::delivery {

std::string address_of(const ChannelSpec& spec) {
    constexpr size_t kDigits = 16;
    return sha256_hex(fmt::format("{}\n{}\n{}", to_string(spec.kind), spec.url.reveal(), spec.target))
        .substr(0, kDigits);
}

Plan plan_delivery(const Delivery& delivery, const std::optional<Anchor>& anchor, const Traits& traits,
                   const std::string& address) {
    bool has_anchor = anchor && anchor->address == address;
    Plan plan;
    plan.mode = has_anchor ? delivery.mode : Mode::kPost;
    plan.is_skipped = plan.mode == Mode::kEdit && !traits.can_edit;
    bool makes_anchor = plan.mode == Mode::kPost && delivery.mode != Mode::kReply && !delivery.thread.empty();
    if (makes_anchor) plan.anchor_address = address;
    return plan;
}

RetryPolicy policy_for(Mode mode, const RetryPolicy& policy) {
    if (mode != Mode::kEdit) return policy;
    RetryPolicy edit = policy;
    edit.can_read_back = false;
    edit.may_resend = true;
    return edit;
}

bool may_start(size_t here, size_t here_max, size_t all) {
    if (here >= here_max) return false;
    return here < kSendingShare || all < kSendingMax;
}

}  // namespace nightshift::delivery
