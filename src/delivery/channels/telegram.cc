#include "delivery/channels/telegram.h"

#include <boost/json.hpp>

#include "base/text.h"
#include "delivery/channels/settings.h"
#include "delivery/exchange.h"
#include "delivery/json_answer.h"
#include "delivery/text_fit.h"

namespace nightshift::delivery {
namespace {

// After entities are parsed; plain text has none.
constexpr size_t kTextUnitsMax = 4096;
// One message a second in a chat, 20 a minute in a group or channel (their ids are negative or names).
constexpr std::chrono::milliseconds kChatInterval{1'000};
constexpr std::chrono::milliseconds kGroupInterval{3'000};

class Telegram final : public Channel {
public:
    Telegram(ChannelSpec spec, std::string url, bool is_silent, std::optional<int64_t> thread)
        : spec_(std::move(spec)), url_(std::move(url)), is_silent_(is_silent), thread_(thread) {
        traits_.provider = "telegram";
        bool is_chat = parse_uint(spec_.target).has_value();
        traits_.pace = {is_chat ? kChatInterval : kGroupInterval, 1};
        traits_.sending_max = 1;
        concealer_.add(spec_.token);
    }

    const Traits& traits() const override { return traits_; }

    Task<Outcome> send(Message message, std::stop_token) const override {
        boost::json::object body{
            {"chat_id", spec_.target},
            {"text", fit(join_subject(message.subject, message.text), kTextUnitsMax, Count::kUtf16)},
            {"link_preview_options", {{"is_disabled", true}}}};
        if (is_silent_) body["disable_notification"] = true;
        if (thread_) body["message_thread_id"] = *thread_;
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
        const boost::json::value* ok = root ? value_at(*root, "ok") : nullptr;
        if (ok == nullptr || !ok->is_bool()) {
            if (auto failure = judge_status(answer, now)) return *failure;
            return Outcome::failed(Outcome::Kind::kAmbiguous, "the answer is not one of the Bot API's",
                                   answer.status);
        }
        if (!ok->get_bool()) return judge_refusal(answer, *root, now);
        Receipt receipt;
        receipt.provider = traits_.provider;
        receipt.identifier = text_at(*root, "result.message_id");
        receipt.place = text_at(*root, "result.chat.id");
        receipt.detail = fmt::format("message {} in chat {}", receipt.identifier, receipt.place);
        receipt.time = now;
        if (receipt.identifier.empty()) {
            return Outcome::failed(Outcome::Kind::kAmbiguous, "the answer says ok and names no message",
                                   answer.status);
        }
        return Outcome::delivered(std::move(receipt), answer.status);
    }

    // error_code counts, not the HTTP status: `ok: false` may come with a 200.
    static Outcome judge_refusal(const net::ClientResponse& answer, const boost::json::value& root,
                                 Time now) {
        net::ClientResponse refused = answer;
        auto code = parse_int(text_at(root, "error_code"));
        if (code) refused.status = static_cast<int>(*code);
        refused.body = text_at(root, "description");
        if (refused.status < 300) refused.status = 400;
        Outcome outcome = judge_status(refused, now).value();
        if (auto wait = text_at(root, "parameters.retry_after"); !wait.empty()) {
            outcome.retry_after = parse_retry_after(wait, now);
        }
        if (auto moved = text_at(root, "parameters.migrate_to_chat_id"); !moved.empty()) {
            outcome.error += fmt::format("; the group has become {}: change the channel's target", moved);
        }
        return outcome;
    }

    ChannelSpec spec_;
    std::string url_;
    bool is_silent_;
    std::optional<int64_t> thread_;
    Concealer concealer_;
    Traits traits_;
};

}  // namespace

Result<std::unique_ptr<Channel>> make_telegram(const ChannelSpec& spec) {
    if (auto checked = check_options(spec, {"silent", "thread"}); !checked) return Failure(checked.error());
    if (auto there = require_token(spec, "the bot's token"); !there) return Failure(there.error());
    if (!parse_int(spec.target) && !(spec.target.starts_with('@') && spec.target.size() > 1)) {
        return fail(Code::kInvalid, "channel {}: target is a chat id or @channelname", spec.name);
    }
    NS_TRY(bool is_silent, flag_option(spec, "silent"));
    NS_TRY(auto thread, number_option(spec, "thread", 1, INT64_MAX));
    NS_TRY(std::string url, base_url(spec, "https://api.telegram.org"));
    url += "/bot" + spec.token.reveal() + "/sendMessage";
    return std::make_unique<Telegram>(spec, std::move(url), is_silent, thread);
}

}  // namespace nightshift::delivery
