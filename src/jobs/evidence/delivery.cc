#include <boost/json.hpp>
#include <set>

#include "jobs/evidence/keys.h"
#include "jobs/evidence/kinds.h"
#include "jobs/evidence/look.h"

namespace nightshift::jobs::evidence {
namespace {

struct Rule {
    std::string channel;
    uint64_t min = 1;
};

Finding judge(const Rule& rule, const std::vector<DeliveryFact>& deliveries) {
    std::set<std::pair<std::string, std::string>> proven;
    std::string shown;
    std::string open;  // the last one that may still turn out well
    std::string failed;
    for (const DeliveryFact& each : deliveries) {
        if (each.channel != rule.channel) continue;
        bool is_delivered = each.state == "delivered";
        if (is_delivered && !each.identifier.empty()) {
            proven.emplace(each.provider, each.identifier);
            shown = fmt::format("{} message {}", each.provider, each.identifier);
        } else if (is_delivered) {
            open = "it is called delivered, but there is no identifier of the provider";
        } else if (each.state == "failed") {
            failed = "the delivery failed";
        } else {
            open = fmt::format("the delivery is {}", each.state);
        }
    }
    auto count = static_cast<double>(proven.size());
    if (proven.size() >= rule.min && !proven.empty())
        return holds(
            proven.size() == 1 ? shown : fmt::format("{} messages, the last {}", proven.size(), shown),
            count);
    if (!open.empty()) return unknown(open, count);
    if (!failed.empty()) return fails(failed, count);
    if (proven.empty()) return fails(fmt::format("nothing was sent to the channel {}", rule.channel), 0);
    return fails(fmt::format("{} of {} messages were delivered", proven.size(), rule.min), count);
}

// The provider's receipt, as the delivery room keeps it. A boolean proves nothing; the provider's identifier
// does.
class Delivery final : public Source {
public:
    explicit Delivery(Rule rule) : rule_(std::move(rule)) {}

    std::string_view kind() const override { return "delivery"; }
    std::string describe() const override {
        if (rule_.min == 1) return fmt::format("delivered to the channel {}", rule_.channel);
        return fmt::format("{} messages delivered to the channel {}", rule_.min, rule_.channel);
    }

protected:
    Task<Observation> look(const Work& work, const Instruments&) const override {
        std::string provider = observer();
        for (const DeliveryFact& each : work.deliveries) {
            if (each.channel == rule_.channel && !each.provider.empty()) provider = each.provider;
        }
        co_return observation(judge(rule_, work.deliveries), provider);
    }
    std::string observer() const override { return rule_.channel; }

private:
    Rule rule_;
};

}  // namespace

Parsed parse_delivery(const boost::json::value& value) {
    Keys keys("delivery", value, {"channel", "min"});
    Rule rule;
    rule.channel = keys.required("channel");
    rule.min = keys.count("min").value_or(1);
    if (rule.min < 1) keys.complain("min", "a whole number from 1 up");
    if (auto good = keys.check(); !good) return Failure(good.error());
    return std::make_shared<Delivery>(std::move(rule));
}

}  // namespace nightshift::jobs::evidence
