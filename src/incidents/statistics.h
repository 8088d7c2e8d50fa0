#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <vector>

#include "incidents/types.h"

namespace nightshift::incidents {

// Of those incidents where it is known.
struct Percentiles {
    uint64_t count = 0;
    microseconds p50{0};
    microseconds p95{0};

    friend bool operator==(const Percentiles&, const Percentiles&) = default;
};

struct RuleStatistics {
    std::string rule;
    uint64_t incidents = 0;
    uint64_t false_alarms = 0;
    bool is_often_wrong = false;  // half of at least kOftenWrongFrom incidents were false alarms

    double false_alarm_rate() const;
};

struct Statistics {
    uint64_t incidents = 0;
    uint64_t left_out = 0;  // beyond kIncidentsCountedMax
    uint64_t unresolved = 0;
    uint64_t false_alarms = 0;
    Percentiles detect;    // from its start until it was opened
    Percentiles diagnose;  // from the opening, as all below
    Percentiles acknowledge;
    Percentiles resolve;
    std::vector<RuleStatistics> rules;  // those with the most false alarms first
};

// Percentiles are by nearest rank. A false alarm is what a person, or else the diagnosis, says.
Statistics statistics_of(const std::vector<Incident>& incidents);

// Durations are milliseconds, null where nothing is known.
boost::json::object show(const Statistics& statistics);

}  // namespace nightshift::incidents
