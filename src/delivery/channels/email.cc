#include "delivery/channels/email.h"

#include <fmt/format.h>

#include "base/text.h"
#include "delivery/channels/mail_message.h"
#include "delivery/channels/settings.h"
#include "delivery/channels/smtp_session.h"
#include "delivery/exchange.h"
#include "delivery/limits.h"
#include "delivery/link_list.h"
#include "delivery/text_fit.h"

namespace nightshift::delivery {
namespace {

struct Settings {
    std::shared_ptr<const CurlLibrary> curl;
    SmtpServer server;
    std::string from;
    std::string from_name;
    std::vector<std::string> to;
};

Outcome judge(const SmtpResult& result, Time now) {
    if (result.is_accepted) {
        Receipt receipt;
        receipt.provider = "smtp";
        receipt.identifier = queue_id_of(result.answer);
        receipt.proof = Proof::kIdentifier;
        if (receipt.identifier.empty()) {
            receipt.identifier = one_line(result.answer, kIdentifierBytesMax);
            receipt.proof = Proof::kAnswer;
        }
        receipt.detail = result.answer;
        receipt.time = now;
        return Outcome::delivered(std::move(receipt), result.status);
    }
    std::string words =
        result.answer.empty() ? result.error : fmt::format("{} ({})", result.error, result.answer);
    Outcome::Kind kind = Outcome::Kind::kTransient;
    if (result.status >= 500) {
        kind = Outcome::Kind::kPermanent;
    } else if (result.is_complete && result.status == 0) {
        kind = Outcome::Kind::kAmbiguous;
        words = "the message was handed over and no answer came: " + words;
    }
    return Outcome::failed(kind, std::move(words), result.status);
}

class Email final : public Channel {
public:
    Email(const ChannelSpec& spec, Settings settings, io::Pool* pool)
        : settings_(std::make_shared<const Settings>(std::move(settings))), pool_(pool) {
        traits_.provider = "smtp";
        traits_.sending_max = 1;
        concealer_.add(spec.token);
    }

    const Traits& traits() const override { return traits_; }

    Task<Outcome> send(Message message, std::stop_token stop) const override {
        Mail mail = compose(message);
        std::function<Result<SmtpResult>()> work = [settings = settings_, text = render_mail(mail),
                                                    stop = std::move(stop)]() -> Result<SmtpResult> {
            return send_mail(*settings->curl, settings->server, settings->from, settings->to, text, stop);
        };
        Result<SmtpResult> sent = co_await pool_->run<SmtpResult>(std::move(work));
        if (!sent) co_return Outcome::failed(Outcome::Kind::kTransient, sent.error().message);
        Outcome outcome = judge(*sent, message.now);
        outcome.error = concealer_.conceal(outcome.error);
        outcome.receipt.detail = concealer_.conceal(outcome.receipt.detail);
        co_return outcome;
    }

private:
    Mail compose(const Message& message) const {
        std::string domain = settings_->from.substr(settings_->from.find('@'));
        Mail mail;
        mail.from = settings_->from;
        mail.from_name = settings_->from_name;
        mail.to = settings_->to;
        mail.subject =
            message.subject.empty() ? message.text.substr(0, message.text.find('\n')) : message.subject;
        mail.text = message.text.empty() ? message.subject : message.text;
        // A conversation is shown as one when its subject stays: what is new goes into the text.
        if (message.mode == Mode::kReply) {
            mail.answers_id = message.anchor->delivery + domain;
            if (!message.anchor->subject.empty() && message.anchor->subject != message.subject) {
                mail.subject = message.anchor->subject;
                mail.text = join_subject(message.subject, message.text);
            }
            mail.subject = "Re: " + mail.subject;
        }
        mail.text = join_subject(mail.text, links_as_lines(message.links));
        mail.message_id = message.id + domain;
        mail.date = message.now;
        return mail;
    }

    std::shared_ptr<const Settings> settings_;
    io::Pool* pool_;
    Concealer concealer_;
    Traits traits_;
};

Result<SmtpServer> server_of(const ChannelSpec& spec) {
    SmtpServer server;
    server.url = spec.url.reveal();
    size_t scheme_end = server.url.find("://");
    std::string scheme = scheme_end == std::string::npos ? "" : to_lower(server.url.substr(0, scheme_end));
    auto rest = scheme.empty() ? "" : server.url.substr(scheme_end + 3);
    if ((scheme != "smtp" && scheme != "smtps") || !net::parse_url("http://" + rest)) {
        return fail(Code::kInvalid, "channel {}: url is smtp://host:port or smtps://host:port", spec.name);
    }
    std::string tls = option(spec, "tls");
    if (!tls.empty() && tls != "none" && tls != "required") {
        return fail(Code::kInvalid, "channel {}: option tls is required or none", spec.name);
    }
    server.needs_tls = tls != "none";
    server.user = option(spec, "user");
    server.password = spec.token;
    if (!server.user.empty() && !server.needs_tls && scheme == "smtp") {
        return fail(Code::kInvalid, "channel {}: a password does not go over a connection without TLS",
                    spec.name);
    }
    if (server.user.empty() != spec.token.is_empty()) {
        return fail(Code::kInvalid, "channel {}: option user and token (its password) come together",
                    spec.name);
    }
    server.ca_file = option(spec, "ca_file");
    server.timeout = spec.timeout;
    return server;
}

}  // namespace

Result<std::unique_ptr<Channel>> make_email(const ChannelSpec& spec, io::Pool* pool) {
    if (auto checked = check_options(spec, {"from", "from_name", "user", "tls", "ca_file"}); !checked) {
        return Failure(checked.error());
    }
    Settings settings;
    NS_TRY(settings.curl, CurlLibrary::load());
    NS_TRY(settings.server, server_of(spec));
    settings.from = option(spec, "from");
    settings.from_name = option(spec, "from_name");
    if (!is_mail_address(settings.from)) {
        return fail(Code::kInvalid, "channel {}: option from is the sender's address, you@example.org",
                    spec.name);
    }
    for (std::string_view each : split(spec.target, ',')) {
        if (!is_mail_address(trim(each))) {
            return fail(Code::kInvalid, "channel {}: {:.100} in target is no address", spec.name, trim(each));
        }
        settings.to.emplace_back(trim(each));
    }
    if (settings.to.size() > kRecipientsMax) {
        return fail(Code::kLimit, "channel {}: at most {} recipients", spec.name, kRecipientsMax);
    }
    return std::make_unique<Email>(spec, std::move(settings), pool);
}

}  // namespace nightshift::delivery
