#include "delivery/channels/slack.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/text.h"
#include "delivery/channels/settings.h"
#include "delivery/channels/slack_text.h"
#include "delivery/digest.h"
#include "delivery/exchange.h"
#include "delivery/json_answer.h"
#include "delivery/text_fit.h"

namespace nightshift::delivery {
namespace {

constexpr PaceLimit kPace{std::chrono::milliseconds(1'000), 1};
constexpr std::string_view kEventType = "nightshift_delivery";
constexpr int kHistoryPagesMax = 5;
constexpr std::chrono::seconds kClockSlack{60};  // Slack's clock against ours

// "It's possible some aspect of the operation succeeded", or the id is known and its message is not.
constexpr std::array<std::string_view, 4> kAmbiguousErrors{
    "internal_error", "fatal_error", "duplicate_message_not_found", "duplicate_channel_not_found"};
constexpr std::array<std::string_view, 3> kTransientErrors{"service_unavailable", "request_timeout",
                                                           "team_added_to_org"};
constexpr std::array<std::string_view, 2> kRateErrors{"ratelimited", "rate_limited"};
// Of chat.update: the message is gone, or nobody may change it any more.
constexpr std::array<std::string_view, 3> kUneditableErrors{"message_not_found", "cant_update_message",
                                                            "edit_window_closed"};

template <size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// C…, G… or D… and capital letters or digits: what history can be asked for.
bool is_conversation_id(std::string_view target) {
    if (target.size() < 9 || std::string_view("CGD").find(target[0]) == std::string_view::npos) return false;
    return std::all_of(target.begin(), target.end(),
                       [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

class Slack final : public Channel {
public:
    Slack(ChannelSpec spec, std::string base) : spec_(std::move(spec)), base_(std::move(base)) {
        traits_.provider = "slack";
        traits_.can_read_back = is_conversation_id(spec_.target);
        traits_.is_absence_certain = true;
        traits_.pace = kPace;
        traits_.sending_max = 1;
        traits_.can_edit = true;
        thread_ = option(spec_, "thread");
        concealer_.add(spec_.token);
    }

    const Traits& traits() const override { return traits_; }

    Task<Outcome> send(Message message, std::stop_token) const override {
        bool is_edit = message.mode == Mode::kEdit;
        std::string url = base_ + (is_edit ? "/chat.update" : "/chat.postMessage");
        boost::json::object body = is_edit ? render_edit(message) : render_post(message);
        net::ClientRequest request = json_post(spec_, std::move(url), boost::json::serialize(body));
        request.headers.add("Authorization", "Bearer " + spec_.token.reveal());
        Judge judge = [this, is_edit, now = message.now](const net::ClientResponse& answer) {
            return judge_post(answer, is_edit, now);
        };
        Outcome outcome =
            co_await exchange(std::move(request), std::move(judge), concealer_, Outcome::Kind::kAmbiguous);
        co_return outcome;
    }

    Task<Outcome> read_back(Message message, std::stop_token) const override {
        std::string cursor;
        for (int page = 0; page < kHistoryPagesMax; ++page) {
            std::string next;
            Judge judge = [this, &message, &next](const net::ClientResponse& answer) {
                return judge_history(answer, message, next);
            };
            Outcome outcome = co_await exchange(history_request(message, cursor), std::move(judge),
                                                concealer_, Outcome::Kind::kUnreadable);
            if (outcome.kind == Outcome::Kind::kTransient) outcome.kind = Outcome::Kind::kUnreadable;
            if (outcome.kind != Outcome::Kind::kAbsent || next.empty()) co_return outcome;
            cursor = next;
        }
        co_return Outcome::failed(Outcome::Kind::kUnreadable, "the conversation is too busy to look through");
    }

private:
    boost::json::object render_post(const Message& message) const {
        boost::json::object body{
            {"channel", conversation_of(message)},
            {"text", slack_text(message)},
            {"client_msg_id", uuid_of(message.id)},
            {"unfurl_links", false},
            {"unfurl_media", false},
            {"metadata", {{"event_type", kEventType}, {"event_payload", {{"id", message.id}}}}}};
        if (std::string parent = parent_of(message); !parent.empty()) body["thread_ts"] = parent;
        return body;
    }

    // chat.update's own default would look for names and addresses in the text.
    static boost::json::object render_edit(const Message& message) {
        return {{"channel", message.anchor->place},
                {"ts", message.anchor->identifier},
                {"text", slack_text(message)},
                {"parse", "none"},
                {"link_names", false}};
    }

    // A #name is known by its id once a message is there.
    std::string conversation_of(const Message& message) const {
        return message.mode == Mode::kReply ? message.anchor->place : spec_.target;
    }

    // The message that this one stands under. Slack's threads are flat: one that is itself in a thread has no
    // thread of its own.
    std::string parent_of(const Message& message) const {
        if (!thread_.empty()) return thread_;
        return message.mode == Mode::kReply ? message.anchor->identifier : "";
    }

    // The answer as JSON, or what went wrong. Slack refuses with `ok: false` in a 200.
    Outcome judge_envelope(const net::ClientResponse& answer, const boost::json::value* root,
                           Time now) const {
        if (auto failure = judge_status(answer, now)) return *failure;
        const boost::json::value* ok = root != nullptr ? value_at(*root, "ok") : nullptr;
        if (ok == nullptr || !ok->is_bool()) {
            return Outcome::failed(Outcome::Kind::kAmbiguous, "the answer is not one of Slack's",
                                   answer.status);
        }
        if (ok->get_bool()) return Outcome::delivered({}, answer.status);
        std::string error = text_at(*root, "error");
        Outcome::Kind kind = Outcome::Kind::kPermanent;
        if (is_one_of(kAmbiguousErrors, error)) kind = Outcome::Kind::kAmbiguous;
        if (is_one_of(kTransientErrors, error)) kind = Outcome::Kind::kTransient;
        if (is_one_of(kRateErrors, error)) kind = Outcome::Kind::kRateLimited;
        std::string needed = text_at(*root, "needed");
        Outcome refused =
            Outcome::failed(kind,
                            fmt::format("refused: {}{}", error,
                                        needed.empty() ? "" : "; the token needs the scope " + needed),
                            answer.status);
        if (kind == Outcome::Kind::kRateLimited) {
            refused.retry_after = parse_retry_after(answer.headers.get("Retry-After"), now);
        }
        return refused;
    }

    Outcome judge_post(const net::ClientResponse& answer, bool is_edit, Time now) const {
        auto root = parse_answer(answer.body);
        Outcome outcome = judge_envelope(answer, root.get(), now);
        if (is_edit && root && is_one_of(kUneditableErrors, text_at(*root, "error"))) {
            outcome.kind = Outcome::Kind::kUneditable;
        }
        if (outcome.kind != Outcome::Kind::kDelivered) return outcome;
        std::string ts = text_at(*root, "ts");
        if (ts.empty()) {
            return Outcome::failed(Outcome::Kind::kAmbiguous, "the answer says ok and names no message",
                                   answer.status);
        }
        return Outcome::delivered(receipt_of(ts, text_at(*root, "channel"), now), answer.status);
    }

    Receipt receipt_of(std::string ts, std::string place, Time now) const {
        Receipt receipt;
        receipt.provider = traits_.provider;
        receipt.detail = fmt::format("message {} in {}", ts, place);
        receipt.identifier = std::move(ts);
        receipt.place = std::move(place);
        receipt.time = now;
        return receipt;
    }

    net::ClientRequest history_request(const Message& message, const std::string& cursor) const {
        net::ClientRequest request;
        std::string parent = parent_of(message);
        std::string url = base_ + (parent.empty() ? "/conversations.history" : "/conversations.replies");
        url = with_query(std::move(url), "channel", conversation_of(message));
        if (!parent.empty()) url = with_query(std::move(url), "ts", parent);
        int64_t oldest = unix_ms(message.first_attempt - kClockSlack) / 1000;
        url = with_query(std::move(url), "oldest", std::to_string(oldest));
        url = with_query(std::move(url), "include_all_metadata", "true");
        url = with_query(std::move(url), "limit", "200");
        if (!cursor.empty()) url = with_query(std::move(url), "cursor", cursor);
        request.url = std::move(url);
        request.headers.add("Authorization", "Bearer " + spec_.token.reveal());
        request.headers.add("User-Agent", "nightshift");
        request.timeout = spec_.timeout;
        return request;
    }

    // `next`: the cursor of the following page, if there is one.
    Outcome judge_history(const net::ClientResponse& answer, const Message& message,
                          std::string& next) const {
        auto root = parse_answer(answer.body);
        Outcome outcome = judge_envelope(answer, root.get(), message.now);
        if (outcome.kind != Outcome::Kind::kDelivered) {
            outcome.kind = Outcome::Kind::kUnreadable;
            return outcome;
        }
        const boost::json::value* list = value_at(*root, "messages");
        if (list == nullptr || !list->is_array()) {
            return Outcome::failed(Outcome::Kind::kUnreadable, "the history has no messages in it",
                                   answer.status);
        }
        for (const boost::json::value& each : list->get_array()) {
            if (text_at(each, "metadata.event_type") != kEventType ||
                text_at(each, "metadata.event_payload.id") != message.id) {
                continue;
            }
            return Outcome::delivered(receipt_of(text_at(each, "ts"), conversation_of(message), message.now),
                                      answer.status);
        }
        next = text_at(*root, "response_metadata.next_cursor");
        return Outcome::failed(Outcome::Kind::kAbsent, "the conversation does not have it", answer.status);
    }

    ChannelSpec spec_;
    std::string base_;
    std::string thread_;
    Concealer concealer_;
    Traits traits_;
};

}  // namespace

Result<std::unique_ptr<Channel>> make_slack(const ChannelSpec& spec) {
    if (auto checked = check_options(spec, {"thread"}); !checked) return Failure(checked.error());
    if (auto there = require_token(spec, "a bot's token with the scope chat:write"); !there)
        return Failure(there.error());
    if (auto there = require_target(spec, "a conversation's id, or a #name"); !there)
        return Failure(there.error());
    NS_TRY(std::string base, base_url(spec, "https://slack.com/api"));
    return std::make_unique<Slack>(spec, std::move(base));
}

}  // namespace nightshift::delivery
