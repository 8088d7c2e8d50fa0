#include <fmt/ranges.h>

#include <boost/json.hpp>

#include "jobs/evidence/history_band.h"
#include "jobs/evidence/keys.h"
#include "jobs/evidence/kinds.h"
#include "jobs/evidence/look.h"

namespace nightshift::jobs::evidence {
namespace {

struct Rule {
    std::optional<milliseconds> min;
    std::optional<milliseconds> max;
    std::optional<BandRule> within;
};

std::string in_words(const Rule& rule) {
    std::vector<std::string> parts;
    if (rule.min) parts.push_back("at least " + duration_text(*rule.min));
    if (rule.max) parts.push_back("at most " + duration_text(*rule.max));
    if (rule.within) parts.push_back(rule.within->describe());
    return fmt::format("runs {}", fmt::join(parts, ", "));
}

Finding judge(const Rule& rule, const Work& work) {
    const Execution& run = work.execution;
    if (run.lost) return unknown("how the run ended is lost");
    if (run.started == Time{} || run.ended < run.started)
        return unknown("when the run started or ended is not known");
    auto took = std::chrono::floor<milliseconds>(run.ended - run.started);
    double value = static_cast<double>(took.count()) / 1000;
    std::string text = fmt::format("it ran {}", duration_text(took));
    if (rule.min && took < *rule.min)
        return fails(fmt::format("{}, less than {}", text, duration_text(*rule.min)), value);
    if (rule.max && took > *rule.max)
        return fails(fmt::format("{}, more than {}", text, duration_text(*rule.max)), value);
    if (!rule.within) return holds(text, value);
    std::optional<Band> band = band_of(*rule.within, work.history);
    if (!band) return unknown(text + "; there are too few earlier runs to say what is usual", value);
    text += fmt::format("; usual is {:.3g} s to {:.3g} s", band->low, band->high);
    return value < band->low || value > band->high ? fails(text, value) : holds(text, value);
}

// How long the run took, by our clock.
class Duration final : public Source {
public:
    explicit Duration(Rule rule) : rule_(rule) {}

    std::string_view kind() const override { return "duration"; }
    std::string describe() const override { return in_words(rule_); }

protected:
    Task<Observation> look(const Work& work, const Instruments&) const override {
        Finding finding = judge(rule_, work);
        // That it lasted is up to the process, so it proves nothing; that it ended too early is our own
        // measure.
        bool is_word = finding.outcome == Outcome::kHolds;
        co_return observation(finding, observer(), is_word);
    }
    std::string observer() const override { return "clock"; }

private:
    Rule rule_;
};

}  // namespace

Parsed parse_duration_source(const boost::json::value& value) {
    Keys keys("duration", value, {"min", "max", "within"});
    Rule rule;
    rule.min = keys.duration("min");
    rule.max = keys.duration("max");
    if (rule.min && rule.max && *rule.min > *rule.max) keys.refuse("duration: min is above max");
    if (const auto* within = keys.find("within")) {
        Result<BandRule> band = parse_band("duration", *within);
        if (band) rule.within = *band;
        if (!band) keys.refuse(band.error().message);
    }
    if (!rule.min && !rule.max && !rule.within)
        keys.refuse("duration needs one of the keys min, max, within");
    if (auto good = keys.check(); !good) return Failure(good.error());
    return std::make_shared<Duration>(rule);
}

}  // namespace nightshift::jobs::evidence
