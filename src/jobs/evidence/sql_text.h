#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jobs/evidence/source.h"

namespace nightshift::jobs::evidence {

// One of the times of an occurrence, as a query asks for it: ":started", or ":started_s" and ":started_ms"
// for Unix time.
struct SqlParameter {
    enum class Moment : uint8_t { kStarted, kEnded, kNominal };
    enum class Form : uint8_t { kText, kSeconds, kMilliseconds };
    Moment moment = Moment::kStarted;
    Form form = Form::kText;

    Time of(const Work& work) const;
    bool operator==(const SqlParameter&) const = default;
};

// A query with numbered places in the stead of names; `parameters[i]` goes to the place i + 1.
struct SqlText {
    std::string text;
    std::vector<SqlParameter> parameters;
};

// `mark` comes before the numbers: '?' for SQLite, '$' for PostgreSQL. Names inside of strings, quoted names
// and comments are left alone. kInvalid for a name that is none of ours, for more than one statement, and for
// one that does not begin with select, with or values.
Result<SqlText> number_parameters(std::string_view query, char mark);

}  // namespace nightshift::jobs::evidence
