#include "jobs/evidence/condition.h"

#include <fmt/ranges.h>

#include <boost/json.hpp>
#include <cmath>

#include "base/text.h"

namespace nightshift::jobs::evidence {

namespace json = boost::json;

namespace {

constexpr size_t kShownBytesMax = 120;

std::string in_quotes(std::string_view text) {
    std::string clean = to_valid_utf8(text);
    std::string_view cut = truncate_utf8(clean, kShownBytesMax);
    return fmt::format("\"{}{}\"", cut, cut.size() < clean.size() ? "…" : "");
}

bool are_equal(const Datum& wanted, const Datum& seen) {
    using Kind = Datum::Kind;
    if (wanted.kind == Kind::kBool) {
        // Databases answer with words and numbers.
        if (seen.kind == Kind::kBool) return seen.flag == wanted.flag;
        return seen.kind == Kind::kText && seen.text == (wanted.flag ? "true" : "false");
    }
    if (wanted.kind == Kind::kNumber) return seen.kind != Kind::kList && seen.number == wanted.number;
    return seen.kind == wanted.kind && seen.text == wanted.text;
}

}  // namespace

Datum Datum::of(double number) {
    Datum datum;
    datum.kind = Kind::kNumber;
    datum.number = number;
    return datum;
}

Datum Datum::of(std::string text) {
    Datum datum;
    datum.kind = Kind::kText;
    datum.text = std::move(text);
    std::optional<double> number = parse_double(trim(datum.text));
    if (number && std::isfinite(*number)) datum.number = number;
    return datum;
}

Datum Datum::of(const json::value& value) {
    if (value.is_string()) return of(std::string(value.get_string()));
    if (value.is_number()) return of(value.to_number<double>());
    Datum datum;
    if (value.is_bool()) {
        datum.kind = Kind::kBool;
        datum.flag = value.get_bool();
    } else if (value.is_array()) {
        datum.kind = Kind::kList;
        datum.number = static_cast<double>(value.get_array().size());
    } else if (value.is_object()) {
        datum.kind = Kind::kObject;
    }
    return datum;
}

bool Datum::is_blank() const {
    return kind == Kind::kNull || (kind == Kind::kText && trim(text).empty());
}

std::string Datum::shown() const {
    switch (kind) {
        case Kind::kNull:
            return "null";
        case Kind::kBool:
            return flag ? "true" : "false";
        case Kind::kNumber:
            return fmt::format("{}", *number);
        case Kind::kText:
            return in_quotes(text);
        case Kind::kList:
            return fmt::format("{} elements", *number);
        case Kind::kObject:
            return "an object";
    }
    return "?";
}

const std::vector<std::string_view>& Condition::known_keys() {
    static const std::vector<std::string_view> known{"min",     "max",         "equals",
                                                     "matches", "not_matches", "within"};
    return known;
}

Condition Condition::parse(Keys& keys) {
    Condition condition;
    condition.min_ = keys.number("min");
    condition.max_ = keys.number("max");
    check_order(keys, condition.min_, condition.max_);
    if (const json::value* equals = keys.find("equals")) {
        condition.equals_ = Datum::of(*equals);
        if (equals->is_structured()) keys.complain("equals", "a text, a number, true, false or null");
    }
    condition.matches_ = read_pattern(keys, "matches");
    condition.not_matches_ = read_pattern(keys, "not_matches");
    if (const json::value* within = keys.find("within")) {
        Result<BandRule> rule = parse_band(keys.where(), *within);
        if (rule) condition.within_ = *rule;
        if (!rule) keys.refuse(rule.error().message);
    }
    return condition;
}

bool Condition::is_empty() const {
    return !min_ && !max_ && !equals_ && !matches_ && !not_matches_ && !within_;
}

std::string Condition::describe() const {
    std::vector<std::string> parts;
    if (equals_) parts.push_back(fmt::format("is {}", equals_->shown()));
    if (min_) parts.push_back(fmt::format("is at least {}", *min_));
    if (max_) parts.push_back(fmt::format("is at most {}", *max_));
    if (matches_) parts.push_back(fmt::format("matches '{}'", matches_->text()));
    if (not_matches_) parts.push_back(fmt::format("does not match '{}'", not_matches_->text()));
    if (within_) parts.push_back("is " + within_->describe());
    return parts.empty() ? "is there" : fmt::format("{}", fmt::join(parts, ", "));
}

Finding Condition::judge(std::string_view what, const Datum& datum,
                         const std::vector<double>& history) const {
    if (equals_) {
        if (!are_equal(*equals_, datum))
            return fails(fmt::format("{} is {}, not {}", what, datum.shown(), equals_->shown()),
                         datum.number);
    } else if (datum.is_blank()) {
        return fails(fmt::format("{} is empty", what));
    }
    std::vector<Finding> parts{holds(fmt::format("{} is {}", what, datum.shown()), datum.number)};
    if (min_ || max_ || within_) parts.push_back(judge_number(what, datum, history));
    if (matches_ || not_matches_) parts.push_back(judge_text(what, datum));
    return all_of(parts);
}

Finding Condition::judge_number(std::string_view what, const Datum& datum,
                                const std::vector<double>& history) const {
    if (!datum.number) return fails(fmt::format("{} is {}, not a number", what, datum.shown()));
    double number = *datum.number;
    if (min_ && number < *min_) return fails(fmt::format("{} is {}, below {}", what, number, *min_), number);
    if (max_ && number > *max_) return fails(fmt::format("{} is {}, above {}", what, number, *max_), number);
    if (!within_) return holds("", number);
    std::optional<Band> band = band_of(*within_, history);
    if (!band) {
        return unknown(fmt::format("{} is {}; there are fewer than {} earlier values to say what is usual",
                                   what, number, within_->least),
                       number);
    }
    std::string usual = fmt::format("usual is {} to {}, over {} values", band->low, band->high, band->values);
    if (number < band->low || number > band->high)
        return fails(fmt::format("{} is {}; {}", what, number, usual), number);
    return holds(usual, number);
}

Finding Condition::judge_text(std::string_view what, const Datum& datum) const {
    std::string text = datum.kind == Datum::Kind::kText ? datum.text : datum.shown();
    if (not_matches_) {
        std::string_view place = not_matches_->first_in(text);
        if (place.data() != nullptr)
            return fails(fmt::format("{} has {}, which it must not", what, in_quotes(place)));
    }
    if (matches_ && !matches_->is_in(text))
        return fails(
            fmt::format("{} is {}, which does not match '{}'", what, in_quotes(text), matches_->text()));
    return holds("");
}

Finding Condition::judge(const JsonPath& path, const json::value& document,
                         const std::vector<double>& history) const {
    std::vector<JsonPath::Found> found = path.find(document);
    if (found.empty()) return fails(fmt::format("there is no {}", path.text()));
    if (found.size() >= JsonPath::kFoundMax)
        return unknown(fmt::format("{} leads to more than {} values", path.text(), JsonPath::kFoundMax));
    Finding first;
    for (const JsonPath::Found& each : found) {
        Datum datum = each.value ? Datum::of(*each.value) : Datum::of(static_cast<double>(each.length));
        Finding finding = judge(path.text(), datum, history);
        if (finding.outcome != Outcome::kHolds) return finding;
        if (&each == found.data()) first = std::move(finding);
    }
    if (found.size() == 1) return first;
    return holds(fmt::format("{} has {} values, and each {}", path.text(), found.size(), describe()));
}

std::vector<std::string_view> with_condition_keys(std::vector<std::string_view> more) {
    more.insert(more.end(), Condition::known_keys().begin(), Condition::known_keys().end());
    return more;
}

std::optional<JsonPath> read_path(Keys& keys, std::string_view key) {
    std::optional<std::string> text = keys.text(key);
    if (!text) return std::nullopt;
    Result<JsonPath> path = JsonPath::parse(*text);
    if (path) return std::move(*path);
    keys.refuse(fmt::format("{}.{}: {}", keys.where(), key, path.error().message));
    return std::nullopt;
}

std::optional<Pattern> read_pattern(Keys& keys, std::string_view key) {
    std::optional<std::string> text = keys.text(key);
    if (!text) return std::nullopt;
    Result<Pattern> pattern = Pattern::parse(*text);
    if (pattern) return *pattern;
    keys.refuse(fmt::format("{}.{}: {}", keys.where(), key, pattern.error().message));
    return std::nullopt;
}

void check_order(Keys& keys, std::optional<double> min, std::optional<double> max) {
    if (min && max && *min > *max)
        keys.refuse(fmt::format("{}: min {} is above max {}", keys.where(), *min, *max));
}

}  // namespace nightshift::jobs::evidence
