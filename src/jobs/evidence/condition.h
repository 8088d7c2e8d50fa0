#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_path.h"
#include "base/result.h"
#include "jobs/evidence/finding.h"
#include "jobs/evidence/history_band.h"
#include "jobs/evidence/keys.h"
#include "jobs/evidence/pattern.h"

namespace nightshift::jobs::evidence {

// A single value that was observed: of a JSON document, of a row, or a count.
struct Datum {
    enum class Kind : uint8_t { kNull, kBool, kNumber, kText, kList, kObject };
    Kind kind = Kind::kNull;
    bool flag = false;
    std::string text;              // kText: the text
    std::optional<double> number;  // kNumber; kText that is a number as a whole; kList: how many elements

    static Datum of(double number);
    static Datum of(std::string text);
    static Datum of(const boost::json::value& value);
    bool is_blank() const;  // null, or a text of nothing but blanks
    std::string shown() const;
};

// The keys min, max, equals, matches, not_matches and within, wherever they stand. All that are given must
// hold. Null and blank values satisfy no condition but an `equals` that asks for them. Immutable.
class Condition {
public:
    // To be joined with the keys of the object around them.
    static const std::vector<std::string_view>& known_keys();
    // Problems are noted in `keys`.
    static Condition parse(Keys& keys);

    bool is_empty() const;
    bool has_band() const { return within_.has_value(); }
    // "at least 3, matches 'done'"; for an empty condition "is there".
    std::string describe() const;

    // `what` names the value for people: "$.items". An empty condition asks that the value is there.
    Finding judge(std::string_view what, const Datum& datum, const std::vector<double>& history) const;
    // Every value that `path` leads to must satisfy it, and there must be one.
    Finding judge(const JsonPath& path, const boost::json::value& document,
                  const std::vector<double>& history) const;

private:
    Finding judge_number(std::string_view what, const Datum& datum, const std::vector<double>& history) const;
    Finding judge_text(std::string_view what, const Datum& datum) const;

    std::optional<double> min_;
    std::optional<double> max_;
    std::optional<Datum> equals_;
    std::optional<Pattern> matches_;
    std::optional<Pattern> not_matches_;
    std::optional<BandRule> within_;
};

// The keys of `more` after those of a condition.
std::vector<std::string_view> with_condition_keys(std::vector<std::string_view> more);
// A path under `key`, or nothing; problems are noted in `keys`.
std::optional<JsonPath> read_path(Keys& keys, std::string_view key);
std::optional<Pattern> read_pattern(Keys& keys, std::string_view key);
// min above max is refused.
void check_order(Keys& keys, std::optional<double> min, std::optional<double> max);

}  // namespace nightshift::jobs::evidence
