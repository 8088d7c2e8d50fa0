#include "delivery/exchange.h"

#include <time.h>

#include <algorithm>

#include "base/redact.h"
#include "base/text.h"
#include "delivery/limits.h"
#include "delivery/text_fit.h"

namespace nightshift::delivery {
namespace {

constexpr size_t kSecretBytesMin = 6;

void replace_all(std::string& text, std::string_view what, std::string_view with) {
    for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
}

// A gateway in between that has lost sight of the server: the server may have acted.
bool is_blind_gateway(int status) {
    return status == 502 || status == 504 || status == 520 || status == 524;
}

std::string words_for(const net::ClientResponse& answer) {
    std::string excerpt = one_line(answer.body, 200);
    return excerpt.empty() ? fmt::format("answered {}", answer.status)
                           : fmt::format("answered {}: {}", answer.status, excerpt);
}

}  // namespace

void Concealer::add(const Secret& secret) {
    if (secret.reveal().size() >= kSecretBytesMin) secrets_.push_back(secret);
}

void Concealer::add_target(const Secret& url) {
    add(url);
    auto parsed = net::parse_url(url.reveal());
    if (parsed) add(Secret(parsed->target));
}

std::string Concealer::conceal(std::string_view text) const {
    static constexpr size_t kLookedAt = 4 * kErrorBytesMax;
    std::string out(text.substr(0, kLookedAt));
    for (const Secret& secret : secrets_) replace_all(out, secret.reveal(), "[secret]");
    return one_line(Redactor().redact(to_valid_utf8(out)), kErrorBytesMax);
}

Task<Outcome> exchange(net::ClientRequest request, Judge judge, const Concealer& concealer,
                       Outcome::Kind after_sending) {
    bool is_sending = false;
    request.on_sending = [&is_sending] { is_sending = true; };
    request.body_bytes_max = kAnswerBytesMax;
    Result<net::ClientResponse> answer = co_await net::fetch(std::move(request));
    if (!answer) {
        Outcome::Kind kind = is_sending ? after_sending : Outcome::Kind::kTransient;
        std::string error = is_sending ? "no usable answer to what was sent: " : "nothing was sent: ";
        error += answer.error().message;
        co_return Outcome::failed(kind, concealer.conceal(error));
    }
    Outcome outcome = judge(*answer);
    outcome.error = concealer.conceal(outcome.error);
    outcome.receipt.detail = concealer.conceal(outcome.receipt.detail);
    co_return outcome;
}

std::optional<Outcome> judge_status(const net::ClientResponse& answer, Time now) {
    int status = answer.status;
    if (status >= 200 && status < 300) return std::nullopt;
    Outcome::Kind kind = Outcome::Kind::kPermanent;
    if (status == 429) {
        kind = Outcome::Kind::kRateLimited;
    } else if (is_blind_gateway(status)) {
        kind = Outcome::Kind::kAmbiguous;
    } else if (status >= 500 || status == 408 || status == 425) {
        kind = Outcome::Kind::kTransient;
    }
    Outcome outcome = Outcome::failed(kind, words_for(answer), status);
    if (kind == Outcome::Kind::kRateLimited || status == 503) {
        outcome.retry_after = parse_retry_after(answer.headers.get("Retry-After"), now);
    }
    return outcome;
}

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view text, Time now) {
    using std::chrono::milliseconds;
    constexpr auto kMax = std::chrono::duration_cast<milliseconds>(kRetryAfterMax);
    text = trim(text);
    if (auto seconds = parse_double(text)) {
        if (!(*seconds >= 0)) return std::nullopt;
        return milliseconds(
            static_cast<int64_t>(std::min(*seconds * 1000, static_cast<double>(kMax.count()))));
    }
    tm parts{};
    std::string date(text);
    const char* end = ::strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    if (end == nullptr || *end != '\0') return std::nullopt;
    Time at = from_unix_ms(static_cast<int64_t>(::timegm(&parts)) * 1000);
    return std::clamp(std::chrono::duration_cast<milliseconds>(at - now), milliseconds(0), kMax);
}

}  // namespace nightshift::delivery
