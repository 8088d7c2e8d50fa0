#include "jobs/evidence/history_band.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "jobs/evidence/keys.h"

namespace nightshift::jobs::evidence {
namespace {

// Between the two nearest ranks; `sorted` is not empty.
double percentile(const std::vector<double>& sorted, double percent) {
    double rank = percent / 100 * static_cast<double>(sorted.size() - 1);
    auto below = static_cast<size_t>(std::floor(rank));
    size_t above = std::min(below + 1, sorted.size() - 1);
    double share = rank - static_cast<double>(below);
    return sorted[below] + (sorted[above] - sorted[below]) * share;
}

}  // namespace

std::string BandRule::describe() const {
    if (of == Of::kMedian)
        return fmt::format("within a factor {} of the median of the last {}", factor, over);
    return fmt::format("between p{} and p{} of the last {}", low, high, over);
}

Result<BandRule> parse_band(const std::string& where, const boost::json::value& value) {
    BandRule rule;
    Keys keys(where + ".within", value, {"of", "factor", "low", "high", "over", "least"});
    std::string of = keys.text("of").value_or("median");
    if (of == "percentiles") {
        rule.of = BandRule::Of::kPercentiles;
    } else if (of != "median") {
        keys.complain("of", "\"median\" or \"percentiles\"");
    }
    bool is_median = rule.of == BandRule::Of::kMedian;
    if (is_median && (keys.has("low") || keys.has("high")))
        keys.refuse(keys.where() + ": low and high belong to \"of\": \"percentiles\"");
    if (!is_median && keys.has("factor"))
        keys.refuse(keys.where() + ": factor belongs to \"of\": \"median\"");
    rule.factor = keys.number("factor").value_or(rule.factor);
    if (rule.factor < 1) keys.complain("factor", "a number from 1 up");
    rule.low = keys.number("low").value_or(rule.low);
    rule.high = keys.number("high").value_or(rule.high);
    if (rule.low < 0 || rule.low >= rule.high || rule.high > 100)
        keys.refuse(keys.where() + ": low and high must be percentiles, 0 <= low < high <= 100");
    rule.over = keys.count("over").value_or(rule.over);
    if (rule.over < 1 || rule.over > kHistoryMax)
        keys.complain("over", fmt::format("a whole number from 1 to {}", kHistoryMax));
    rule.least = keys.count("least").value_or(std::min(rule.least, rule.over));
    if (rule.least < 1 || rule.least > rule.over) keys.complain("least", "a whole number from 1 to 'over'");
    if (auto good = keys.check(); !good) return Failure(good.error());
    return rule;
}

std::optional<Band> band_of(const BandRule& rule, const std::vector<double>& history) {
    std::vector<double> values;
    for (double value : history) {
        if (values.size() < rule.over && std::isfinite(value)) values.push_back(value);
    }
    if (values.empty() || values.size() < rule.least) return std::nullopt;
    std::sort(values.begin(), values.end());
    Band band;
    band.values = values.size();
    band.middle = percentile(values, 50);
    if (rule.of == BandRule::Of::kPercentiles) {
        band.low = percentile(values, rule.low);
        band.high = percentile(values, rule.high);
    } else {
        double near = band.middle / rule.factor;
        double far = band.middle * rule.factor;
        band.low = std::min(near, far);  // a negative median turns them around
        band.high = std::max(near, far);
    }
    return band;
}

}  // namespace nightshift::jobs::evidence
