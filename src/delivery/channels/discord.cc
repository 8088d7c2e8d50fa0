#include "delivery/channels/discord.h"

#include <boost/json.hpp>

#include "base/text.h"
#include "delivery/channels/settings.h"
#include "delivery/exchange.h"
#include "delivery/json_answer.h"
#include "delivery/link_list.h"
#include "delivery/text_fit.h"

namespace nightshift::delivery {
namespace {

constexpr size_t kTextUnitsMax = 2000;
// Five in two seconds for one webhook, with a margin.
constexpr PaceLimit kPace{std::chrono::milliseconds(500), 4};

constexpr int kSuppressEmbeds = 4;
constexpr std::string_view kUnknownMessage = "10008";

// A text must not hide one address behind another: "[harmless](https://elsewhere)" loses its link.
std::string without_masked_links(std::string_view text) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        out += text[i];
        if (text[i] == ']' && i + 1 < text.size() && text[i + 1] == '(') out += '\\';
    }
    return out;
}

class Discord final : public Channel {
public:
    Discord(ChannelSpec spec, std::string url, std::optional<int64_t> thread)
        : spec_(std::move(spec)), url_(std::move(url)), thread_(thread) {
        traits_.provider = "discord";
        traits_.pace = kPace;
        traits_.sending_max = 1;
        traits_.can_edit = true;
        concealer_.add_target(spec_.url);
    }

    const Traits& traits() const override { return traits_; }

    Task<Outcome> send(Message message, std::stop_token) const override {
        bool is_edit = message.mode == Mode::kEdit;
        std::string text = without_masked_links(join_subject(message.subject, message.text));
        std::string lines = links_as_lines(message.links);
        // Nobody is to be pinged because a text has an @everyone in it.
        boost::json::object body{{"content", fit_above(text, lines, kTextUnitsMax, Count::kUtf16)},
                                 {"flags", kSuppressEmbeds},
                                 {"allowed_mentions", {{"parse", boost::json::array()}}}};
        std::string name = option(spec_, "username");
        if (!name.empty() && !is_edit) body["username"] = name;
        std::string url = is_edit ? with_path(url_, "/messages/" + percent_encode(message.anchor->identifier))
                                  : with_query(url_, "wait", "true");
        if (thread_) url = with_query(std::move(url), "thread_id", std::to_string(*thread_));
        net::ClientRequest request = json_post(spec_, std::move(url), boost::json::serialize(body));
        if (is_edit) request.method = net::Method::kPatch;
        Judge judge = [this, is_edit, now = message.now](const net::ClientResponse& answer) {
            return this->judge(answer, is_edit, now);
        };
        Outcome outcome =
            co_await exchange(std::move(request), std::move(judge), concealer_, Outcome::Kind::kAmbiguous);
        co_return outcome;
    }

private:
    Outcome judge(const net::ClientResponse& answer, bool is_edit, Time now) const {
        auto root = parse_answer(answer.body);
        if (is_edit && answer.status == 404 && root && text_at(*root, "code") == kUnknownMessage) {
            return Outcome::failed(Outcome::Kind::kUneditable, "the message is not there any more", 404);
        }
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
    std::optional<int64_t> thread_;
    Concealer concealer_;
    Traits traits_;
};

}  // namespace

Result<std::unique_ptr<Channel>> make_discord(const ChannelSpec& spec) {
    if (auto checked = check_options(spec, {"username", "thread"}); !checked) return Failure(checked.error());
    NS_TRY(auto thread, number_option(spec, "thread", 1, INT64_MAX));
    NS_TRY(std::string url, base_url(spec, ""));
    return std::make_unique<Discord>(spec, std::move(url), thread);
}

}  // namespace nightshift::delivery
