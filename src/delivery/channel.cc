#include "delivery/channel.h"

#include "base/text.h"
#include "delivery/channels/discord.h"
#include "delivery/channels/email.h"
#include "delivery/channels/ntfy.h"
#include "delivery/channels/pagerduty.h"
#include "delivery/channels/slack.h"
#include "delivery/channels/slack_webhook.h"
#include "delivery/channels/telegram.h"
#include "delivery/channels/webhook.h"
#include "delivery/limits.h"
#include "delivery/service.h"

namespace nightshift::delivery {
namespace {

Result<void> check_common(const ChannelSpec& spec) {
    if (spec.name.empty() || spec.name.size() > kKeyBytesMax) {
        return fail(Code::kInvalid, "a channel needs a name of at most {} bytes", kKeyBytesMax);
    }
    if (spec.attempts_max < 1 || spec.attempts_max > kAttemptsMax) {
        return fail(Code::kInvalid, "channel {}: attempts are between 1 and {}", spec.name, kAttemptsMax);
    }
    if (spec.timeout < kTimeoutMin || spec.timeout > kTimeoutMax) {
        return fail(Code::kInvalid, "channel {}: a timeout is between {} ms and {} ms", spec.name,
                    kTimeoutMin.count(), kTimeoutMax.count());
    }
    if (spec.give_up_after.count() < 1 || spec.give_up_after > kGiveUpMax) {
        return fail(Code::kInvalid, "channel {}: it gives up after 1 s to {} h", spec.name,
                    kGiveUpMax.count());
    }
    return {};
}

}  // namespace

Task<Outcome> Channel::read_back(Message, std::stop_token) const {
    co_return Outcome::failed(Outcome::Kind::kUnreadable, "this channel cannot be read back");
}

Result<std::unique_ptr<Channel>> make_channel(const ChannelSpec& spec, io::Pool* pool) {
    if (auto checked = check_common(spec); !checked) return Failure(checked.error());
    switch (spec.kind) {
        case Kind::kTelegram:
            return make_telegram(spec);
        case Kind::kSlack:
            return make_slack(spec);
        case Kind::kSlackWebhook:
            return make_slack_webhook(spec);
        case Kind::kDiscord:
            return make_discord(spec);
        case Kind::kEmail:
            return make_email(spec, pool);
        case Kind::kNtfy:
            return make_ntfy(spec);
        case Kind::kWebhook:
            return make_webhook(spec);
        case Kind::kPagerduty:
            return make_pagerduty(spec);
    }
    return fail(Code::kInvalid, "channel {}: its kind is unknown", spec.name);
}

Result<void> check_channel(const ChannelSpec& spec) {
    NS_TRY([[maybe_unused]] auto channel, make_channel(spec, nullptr));
    return {};
}

}  // namespace nightshift::delivery
