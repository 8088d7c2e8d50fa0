#include "delivery/channels/webhook.h"

#include <boost/json.hpp>

#include "base/json_members.h"
#include "base/text.h"
#include "delivery/channels/settings.h"
#include "delivery/digest.h"
#include "delivery/exchange.h"
#include "delivery/json_answer.h"
#include "delivery/limits.h"
#include "delivery/text_fit.h"

namespace nightshift::delivery {
namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr size_t kSendingAtOnce = 32;

std::string_view key_text(const Secret& secret) {
    std::string_view text = secret.reveal();
    return text.starts_with(kSecretPrefix) ? text.substr(kSecretPrefix.size()) : std::string_view();
}

class Webhook final : public Channel {
public:
    Webhook(ChannelSpec spec, std::string url) : spec_(std::move(spec)), url_(std::move(url)) {
        traits_.provider = "webhook";
        traits_.is_idempotent = true;
        traits_.can_edit = true;  // the receiver is told what is meant
        traits_.sending_max = kSendingAtOnce;
        is_bare_ = option(spec_, "format") == "alertmanager";
        concealer_.add(spec_.token);
        concealer_.add_target(spec_.url);
        receipt_path_ = option(spec_, "receipt_path");
        type_ = option(spec_, "type");
        if (type_.empty()) type_ = "nightshift.delivery";
    }

    const Traits& traits() const override { return traits_; }

    Task<Outcome> send(Message message, std::stop_token) const override {
        if (is_bare_ && message.payload.empty()) {
            co_return Outcome::failed(Outcome::Kind::kPermanent,
                                      "this channel sends the payload alone, and the delivery has none");
        }
        net::ClientRequest request = json_post(spec_, url_, is_bare_ ? message.payload : render(message));
        int64_t seconds = unix_ms(message.now) / 1000;
        request.headers.add("webhook-id", message.id);
        request.headers.add("webhook-timestamp", std::to_string(seconds));
        if (!spec_.token.is_empty()) {
            request.headers.add("webhook-signature",
                                sign_webhook(spec_.token, message.id, seconds, request.body));
        }
        Judge judge = [this, now = message.now](const net::ClientResponse& answer) {
            return this->judge(answer, now);
        };
        Outcome outcome =
            co_await exchange(std::move(request), std::move(judge), concealer_, Outcome::Kind::kAmbiguous);
        co_return outcome;
    }

private:
    std::string render(const Message& message) const {
        std::string text;
        JsonMembers body(text);
        body.text("type", type_).text("timestamp", iso_time(message.created));
        JsonMembers data(body.value("data"));
        data.text("subject", message.subject).text("text", message.text).text("about", message.about);
        data.text("key", message.key).text("tenant", message.tenant).text("channel", spec_.name);
        data.text("thread", message.thread).text("mode", to_string(message.mode));
        data.integer("revision", message.revision).text("severity", message.severity);
        data.boolean("is_resolution", message.is_resolution);
        std::string& links = data.value("links");
        links += '[';
        for (size_t i = 0; i < message.links.size(); ++i) {
            if (i > 0) links += ',';
            JsonMembers(links)
                .text("label", message.links[i].label)
                .text("url", message.links[i].url)
                .close();
        }
        links += ']';
        // It was seen to be an object when it was enqueued.
        data.raw("payload", message.payload.empty() ? "null" : std::string_view(message.payload));
        data.close();
        body.close();
        return text;
    }

    Outcome judge(const net::ClientResponse& answer, Time now) const {
        if (auto failure = judge_status(answer, now)) return *failure;
        Receipt receipt;
        receipt.provider = traits_.provider;
        receipt.time = now;
        if (receipt_path_.empty()) {
            receipt.proof = Proof::kAnswer;
            receipt.identifier = fmt::format("{}:sha256:{}", answer.status, sha256_hex(answer.body));
            receipt.detail = fmt::format("answered {}: {}", answer.status, one_line(answer.body, 200));
            return Outcome::delivered(std::move(receipt), answer.status);
        }
        auto root = parse_answer(answer.body);
        if (root) receipt.identifier = text_at(*root, receipt_path_);
        if (receipt.identifier.empty() || receipt.identifier.size() > kIdentifierBytesMax) {
            return Outcome::failed(
                Outcome::Kind::kAmbiguous,
                fmt::format("answered {} without an identifier at {}", answer.status, receipt_path_),
                answer.status);
        }
        receipt.detail = fmt::format("answered {}", answer.status);
        return Outcome::delivered(std::move(receipt), answer.status);
    }

    ChannelSpec spec_;
    std::string url_;
    std::string receipt_path_;
    std::string type_;
    bool is_bare_ = false;
    Concealer concealer_;
    Traits traits_;
};

}  // namespace

std::string sign_webhook(const Secret& secret, std::string_view id, int64_t unix_seconds,
                         std::string_view body) {
    std::string key = secret.reveal();
    if (!key_text(secret).empty()) key = base64_decode(key_text(secret)).value_or(key);
    return "v1," + base64_encode(hmac_sha256(key, fmt::format("{}.{}.{}", id, unix_seconds, body)));
}

Result<std::unique_ptr<Channel>> make_webhook(const ChannelSpec& spec) {
    if (auto checked = check_options(spec, {"receipt_path", "type", "format"}); !checked)
        return Failure(checked.error());
    if (auto format = option(spec, "format"); !format.empty() && format != "alertmanager") {
        return fail(Code::kInvalid, "channel {}: option format is alertmanager, or left out", spec.name);
    }
    if (!key_text(spec.token).empty() && !base64_decode(key_text(spec.token))) {
        return fail(Code::kInvalid, "channel {}: what follows whsec_ in token is not base64", spec.name);
    }
    NS_TRY(std::string url, base_url(spec, ""));
    return std::make_unique<Webhook>(spec, std::move(url));
}

}  // namespace nightshift::delivery
