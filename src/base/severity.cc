#include "base/severity.h"

#include "base/text.h"

namespace nightshift {

std::string_view to_string(Severity severity) {
    switch (severity) {
        case Severity::kInfo:
            return "info";
        case Severity::kWarning:
            return "warning";
        case Severity::kCritical:
            return "critical";
    }
    return "warning";
}

std::optional<Severity> parse_severity(std::string_view word) {
    for (std::string_view known : {"critical", "page", "emergency", "fatal", "high", "p1", "sev1"}) {
        if (equals_ignore_case(word, known)) return Severity::kCritical;
    }
    for (std::string_view known : {"warning", "warn", "error", "major", "minor", "medium", "p2", "sev2"}) {
        if (equals_ignore_case(word, known)) return Severity::kWarning;
    }
    for (std::string_view known : {"info", "none", "low", "notice", "debug", "p3", "sev3"}) {
        if (equals_ignore_case(word, known)) return Severity::kInfo;
    }
    return std::nullopt;
}

}  // namespace nightshift
