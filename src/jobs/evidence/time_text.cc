#include "jobs/evidence/time_text.h"

#include <fmt/core.h>

#include <ctime>

namespace nightshift::jobs::evidence {
namespace {

std::tm utc_fields(Time time) {
    std::time_t at = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
    std::tm fields{};
    ::gmtime_r(&at, &fields);
    return fields;
}

}  // namespace

std::string time_text(Time time) {
    std::tm at = utc_fields(time);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}Z", at.tm_year + 1900, at.tm_mon + 1, at.tm_mday,
                       at.tm_hour, at.tm_min, at.tm_sec);
}

std::string rfc3339_text(Time time) {
    std::tm at = utc_fields(time);
    auto whole = std::chrono::floor<seconds>(time);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", at.tm_year + 1900, at.tm_mon + 1,
                       at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec, (time - whole).count());
}

}  // namespace nightshift::jobs::evidence
