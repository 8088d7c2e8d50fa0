#include "delivery/channels/discord.h"

#include <boost/json.hpp>

#include "base/text.h"
#include "delivery/channels/settings.h"
#include "delivery/exchange.h"
#include "delivery/json_answer.h"
#include "delivery/text_fit.h"

namespace nightshift::delivery {
namespace {

constexpr size_t kTextUnitsMax = 2000;
// Five in two seconds for one webhook, with a margin.
constexpr PaceLimit kPace{std::chrono::milliseconds(500), 4};

class Discord final : public Channel {
public:
    Discord(ChannelSpec spec, std::string url) : spec_(std::move(spec)), url_(std::move(url)) {
        traits_.provider = "discord";
        traits_.pace = kPace;
        traits_.sending_max = 1;
        concealer_.add_target(spec_.url);
    }

    const Traits& traits() const override { return traits_; }

    Task<Outcome> send(Message message, std::stop_token) const override {
        // Nobody is to be pinged because a text has an @everyone in it.
        boost::json::object body{
            {"content", fit(join_subject(message.subject, message.text), kTextUnitsMax, Count::kUtf16)},
            {"allowed_mentions", {{"parse", boost::json::array()}}}};
        if (std::string name = option(spec_, "username"); !name.empty()) body["username"] = name;
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
        auto root = parse_answer(answer.body);
        if (auto failure = judge_status(answer, now)) {
            const boost::json::value* wait = root ? value_at(*root, "retry_after") : nullptr;
            if (answer.status == 429 && wait != nullptr && wait->is_number()) {
                failure->retry_after = parse_retry_after(fmt::format("{}", wait->to_number<double>()), now);
            }
            return *failure;
        }
        Receipt receipt;
        receipt.provider = traits_.provider;
        if (root) receipt.identifier = text_at(*root, "id");
        if (receipt.identifier.empty()) {
            return Outcome::failed(Outcome::Kind::kAmbiguous,
                                   fmt::format("answered {} and named no message", answer.status),
                                   answer.status);
        }
        receipt.place = text_at(*root, "channel_id");
        receipt.detail = fmt::format("message {} in channel {}", receipt.identifier, receipt.place);
        receipt.time = now;
        return Outcome::delivered(std::move(receipt), answer.status);
    }

    ChannelSpec spec_;
    std::string url_;
    Concealer concealer_;
    Traits traits_;
};

}  // namespace

Result<std::unique_ptr<Channel>> make_discord(const ChannelSpec& spec) {
    if (auto checked = check_options(spec, {"username", "thread"}); !checked) return Failure(checked.error());
    NS_TRY(auto thread, number_option(spec, "thread", 1, INT64_MAX));
    NS_TRY(std::string url, base_url(spec, ""));
    url = with_query(std::move(url), "wait", "true");
    if (thread) url = with_query(std::move(url), "thread_id", std::to_string(*thread));
    return std::make_unique<Discord>(spec, std::move(url));
}

}  // namespace nightshift::delivery
