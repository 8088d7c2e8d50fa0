#include "delivery/channels/ntfy.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "delivery/channels/settings.h"
#include "delivery/exchange.h"
#include "delivery/json_answer.h"
#include "delivery/link_list.h"
#include "delivery/text_fit.h"

namespace nightshift::delivery {
namespace {

constexpr size_t kMessageBytesMax = 4096;  // a longer one becomes an attachment
constexpr size_t kTitleBytesMax = 250;
constexpr size_t kTagsMax = 10;
constexpr size_t kActionsMax = 3;
// The public server refills one request each five seconds after a burst of sixty.
constexpr PaceLimit kPace{std::chrono::milliseconds(1'000), 10};
constexpr std::chrono::seconds kClockSlack{60};

// What wakes a person, what is shown at once, and what is nothing to hurry for.
std::optional<int64_t> priority_of(const Message& message) {
    if (message.severity.empty()) return std::nullopt;
    if (message.is_resolution) return 3;
    if (message.severity == "critical") return 5;
    return message.severity == "warning" ? 4 : 3;
}

class Ntfy final : public Channel {
public:
    Ntfy(ChannelSpec spec, std::string base, std::optional<int64_t> priority)
        : spec_(std::move(spec)), base_(std::move(base)), priority_(priority) {
        traits_.provider = "ntfy";
        traits_.can_read_back = true;
        traits_.pace = kPace;
        traits_.sending_max = 2;
        concealer_.add(spec_.token);
        concealer_.add(Secret(spec_.target));
        std::string tags = option(spec_, "tags");
        for (std::string_view tag : split(tags, ',')) {
            if (!trim(tag).empty() && tags_.size() < kTagsMax) tags_.emplace_back(trim(tag));
        }
    }

    const Traits& traits() const override { return traits_; }

    Task<Outcome> send(Message message, std::stop_token) const override {
        bool has_text = !trim(message.text).empty();
        size_t buttons = std::min(message.links.size(), kActionsMax);
        std::vector<Link> rest(message.links.begin() + static_cast<std::ptrdiff_t>(buttons),
                               message.links.end());
        const std::string& text = has_text ? message.text : message.subject;
        boost::json::object body{
            {"topic", spec_.target},
            {"sequence_id", message.id},
            {"message", fit_above(text, links_as_lines(rest), kMessageBytesMax, Count::kBytes)}};
        boost::json::array actions;
        for (size_t i = 0; i < buttons; ++i) {
            const Link& link = message.links[i];
            actions.push_back({{"action", "view"}, {"label", link.label}, {"url", link.url}});
        }
        if (!actions.empty()) body["actions"] = std::move(actions);
        if (has_text && !message.subject.empty()) {
            body["title"] = fit(message.subject, kTitleBytesMax, Count::kBytes);
        }
        std::optional<int64_t> priority = priority_of(message);
        if (!priority) priority = priority_;
        if (priority) body["priority"] = *priority;
        if (!tags_.empty()) body["tags"] = boost::json::value_from(tags_);
        net::ClientRequest request = json_post(spec_, base_ + "/", boost::json::serialize(body));
        authorize(request);
        Judge judge = [this, now = message.now](const net::ClientResponse& answer) {
            return judge_publish(answer, now);
        };
        Outcome outcome =
            co_await exchange(std::move(request), std::move(judge), concealer_, Outcome::Kind::kAmbiguous);
        co_return outcome;
    }

    Task<Outcome> read_back(Message message, std::stop_token) const override {
        net::ClientRequest request;
        std::string url = base_ + "/" + percent_encode(spec_.target) + "/json";
        url = with_query(std::move(url), "poll", "1");
        int64_t since = unix_ms(message.first_attempt - kClockSlack) / 1000;
        request.url = with_query(std::move(url), "since", std::to_string(since));
        request.headers.add("User-Agent", "nightshift");
        request.timeout = spec_.timeout;
        authorize(request);
        Judge judge = [this, &message](const net::ClientResponse& answer) {
            return judge_cache(answer, message);
        };
        Outcome outcome =
            co_await exchange(std::move(request), std::move(judge), concealer_, Outcome::Kind::kUnreadable);
        if (outcome.kind == Outcome::Kind::kTransient) outcome.kind = Outcome::Kind::kUnreadable;
        co_return outcome;
    }

private:
    void authorize(net::ClientRequest& request) const {
        if (!spec_.token.is_empty()) request.headers.add("Authorization", "Bearer " + spec_.token.reveal());
    }

    Outcome judge_publish(const net::ClientResponse& answer, Time now) const {
        if (auto failure = judge_status(answer, now)) return *failure;
        auto root = parse_answer(answer.body);
        if (!root || text_at(*root, "event") != "message" || text_at(*root, "id").empty()) {
            return Outcome::failed(Outcome::Kind::kAmbiguous,
                                   fmt::format("answered {} and named no message", answer.status),
                                   answer.status);
        }
        return Outcome::delivered(receipt_of(text_at(*root, "id"), now), answer.status);
    }

    Receipt receipt_of(std::string id, Time now) const {
        Receipt receipt;
        receipt.provider = traits_.provider;
        receipt.detail = "message " + id;
        receipt.identifier = std::move(id);
        receipt.time = now;
        return receipt;
    }

    // One JSON object a line.
    Outcome judge_cache(const net::ClientResponse& answer, const Message& message) const {
        if (auto failure = judge_status(answer, message.now)) {
            failure->kind = Outcome::Kind::kUnreadable;
            return *failure;
        }
        for (std::string_view line : split(answer.body, '\n')) {
            if (trim(line).empty()) continue;
            auto root = parse_answer(line);
            if (!root)
                return Outcome::failed(Outcome::Kind::kUnreadable, "the cache is not JSON lines",
                                       answer.status);
            if (text_at(*root, "sequence_id") != message.id || text_at(*root, "id").empty()) continue;
            return Outcome::delivered(receipt_of(text_at(*root, "id"), message.now), answer.status);
        }
        return Outcome::failed(Outcome::Kind::kAbsent, "the server's cache does not have it", answer.status);
    }

    ChannelSpec spec_;
    std::string base_;
    std::optional<int64_t> priority_;
    std::vector<std::string> tags_;
    Concealer concealer_;
    Traits traits_;
};

bool is_topic(std::string_view text) {
    auto is_fit = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_';
    };
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), is_fit);
}

}  // namespace

Result<std::unique_ptr<Channel>> make_ntfy(const ChannelSpec& spec) {
    if (auto checked = check_options(spec, {"priority", "tags"}); !checked) return Failure(checked.error());
    if (!is_topic(spec.target)) {
        return fail(Code::kInvalid, "channel {}: target is a topic: up to 64 letters, digits, - and _",
                    spec.name);
    }
    if (!spec.token.is_empty()) {
        if (auto there = require_token(spec, ""); !there) return Failure(there.error());
    }
    NS_TRY(auto priority, number_option(spec, "priority", 1, 5));
    NS_TRY(std::string base, base_url(spec, "https://ntfy.sh"));
    return std::make_unique<Ntfy>(spec, std::move(base), priority);
}

}  // namespace nightshift::delivery
