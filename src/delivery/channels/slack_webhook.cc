#include "delivery/channels/slack_webhook.h"

#include <boost/json.hpp>

#include "base/text.h"
#include "delivery/channels/settings.h"
#include "delivery/channels/slack_text.h"
#include "delivery/exchange.h"
#include "delivery/text_fit.h"

namespace nightshift::delivery {
namespace {

constexpr PaceLimit kPace{std::chrono::milliseconds(1'000), 1};

class SlackWebhook final : public Channel {
public:
    SlackWebhook(ChannelSpec spec, std::string url) : spec_(std::move(spec)), url_(std::move(url)) {
        traits_.provider = "slack_webhook";
        traits_.pace = kPace;
        traits_.sending_max = 1;
        concealer_.add_target(spec_.url);
    }

    const Traits& traits() const override { return traits_; }

    Task<Outcome> send(Message message, std::stop_token) const override {
        boost::json::object body{{"text", slack_text(message)}};
        net::ClientRequest request = json_post(spec_, url_, boost::json::serialize(body));
        Judge judge = [this, now = message.now](const net::ClientResponse& answer) {
            return this->judge(answer, now);
        };
        Outcome outcome =
            co_await exchange(std::move(request), std::move(judge), concealer_, Outcome::Kind::kAmbiguous);
        co_return outcome;
    }

private:
    Outcome judge(const net::ClientResponse& answer, Time now) const {
        if (auto failure = judge_status(answer, now)) return *failure;
        if (trim(answer.body) != "ok") {
            return Outcome::failed(
                Outcome::Kind::kAmbiguous,
                fmt::format("answered {} without its ok: {}", answer.status, one_line(answer.body, 100)),
                answer.status);
        }
        Receipt receipt;
        receipt.provider = traits_.provider;
        receipt.identifier = fmt::format("{} ok", answer.status);
        receipt.detail = "an incoming webhook does not name the message it made";
        receipt.proof = Proof::kAnswer;
        receipt.time = now;
        return Outcome::delivered(std::move(receipt), answer.status);
    }

    ChannelSpec spec_;
    std::string url_;
    Concealer concealer_;
    Traits traits_;
};

}  // namespace

Result<std::unique_ptr<Channel>> make_slack_webhook(const ChannelSpec& spec) {
    if (auto checked = check_options(spec, {}); !checked) return Failure(checked.error());
    NS_TRY(std::string url, base_url(spec, ""));
    return std::make_unique<SlackWebhook>(spec, std::move(url));
}

}  // namespace nightshift::delivery
