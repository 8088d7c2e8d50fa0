#pragma once

#include <string>
#include <string_view>

#include "jobs/job.h"
#include "jobs/words.h"

// For the tests of this room: jobs as a user would write them.
namespace nightshift::jobs::testing {

inline Time at(std::string_view text) {
    auto time = parse_time(text);
    return time ? *time : Time{};
}

// A job from JSON; null when it has problems, which are appended to `why`.
JobPtr job(std::string_view definition, std::string* why = nullptr);

}  // namespace nightshift::jobs::testing
