#include "alerts/rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "alerts/limits.h"
#include "base/text.h"

namespace nightshift::alerts {
namespace {

constexpr size_t kNameBytesMax = 100;

// The values a kind's number can take, for rules that could never or must always hold.
struct Range {
    double min = 0;
    double max = INFINITY;
};

Range range_of(const Rule& rule) {
    switch (rule.on) {
        case SignalKind::kRoute:
        case SignalKind::kSource:
        case SignalKind::kPart:
        case SignalKind::kProbe:
            return {0, 1};
        case SignalKind::kResource:
            return {0, 1};
        case SignalKind::kQuery:
            return {-INFINITY, INFINITY};
        default:
            return {0, INFINITY};
    }
}

Result<void> check_threshold(const Rule& rule) {
    const Threshold& threshold = rule.threshold;
    Range range = range_of(rule);
    for (const auto& end : {threshold.above, threshold.below}) {
        if (end && !std::isfinite(*end)) return fail(Code::kInvalid, "a threshold is a finite number");
    }
    bool is_empty = threshold.above && threshold.below && *threshold.above >= *threshold.below;
    bool is_beyond = (threshold.above && *threshold.above >= range.max) ||
                     (threshold.below && *threshold.below <= range.min);
    if (is_empty || is_beyond)
        return fail(Code::kInvalid, "never fires: no value of {} is in that range ({} to {})",
                    to_string(rule.on), range.min, range.max);
    bool is_measured = rule.on == SignalKind::kQuery || rule.on == SignalKind::kSilence;
    if (is_measured && !threshold.is_set())
        return fail(Code::kInvalid, "always fires: say above or below which value");
    bool is_whole = threshold.is_set() && (!threshold.above || *threshold.above < range.min) &&
                    (!threshold.below || *threshold.below > range.max);
    if (is_whole)
        return fail(Code::kInvalid, "always fires: every value of {} is in that range", to_string(rule.on));
    return {};
}

// Two conditions on one label that cannot both hold.
Result<void> check_matchers(const Rule& rule) {
    for (const Matcher& a : rule.where) {
        for (const Matcher& b : rule.where) {
            bool contradicts = a.name == b.name && a.op == Matcher::Op::kEqual &&
                               ((b.op == Matcher::Op::kEqual && a.value != b.value) ||
                                (b.op == Matcher::Op::kNotEqual && a.value == b.value));
            if (contradicts)
                return fail(Code::kInvalid, "never fires: {} and {} cannot both hold", a.text(), b.text());
        }
    }
    return {};
}

Result<void> check_measure(const Rule& rule) {
    bool is_query = rule.on == SignalKind::kQuery;
    if (!is_query && rule.on != SignalKind::kSilence) return {};
    const Measure& measure = rule.measure;
    if (is_query && measure.aggregate.empty())
        return fail(Code::kInvalid, "a query rule needs an aggregate, such as errors or p95(duration)");
    if (measure.over < seconds(10) || measure.over > std::chrono::hours(24 * 31))
        return fail(Code::kInvalid, "over is between 10s and 31d");
    if (measure.group_by.size() > 4) return fail(Code::kInvalid, "group_by has at most 4 columns");
    if (!is_query && rule.threshold.above &&
        *rule.threshold.above >= static_cast<double>(measure.over.count()))
        return fail(Code::kInvalid,
                    "never fires: the silence must be shorter than the time looked back over");
    return {};
}

}  // namespace

Result<void> check_template(std::string_view text) {
    size_t from = 0;
    while ((from = text.find("{{", from)) != std::string_view::npos) {
        size_t end = text.find("}}", from);
        if (end == std::string_view::npos)
            return fail(Code::kInvalid, "{:.60}: the braces are not closed", text.substr(from));
        if (trim(text.substr(from + 2, end - from - 2)).empty())
            return fail(Code::kInvalid, "{:.60}: between the braces stands a label's name",
                        text.substr(from));
        from = end + 2;
    }
    return {};
}

std::string fill_in(std::string_view text, const Signal& signal) {
    std::string out;
    size_t from = 0;
    for (size_t open; (open = text.find("{{", from)) != std::string_view::npos;) {
        size_t close = text.find("}}", open);
        if (close == std::string_view::npos) break;
        out += text.substr(from, open - from);
        std::string_view name = trim(text.substr(open + 2, close - open - 2));
        if (name == "value") {
            out += fmt::format("{:.4g}", signal.value);
        } else if (name == "says") {
            out += signal.says;
        } else {
            out += signal.labels.get(name);
        }
        from = close + 2;
    }
    out += text.substr(from);
    return std::string(truncate_utf8(out, kTextBytesMax));
}

Result<void> check_rule(const Rule& rule) {
    if (rule.name.empty() || rule.name.size() > kNameBytesMax || !is_valid_utf8(rule.name))
        return fail(Code::kInvalid, "a rule needs a name of at most {} bytes", kNameBytesMax);
    const HoldPolicy& hold = rule.hold;
    if (hold.looks < 1 || hold.looks > 64) return fail(Code::kInvalid, "of is between 1 and 64 looks");
    if (hold.hits > hold.looks)
        return fail(Code::kInvalid, "never fires: {} of {} looks cannot hold", hold.hits, hold.looks);
    if (hold.hits < 1) return fail(Code::kInvalid, "always fires: at least one look must hold");
    if (auto good = check_matchers(rule); !good) return good;
    if (auto good = check_measure(rule); !good) return good;
    if (auto good = check_threshold(rule); !good) return good;
    return check_template(rule.summary);
}

}  // namespace nightshift::alerts
