#pragma once

#include "base/clock.h"
#include "base/labels.h"
#include "base/severity.h"
#include "base/shared_text.h"

namespace nightshift::alerts {

// Something that is wrong now, or was. Known by its labels; what two systems say with the same labels is one
// alert. There may be very many: its texts belong to all its copies, and many have the same ones.
struct Alert {
    SharedText tenant = "default";
    Labels labels;       // with alertname
    Labels annotations;  // "summary", "description"; what it is about: "subject", "ref"
    Time starts;
    Time ends;             // over at this time; kForever: until somebody says so
    Time updated;          // when we last heard of it
    SharedText generator;  // where it came from: a URL, or "rule" for our own
    bool is_own = false;   // of one of our rules
    bool is_flapping = false;

    static constexpr Time kForever = Time::max();

    bool is_firing(Time now) const { return ends > now; }
    uint64_t fingerprint() const { return labels.fingerprint(); }
    std::string_view name() const { return labels.get("alertname"); }
};

// What the labels ask for: `severity`, or a warning.
inline Severity severity_of(const Labels& labels) {
    return parse_severity(labels.get("severity")).value_or(Severity::kWarning);
}

// Two words about one alert, as Alertmanager joins them: it began when the earlier one says if they overlap,
// and the later one counts for everything else.
Alert merge(const Alert& known, const Alert& told);

}  // namespace nightshift::alerts
