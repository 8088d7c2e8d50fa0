#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace nightshift::jobs::evidence {

// What is usual for a job, from its own earlier values:
//   {"of": "median", "factor": 2, "over": 20, "least": 5}            between median / 2 and median * 2
//   {"of": "percentiles", "low": 5, "high": 95, "over": 50}          between two percentiles
struct BandRule {
    enum class Of : uint8_t { kMedian, kPercentiles };
    Of of = Of::kMedian;
    double factor = 2;
    double low = 5;
    double high = 95;
    size_t over = 20;  // values looked at, newest first
    size_t least = 5;  // with fewer, nobody knows what is usual: the outcome is unknown, neither good nor bad

    std::string describe() const;
};

constexpr size_t kHistoryMax = 100;

struct Band {
    double low = 0;
    double high = 0;
    double middle = 0;  // the median
    size_t values = 0;  // it was made of
};

// kInvalid as Keys says it; `where` is the object around it: "output".
Result<BandRule> parse_band(const std::string& where, const boost::json::value& value);

// Nothing when there are fewer than `rule.least` values. `history` is newest first; values that are not
// finite do not count. Both ends belong to the band.
std::optional<Band> band_of(const BandRule& rule, const std::vector<double>& history);

}  // namespace nightshift::jobs::evidence
