#include "delivery/channels/pagerduty.h"

#include <boost/json.hpp>

#include "delivery/channels/settings.h"
#include "delivery/digest.h"
#include "delivery/exchange.h"
#include "delivery/json_answer.h"
#include "delivery/limits.h"
#include "delivery/text_fit.h"

namespace nightshift::delivery {
namespace {

constexpr size_t kSummaryUnitsMax = 1024;
constexpr size_t kDetailsTextMax = 16u << 10;  // with the largest payload: an event of 512 KB is taken
// 120 events a minute for one key.
constexpr PaceLimit kPace{std::chrono::milliseconds(500), 30};

class Pagerduty final : public Channel {
public:
    Pagerduty(ChannelSpec spec, std::string url, std::string source)
        : spec_(std::move(spec)), url_(std::move(url)), source_(std::move(source)) {
        traits_.provider = "pagerduty";
        traits_.is_idempotent = true;
        traits_.can_edit = true;
        traits_.pace = kPace;
        concealer_.add(spec_.token);
    }

    const Traits& traits() const override { return traits_; }

    Task<Outcome> send(Message message, std::stop_token) const override {
        net::ClientRequest request = json_post(spec_, url_, boost::json::serialize(render(message)));
        Judge judge = [this, &message](const net::ClientResponse& answer) {
            return this->judge(answer, message);
        };
        Outcome outcome =
            co_await exchange(std::move(request), std::move(judge), concealer_, Outcome::Kind::kAmbiguous);
        co_return outcome;
    }

private:
    boost::json::object render(const Message& message) const {
        boost::json::object event{{"routing_key", spec_.token.reveal()},
                                  {"dedup_key", dedup_key_of(message)},
                                  {"event_action", message.is_resolution ? "resolve" : "trigger"}};
        if (message.is_resolution) return event;
        const std::string& summary = message.subject.empty() ? message.text : message.subject;
        boost::json::object payload{
            {"summary", fit(one_line(summary, kTextBytesMax), kSummaryUnitsMax, Count::kUtf16)},
            {"source", source_},
            {"severity", message.severity.empty() ? "warning" : message.severity},
            {"timestamp", iso_time(message.created)}};
        payload["custom_details"] = details_of(message);
        event["payload"] = std::move(payload);
        event["client"] = "Nightshift";
        boost::json::array links;
        for (const Link& each : message.links) links.push_back({{"href", each.url}, {"text", each.label}});
        if (!links.empty()) event["links"] = std::move(links);
        return event;
    }

    // The payload's members and the text, as rows of one table.
    static boost::json::object details_of(const Message& message) {
        boost::json::object details;
        auto given = parse_answer(message.payload);
        if (given && given->is_object()) details = std::move(given->get_object());
        details.insert({{"text", fit(message.text, kDetailsTextMax, Count::kBytes)}});
        return details;
    }

    Outcome judge(const net::ClientResponse& answer, const Message& message) const {
        if (auto failure = judge_status(answer, message.now)) return *failure;
        auto root = parse_answer(answer.body);
        std::string key = root ? text_at(*root, "dedup_key") : "";
        if (key.empty() || key.size() > kIdentifierBytesMax || text_at(*root, "status") != "success") {
            return Outcome::failed(Outcome::Kind::kAmbiguous,
                                   fmt::format("answered {} and named no incident", answer.status),
                                   answer.status);
        }
        Receipt receipt;
        receipt.provider = traits_.provider;
        receipt.detail = message.is_resolution ? "the event that resolves it was taken"
                                               : "the event that triggers it was taken";
        receipt.identifier = std::move(key);
        receipt.time = message.now;
        return Outcome::delivered(std::move(receipt), answer.status);
    }

    ChannelSpec spec_;
    std::string url_;
    std::string source_;
    Concealer concealer_;
    Traits traits_;
};

}  // namespace

std::string dedup_key_of(const Message& message) {
    if (message.thread.empty()) return "nightshift-" + message.id;
    // With the length in front no tenant can name its thread into another one's.
    return "nightshift-" +
           sha256_hex(fmt::format("{}:{}{}", message.tenant.size(), message.tenant, message.thread));
}

Result<std::unique_ptr<Channel>> make_pagerduty(const ChannelSpec& spec) {
    if (auto checked = check_options(spec, {"source"}); !checked) return Failure(checked.error());
    if (auto there = require_token(spec, "the routing key of a service"); !there)
        return Failure(there.error());
    std::string source = option(spec, "source");
    if (source.empty()) source = "nightshift";
    NS_TRY(std::string url, base_url(spec, "https://events.pagerduty.com"));
    return std::make_unique<Pagerduty>(spec, url + "/v2/enqueue", std::move(source));
}

}  // namespace nightshift::delivery
