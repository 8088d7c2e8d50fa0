#include "delivery/channels/telegram.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/text.h"
#include "delivery/channels/settings.h"
#include "delivery/exchange.h"
#include "delivery/json_answer.h"
#include "delivery/link_list.h"
#include "delivery/text_fit.h"

namespace nightshift::delivery {
namespace {

// After entities are parsed; plain text has none.
constexpr size_t kTextUnitsMax = 4096;
// One message a second in a chat, 20 a minute in a group or channel (their ids are negative or names).
constexpr std::chrono::milliseconds kChatInterval{1'000};
constexpr std::chrono::milliseconds kGroupInterval{3'000};

// "Bad Request: " and one of these, in any case: the message is gone, or too old.
constexpr std::array<std::string_view, 3> kUneditable{"message can't be edited", "message to edit not found",
                                                      "message_id_invalid"};
constexpr std::string_view kNotModified = "message is not modified";

// A button with an address that Telegram does not like makes the whole message fail, and it likes no
// localhost.
bool can_be_button(const Link& link) {
    auto url = net::parse_url(link.url);
    return url && url->host.find('.') != std::string::npos;
}

class Telegram final : public Channel {
public:
    Telegram(ChannelSpec spec, std::string url, bool is_silent, std::optional<int64_t> thread)
        : spec_(std::move(spec)), url_(std::move(url)), is_silent_(is_silent), thread_(thread) {
        traits_.provider = "telegram";
        bool is_chat = parse_uint(spec_.target).has_value();
        traits_.pace = {is_chat ? kChatInterval : kGroupInterval, 1};
        traits_.sending_max = 1;
        traits_.can_edit = true;
        concealer_.add(spec_.token);
    }

    const Traits& traits() const override { return traits_; }

    Task<Outcome> send(Message message, std::stop_token) const override {
        bool is_edit = message.mode == Mode::kEdit;
        std::string url = url_ + (is_edit ? "/editMessageText" : "/sendMessage");
        net::ClientRequest request =
            json_post(spec_, std::move(url), boost::json::serialize(render(message)));
        Judge judge = [this, &message](const net::ClientResponse& answer) {
            return this->judge(answer, message);
        };
        Outcome outcome =
            co_await exchange(std::move(request), std::move(judge), concealer_, Outcome::Kind::kAmbiguous);
        co_return outcome;
    }

private:
    boost::json::object render(const Message& message) const {
        std::vector<Link> lines;
        boost::json::array buttons;
        for (const Link& each : message.links) {
            if (can_be_button(each)) {
                buttons.push_back(boost::json::array{{{"text", each.label}, {"url", each.url}}});
            } else {
                lines.push_back(each);
            }
        }
        std::string text = join_subject(message.subject, message.text);
        boost::json::object body{
            {"text", fit_above(text, links_as_lines(lines), kTextUnitsMax, Count::kUtf16)},
            {"link_preview_options", {{"is_disabled", true}}}};
        if (!buttons.empty()) body["reply_markup"] = {{"inline_keyboard", std::move(buttons)}};
        if (message.mode == Mode::kEdit) {
            body["chat_id"] = message.anchor->place;
            body["message_id"] = parse_int(message.anchor->identifier).value_or(0);
            return body;
        }
        body["chat_id"] = spec_.target;
        if (message.mode == Mode::kReply) {
            // An answer to what somebody has deleted is better than none.
            body["reply_parameters"] = {{"message_id", parse_int(message.anchor->identifier).value_or(0)},
                                        {"allow_sending_without_reply", true}};
        }
        if (is_silent_) body["disable_notification"] = true;
        if (thread_) body["message_thread_id"] = *thread_;
        return body;
    }

    Outcome judge(const net::ClientResponse& answer, const Message& message) const {
        Time now = message.now;
        auto root = parse_answer(answer.body);
        const boost::json::value* ok = root ? value_at(*root, "ok") : nullptr;
        if (ok == nullptr || !ok->is_bool()) {
            if (auto failure = judge_status(answer, now)) return *failure;
            return Outcome::failed(Outcome::Kind::kAmbiguous, "the answer is not one of the Bot API's",
                                   answer.status);
        }
        if (!ok->get_bool()) return judge_refusal(answer, *root, message);
        std::string id = text_at(*root, "result.message_id");
        if (id.empty()) {
            return Outcome::failed(Outcome::Kind::kAmbiguous, "the answer says ok and names no message",
                                   answer.status);
        }
        return Outcome::delivered(receipt_of(std::move(id), text_at(*root, "result.chat.id"), now),
                                  answer.status);
    }

    Receipt receipt_of(std::string id, std::string chat, Time now) const {
        Receipt receipt;
        receipt.provider = traits_.provider;
        receipt.detail = fmt::format("message {} in chat {}", id, chat);
        receipt.identifier = std::move(id);
        receipt.place = std::move(chat);
        receipt.time = now;
        return receipt;
    }

    // error_code counts, not the HTTP status: `ok: false` may come with a 200.
    Outcome judge_refusal(const net::ClientResponse& answer, const boost::json::value& root,
                          const Message& message) const {
        Time now = message.now;
        net::ClientResponse refused = answer;
        auto code = parse_int(text_at(root, "error_code"));
        if (code) refused.status = static_cast<int>(*code);
        refused.body = text_at(root, "description");
        if (refused.status < 300) refused.status = 400;
        if (message.mode == Mode::kEdit) {
            std::string words = to_lower(refused.body);
            auto is_said = [&](std::string_view each) { return words.find(each) != std::string::npos; };
            if (is_said(kNotModified)) {
                return Outcome::delivered(receipt_of(message.anchor->identifier, message.anchor->place, now),
                                          refused.status);
            }
            if (std::ranges::any_of(kUneditable, is_said)) {
                return Outcome::failed(Outcome::Kind::kUneditable, refused.body, refused.status);
            }
        }
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
    url += "/bot" + spec.token.reveal();
    return std::make_unique<Telegram>(spec, std::move(url), is_silent, thread);
}

}  // namespace nightshift::delivery
